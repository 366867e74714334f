-- One row per kind and reason of failed items, most frequent first.
SELECT
    kind,
    error_type,
    error,
    count(*) AS items,
    max(started_at) AS last_started_at
FROM items
WHERE status = 'failed'
GROUP BY kind, error_type, error
ORDER BY items DESC, kind, error_type, error
