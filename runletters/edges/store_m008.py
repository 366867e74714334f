"""Sources, polls, announcements, restarts, webhooks. Frozen: later changes are later migrations."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE sources (
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('inbox', 'intervals', 'sql')),
    config TEXT NOT NULL,
    watermark TEXT,
    state TEXT NOT NULL CHECK (state IN ('new', 'ok', 'failed')),
    reason TEXT,
    remedy TEXT,
    created_at {time} NOT NULL,
    polled_at {time},
    PRIMARY KEY (user_id, name)
    ) {strict}""",
    """CREATE TABLE source_polls (
    poll_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ok', 'failed')),
    found {big} NOT NULL,
    loaded {big} NOT NULL,
    withheld {big} NOT NULL,
    quarantined {big} NOT NULL,
    reason TEXT,
    remedy TEXT,
    polled_at {time} NOT NULL
    ) {strict}""",
    """CREATE TABLE announcements (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (user_id) ON DELETE CASCADE,
    since TEXT NOT NULL,
    until TEXT NOT NULL,
    runs {big} NOT NULL
    ) {strict}""",
    """CREATE TABLE restarts (
    flow_run_id TEXT NOT NULL,
    restart {big} NOT NULL CHECK (restart >= 1),
    reason TEXT NOT NULL,
    decided_at {time} NOT NULL,
    PRIMARY KEY (flow_run_id, restart)
    ) {strict}""",
    """CREATE TABLE webhook_events (
    provider TEXT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    received_at {time} NOT NULL,
    PRIMARY KEY (provider, event_id)
    ) {strict}""",
    """CREATE TABLE subscriptions (
    subscription_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    is_active {bool} NOT NULL,
    said_at {time} NOT NULL
    ) {strict}""",
)
