-- One row per user and kind: items by status, and the share of finished ones that have a text.
SELECT
    user_id,
    kind,
    count(*) AS items,
    count(*) FILTER (status = 'completed') AS completed,
    count(*) FILTER (status = 'failed') AS failed,
    count(*) FILTER (status = 'generating') AS generating,
    count(*) FILTER (status = 'pending') AS pending,
    count(*) FILTER (status = 'completed')
    / nullif(count(*) FILTER (status IN ('completed', 'failed')), 0) AS success_rate
FROM items
GROUP BY user_id, kind
ORDER BY user_id, kind
