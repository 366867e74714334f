-- One row per activity with calls: what its texts cost, failed calls included.
SELECT
    user_id,
    activity_id,
    count(*) AS attempts,
    count(DISTINCT kind) AS kinds,
    CAST(coalesce(sum(cost_nano_usd), 0) AS BIGINT) AS cost_nano_usd,
    coalesce(sum(cost_nano_usd), 0) / 1e9 AS cost_usd,
    count(*) FILTER (cost_nano_usd IS NULL AND outcome <> 'sent') AS unpriced
FROM attempts
WHERE activity_id IS NOT NULL
GROUP BY user_id, activity_id
ORDER BY cost_nano_usd DESC, user_id, activity_id
