"""Digests and what was mailed. Frozen: later changes are later migrations.

Rows go with their user: both tables are emptied of a user by the database itself.
"""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE digests (
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    window_kind TEXT NOT NULL CHECK (window_kind IN ('week', 'month', 'year')),
    period TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('written', 'skipped')),
    note TEXT,
    subject TEXT,
    body TEXT,
    sheet TEXT,
    writer TEXT,
    model TEXT,
    prompt_sha256 TEXT,
    is_fallback {bool} NOT NULL,
    findings TEXT NOT NULL,
    input_tokens {big} NOT NULL,
    output_tokens {big} NOT NULL,
    cache_write_tokens {big} NOT NULL,
    cache_read_tokens {big} NOT NULL,
    cost_nano_usd {big},
    created_at {time} NOT NULL,
    PRIMARY KEY (user_id, window_kind, period),
    CHECK ((state = 'written') = (body IS NOT NULL AND subject IS NOT NULL AND sheet IS NOT NULL)),
    CHECK (state = 'written' OR note IS NOT NULL)
    ) {strict}""",
    """CREATE TABLE sends (
    send_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    item TEXT NOT NULL,
    attempt {big} NOT NULL CHECK (attempt >= 1),
    state TEXT NOT NULL CHECK
        (state IN ('intended', 'handing_over', 'sent', 'unsent', 'rejected', 'ambiguous')),
    recipient TEXT NOT NULL,
    message_id TEXT NOT NULL,
    detail TEXT,
    intended_at {time} NOT NULL,
    settled_at {time},
    CHECK ((settled_at IS NULL) = (state IN ('intended', 'handing_over')))
    ) {strict}""",
    # The promise "never twice" is the database's: beside a row that may have arrived, only
    # attempts of which it is known that they did not.
    """CREATE UNIQUE INDEX sends_once ON sends (user_id, purpose, item) WHERE state <> 'unsent'""",
    "CREATE INDEX sends_by_item ON sends (user_id, purpose, item)",
)
