-- One row per kind, writer, model and prompt: texts kept, and how many are the
-- offline fallback.
select
    kind,
    writer,
    model,
    prompt_sha256,
    count(*) as texts,
    count(*) filter (is_current) as current_texts,
    count(*) filter (edited_body is not null) as edited,
    count(*) filter (is_fallback) as fallbacks,
    count(*) filter (is_fallback) / count(*) as fallback_rate,
    count(*) filter (json_array_length(findings) > 0) as with_findings,
    min(created_at) as first_at,
    max(created_at) as last_at
from content
group by kind, writer, model, prompt_sha256
order by kind, writer, model, first_at
