-- One row per version of a text; one version per item is current.
select
    content_id,
    user_id,
    activity_id,
    kind,
    version,
    is_current,
    coalesce(edited_body, body) as text,
    body,
    structured,
    edited_body,
    edited_at,
    writer,
    model,
    prompt_sha256,
    fingerprint,
    is_fallback,
    findings,
    created_at,
    superseded_at
from raw_content
order by user_id, activity_id, kind, version
