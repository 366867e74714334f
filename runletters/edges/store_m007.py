"""Plans, and the ledger's new kind of text. Frozen, as all migrations are.

A check of a column cannot be changed in SQLite, so the ledger is copied once.
"""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE attempts_with_plans (
    attempt_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT,
    activity_id TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('letter', 'coaching', 'plan')),
    fingerprint TEXT,
    flow_run_id TEXT,
    mode TEXT NOT NULL CHECK (mode IN ('live', 'batch')),
    writer TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_sha256 TEXT NOT NULL,
    started_at {time} NOT NULL,
    ended_at {time},
    latency_ms {big},
    input_tokens {big} NOT NULL,
    output_tokens {big} NOT NULL,
    cache_write_tokens {big} NOT NULL,
    cache_read_tokens {big} NOT NULL,
    cost_nano_usd {big},
    price_as_of TEXT,
    outcome TEXT NOT NULL,
    stop_reason TEXT,
    error_type TEXT,
    error TEXT,
    request_id TEXT,
    reply TEXT
    ) {strict}""",
    "INSERT INTO attempts_with_plans SELECT * FROM attempts",
    "DROP TABLE attempts",
    "ALTER TABLE attempts_with_plans RENAME TO attempts",
    "CREATE INDEX attempts_by_day ON attempts (started_at)",
    "CREATE INDEX attempts_by_run ON attempts (flow_run_id)",
    "CREATE INDEX attempts_by_fingerprint ON attempts (fingerprint, kind)",
    """CREATE TABLE plans (
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    start_day TEXT NOT NULL,
    body TEXT NOT NULL,
    plan TEXT NOT NULL,
    writer TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_sha256 TEXT NOT NULL,
    is_fallback {bool} NOT NULL,
    findings TEXT NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (user_id, fingerprint)
    ) {strict}""",
)
