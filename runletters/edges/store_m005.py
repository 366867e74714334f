"""What a line of a batch is about, so that nobody else writes it meanwhile. Frozen."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    "ALTER TABLE batch_lines ADD COLUMN activity_id TEXT",
    "ALTER TABLE batch_lines ADD COLUMN kind TEXT",
    "CREATE INDEX batch_lines_by_user ON batch_lines (user_id)",
)
