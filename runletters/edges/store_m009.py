"""What readers do with their texts. Frozen: later changes are later migrations."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    """CREATE TABLE engagement (
    event_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('letter', 'coaching', 'digest')),
    item TEXT NOT NULL,
    act TEXT NOT NULL CHECK (act IN ('opened', 'read', 'rated', 'edited', 'shared')),
    rating {big} CHECK (rating BETWEEN 1 AND 5),
    happened_at {time} NOT NULL,
    told_by TEXT NOT NULL CHECK (told_by IN ('command', 'webhook')),
    PRIMARY KEY (user_id, event_id),
    CHECK ((act = 'rated') = (rating IS NOT NULL))
    ) {strict}""",
    "CREATE INDEX engagement_by_item ON engagement (user_id, kind, item)",
)
