"""What the truth gate found in paid replies. Frozen: later changes are later migrations.

Rows stay when their user is forgotten, without user, activity and quoted words: the
rates of a prompt do not change because somebody leaves.
"""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE findings (
    finding_id TEXT NOT NULL PRIMARY KEY,
    attempt_id TEXT NOT NULL,
    user_id TEXT,
    activity_id TEXT,
    kind TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_sha256 TEXT NOT NULL,
    rule TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('reject', 'note')),
    span_start {big} NOT NULL,
    span_end {big} NOT NULL,
    found TEXT,
    expected TEXT,
    message TEXT NOT NULL,
    found_at {time} NOT NULL
    ) {strict}""",
    "CREATE INDEX findings_by_attempt ON findings (attempt_id)",
    "CREATE INDEX findings_by_user ON findings (user_id)",
)
