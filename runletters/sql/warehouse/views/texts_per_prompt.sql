-- One row per kind, writer, model and prompt: texts kept, and how many are the offline fallback.
SELECT
    kind,
    writer,
    model,
    prompt_sha256,
    count(*) AS texts,
    count(*) FILTER (is_current) AS current_texts,
    count(*) FILTER (edited_body IS NOT NULL) AS edited,
    count(*) FILTER (is_fallback) AS fallbacks,
    count(*) FILTER (is_fallback) / count(*) AS fallback_rate,
    count(*) FILTER (json_array_length(findings) > 0) AS with_findings,
    min(created_at) AS first_at,
    max(created_at) AS last_at
FROM content
GROUP BY kind, writer, model, prompt_sha256
ORDER BY kind, writer, model, first_at
