-- One row per item: one kind of text for one activity, and how it stands.
SELECT
    user_id,
    activity_id,
    'letter' AS kind,
    letter_status AS status,
    letter_error_type AS error_type,
    letter_error AS error,
    letter_started_at AS started_at,
    letter_completed_at AS completed_at,
    letter_fingerprint AS fingerprint,
    letter_owner AS owner,
    letter_lease_until AS lease_until
FROM generation_status
UNION ALL
SELECT
    user_id,
    activity_id,
    'coaching' AS kind,
    coaching_status AS status,
    coaching_error_type AS error_type,
    coaching_error AS error,
    coaching_started_at AS started_at,
    coaching_completed_at AS completed_at,
    coaching_fingerprint AS fingerprint,
    coaching_owner AS owner,
    coaching_lease_until AS lease_until
FROM generation_status
