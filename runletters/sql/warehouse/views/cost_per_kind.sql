-- One row per kind, writer, model and mode: calls, tokens per call, cost per success.
select
    kind,
    writer,
    model,
    mode,
    count(*) as attempts,
    count(*) filter (outcome = 'succeeded') as succeeded,
    cast(
        sum(input_tokens + cache_write_tokens + cache_read_tokens) as bigint
    ) as tokens_in,
    cast(sum(output_tokens) as bigint) as tokens_out,
    cast(coalesce(sum(cost_nano_usd), 0) as bigint) as cost_nano_usd,
    coalesce(sum(cost_nano_usd), 0) / 1e9 as cost_usd,
    sum(cost_nano_usd)
    / 1e9
    / nullif(count(*) filter (outcome = 'succeeded'), 0) as cost_usd_per_success,
    count(*) filter (cost_nano_usd is null and outcome <> 'sent') as unpriced
from attempts
group by kind, writer, model, mode
order by kind, writer, model, mode
