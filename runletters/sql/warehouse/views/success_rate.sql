-- One row per user and kind: items by status, and the share of finished ones that
-- have a text.
select
    user_id,
    kind,
    count(*) as items,
    count(*) filter (status = 'completed') as completed,
    count(*) filter (status = 'failed') as failed,
    count(*) filter (status = 'generating') as generating,
    count(*) filter (status = 'pending') as pending,
    count(*) filter (status = 'completed')
    / nullif(count(*) filter (status in ('completed', 'failed')), 0) as success_rate
from items
group by user_id, kind
order by user_id, kind
