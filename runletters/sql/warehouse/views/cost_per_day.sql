-- One row per UTC day with calls: what was called, used and paid.
SELECT
    CAST(started_at AT TIME ZONE 'UTC' AS DATE) AS day,
    count(*) AS attempts,
    count(*) FILTER (outcome = 'succeeded') AS succeeded,
    CAST(sum(input_tokens + cache_write_tokens + cache_read_tokens) AS BIGINT) AS tokens_in,
    CAST(sum(output_tokens) AS BIGINT) AS tokens_out,
    CAST(coalesce(sum(cost_nano_usd), 0) AS BIGINT) AS cost_nano_usd,
    coalesce(sum(cost_nano_usd), 0) / 1e9 AS cost_usd,
    count(*) FILTER (cost_nano_usd IS NULL AND outcome <> 'sent') AS unpriced
FROM attempts
GROUP BY day
ORDER BY day
