-- One row per kind, writer, model and mode: calls, tokens per call, cost per success.
SELECT
    kind,
    writer,
    model,
    mode,
    count(*) AS attempts,
    count(*) FILTER (outcome = 'succeeded') AS succeeded,
    CAST(sum(input_tokens + cache_write_tokens + cache_read_tokens) AS BIGINT) AS tokens_in,
    CAST(sum(output_tokens) AS BIGINT) AS tokens_out,
    CAST(coalesce(sum(cost_nano_usd), 0) AS BIGINT) AS cost_nano_usd,
    coalesce(sum(cost_nano_usd), 0) / 1e9 AS cost_usd,
    sum(cost_nano_usd) / 1e9 / nullif(count(*) FILTER (outcome = 'succeeded'), 0)
        AS cost_usd_per_success,
    count(*) FILTER (cost_nano_usd IS NULL AND outcome <> 'sent') AS unpriced
FROM attempts
GROUP BY kind, writer, model, mode
ORDER BY kind, writer, model, mode
