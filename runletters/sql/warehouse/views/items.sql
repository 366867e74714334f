-- One row per item: one kind of text for one activity, and how it stands.
select
    user_id,
    activity_id,
    'letter' as kind,
    letter_status as status,
    letter_error_type as error_type,
    letter_error as error,
    letter_started_at as started_at,
    letter_completed_at as completed_at,
    letter_fingerprint as fingerprint,
    letter_owner as owner,
    letter_lease_until as lease_until
from generation_status
union all
select
    user_id,
    activity_id,
    'coaching' as kind,
    coaching_status as status,
    coaching_error_type as error_type,
    coaching_error as error,
    coaching_started_at as started_at,
    coaching_completed_at as completed_at,
    coaching_fingerprint as fingerprint,
    coaching_owner as owner,
    coaching_lease_until as lease_until
from generation_status
