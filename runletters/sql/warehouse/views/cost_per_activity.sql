-- One row per activity with calls: what its texts cost, failed calls included.
select
    user_id,
    activity_id,
    count(*) as attempts,
    count(distinct kind) as kinds,
    cast(coalesce(sum(cost_nano_usd), 0) as bigint) as cost_nano_usd,
    coalesce(sum(cost_nano_usd), 0) / 1e9 as cost_usd,
    count(*) filter (cost_nano_usd is null and outcome <> 'sent') as unpriced
from attempts
where activity_id is not null
group by user_id, activity_id
order by cost_nano_usd desc, user_id, activity_id
