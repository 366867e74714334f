"""Digests among the kinds of texts and of paid calls. Frozen, as all migrations are.

A check of a column cannot be changed in SQLite, so texts and ledger are copied once.
"""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE content_with_digests (
    content_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (user_id),
    activity_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('letter', 'coaching', 'digest')),
    version {big} NOT NULL CHECK (version >= 1),
    is_current {bool} NOT NULL,
    body TEXT NOT NULL,
    structured TEXT,
    edited_body TEXT,
    edited_at {time},
    writer TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_sha256 TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    is_fallback {bool} NOT NULL,
    findings TEXT NOT NULL,
    created_at {time} NOT NULL,
    superseded_at {time},
    UNIQUE (user_id, activity_id, kind, version)
    ) {strict}""",
    "INSERT INTO content_with_digests SELECT * FROM content",
    "DROP TABLE content",
    "ALTER TABLE content_with_digests RENAME TO content",
    """CREATE UNIQUE INDEX content_one_current ON content (user_id, activity_id, kind)
    WHERE is_current""",
    """CREATE TABLE attempts_with_digests (
    attempt_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT,
    activity_id TEXT,
    kind TEXT NOT NULL CHECK (kind IN ('letter', 'coaching', 'plan', 'digest')),
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
    "INSERT INTO attempts_with_digests SELECT * FROM attempts",
    "DROP TABLE attempts",
    "ALTER TABLE attempts_with_digests RENAME TO attempts",
    "CREATE INDEX attempts_by_day ON attempts (started_at)",
    "CREATE INDEX attempts_by_run ON attempts (flow_run_id)",
    "CREATE INDEX attempts_by_fingerprint ON attempts (fingerprint, kind)",
)
