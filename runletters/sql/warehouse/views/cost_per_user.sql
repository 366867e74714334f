-- One row per user with calls; forgotten users together in the row without a name.
select
    user_id,
    count(*) as attempts,
    count(*) filter (outcome = 'succeeded') as succeeded,
    count(distinct activity_id) as activities,
    cast(coalesce(sum(cost_nano_usd), 0) as bigint) as cost_nano_usd,
    coalesce(sum(cost_nano_usd), 0) / 1e9 as cost_usd,
    count(*) filter (cost_nano_usd is null and outcome <> 'sent') as unpriced
from attempts
group by user_id
order by cost_nano_usd desc, user_id
