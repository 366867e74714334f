-- One row per item without a finished text, newest run first.
SELECT
    items.user_id,
    items.activity_id,
    items.kind,
    items.status,
    items.error_type,
    items.error,
    items.lease_until,
    activities.local_date,
    activities.distance_m
FROM items
LEFT JOIN activities USING (user_id, activity_id)
WHERE items.status <> 'completed'
ORDER BY activities.local_date DESC NULLS LAST, items.user_id, items.activity_id, items.kind
