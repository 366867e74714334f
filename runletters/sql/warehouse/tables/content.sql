-- One row per version of a text; one version per item is current.
SELECT
    content_id,
    user_id,
    activity_id,
    kind,
    version,
    is_current,
    coalesce(edited_body, body) AS text,
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
FROM raw_content
ORDER BY user_id, activity_id, kind, version
