"""Who set what aside for a call, so that it is freed when they are gone. Frozen."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE reservations (
    attempt_id TEXT NOT NULL PRIMARY KEY,
    scopes TEXT NOT NULL,
    worst_nano_usd {big} NOT NULL CHECK (worst_nano_usd >= 0),
    owner TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'counted', 'freed')),
    lease_until {time} NOT NULL
    ) {strict}""",
    "CREATE INDEX reservations_by_state ON reservations (state)",
    "CREATE INDEX batch_lines_by_attempt ON batch_lines (attempt_id)",
)
