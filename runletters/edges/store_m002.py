"""Budgets and message batches. Frozen: later changes are later migrations."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE budgets (
    scope TEXT NOT NULL PRIMARY KEY,
    spent_nano_usd {big} NOT NULL,
    reserved_nano_usd {big} NOT NULL
    ) {strict}""",
    """CREATE TABLE batches (
    batch_key TEXT NOT NULL PRIMARY KEY,
    flow_run_id TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intended', 'submitted', 'ended', 'given_up')),
    provider_id TEXT UNIQUE,
    request_count {big} NOT NULL,
    created_at {time} NOT NULL,
    submitted_at {time},
    ended_at {time}
    ) {strict}""",
    """CREATE TABLE batch_lines (
    custom_id TEXT NOT NULL PRIMARY KEY,
    batch_key TEXT NOT NULL REFERENCES batches (batch_key),
    attempt_id TEXT NOT NULL,
    user_id TEXT,
    item TEXT,
    reservation TEXT,
    result TEXT
    ) {strict}""",
    "CREATE INDEX batch_lines_by_batch ON batch_lines (batch_key)",
)
