"""Limits of single runs, and who calls at this moment. Frozen, as all migrations are."""

from __future__ import annotations

STATEMENTS: tuple[str, ...] = (
    "ALTER TABLE budgets ADD COLUMN limit_nano_usd {big}",
    """CREATE TABLE live_runs (
    flow_run_id TEXT NOT NULL,
    model TEXT NOT NULL,
    process TEXT NOT NULL,
    seen_until {time} NOT NULL,
    PRIMARY KEY (flow_run_id, model)
    ) {strict}""",
)
