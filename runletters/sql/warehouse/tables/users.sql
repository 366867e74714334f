-- One row per user. No e-mail address.
SELECT
    user_id,
    tier,
    json_merge_patch(preferences, '{"email": null}') AS preferences,
    created_at,
    updated_at
FROM raw_users
ORDER BY user_id
