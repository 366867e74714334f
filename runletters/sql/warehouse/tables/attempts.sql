-- One row per call that was made or begun. No reply text.
select
    attempt_id,
    user_id,
    activity_id,
    kind,
    fingerprint,
    flow_run_id,
    mode,
    writer,
    model,
    prompt_sha256,
    started_at,
    ended_at,
    latency_ms,
    input_tokens,
    output_tokens,
    cache_write_tokens,
    cache_read_tokens,
    cost_nano_usd,
    price_as_of,
    outcome,
    stop_reason,
    error_type,
    error,
    request_id
from raw_attempts
order by started_at, attempt_id
