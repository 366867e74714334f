-- One row per user. No e-mail address.
select
    user_id,
    tier,
    json_merge_patch(preferences, '{"email": null}') as preferences,
    created_at,
    updated_at
from raw_users
order by user_id
