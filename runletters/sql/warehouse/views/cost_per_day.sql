-- One row per UTC day with calls: what was called, used and paid.
select
    cast(started_at at time zone 'UTC' as date) as day,
    count(*) as attempts,
    count(*) filter (outcome = 'succeeded') as succeeded,
    cast(
        sum(input_tokens + cache_write_tokens + cache_read_tokens) as bigint
    ) as tokens_in,
    cast(sum(output_tokens) as bigint) as tokens_out,
    cast(coalesce(sum(cost_nano_usd), 0) as bigint) as cost_nano_usd,
    coalesce(sum(cost_nano_usd), 0) / 1e9 as cost_usd,
    count(*) filter (cost_nano_usd is null and outcome <> 'sent') as unpriced
from attempts
group by day
order by day
