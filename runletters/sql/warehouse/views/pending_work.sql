-- One row per item without a finished text, newest run first.
select
    items.user_id,
    items.activity_id,
    items.kind,
    items.status,
    items.error_type,
    items.error,
    items.lease_until,
    activities.local_date,
    activities.distance_m
from items
left join activities using (user_id, activity_id)
where items.status <> 'completed'
order by
    activities.local_date desc nulls last, items.user_id, items.activity_id, items.kind
