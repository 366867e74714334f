-- One row per kind and reason of failed items, most frequent first.
select kind, error_type, error, count(*) as items, max(started_at) as last_started_at
from items
where status = 'failed'
group by kind, error_type, error
order by items desc, kind, error_type, error
