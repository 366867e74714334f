-- One row per user with calls; forgotten users together in the row without a name.
SELECT
    user_id,
    count(*) AS attempts,
    count(*) FILTER (outcome = 'succeeded') AS succeeded,
    count(DISTINCT activity_id) AS activities,
    CAST(coalesce(sum(cost_nano_usd), 0) AS BIGINT) AS cost_nano_usd,
    coalesce(sum(cost_nano_usd), 0) / 1e9 AS cost_usd,
    count(*) FILTER (cost_nano_usd IS NULL AND outcome <> 'sent') AS unpriced
FROM attempts
GROUP BY user_id
ORDER BY cost_nano_usd DESC, user_id
