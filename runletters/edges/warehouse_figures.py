"""Gathers the figures that are kept beside a history, for publishing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from runletters.deriving import personal_metrics
from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.metrics.best_efforts import BEST_EFFORTS_SCHEMA
from runletters.metrics.row import RUN_METRICS_SCHEMA
from runletters.sheets.classify import reason_of
from runletters.users import User

SPLIT_COLUMNS = (
    "activity_id", "index", "distance_m", "elapsed_s", "moving_s", "pace_s",
    "elevation_change_m", "heart_rate_avg_bpm",
)  # fmt: skip
CLASS_COLUMNS = ("classification", "classification_rule", "classification_reason")
_LARGE = frozenset({"heart_rate_seconds"})
"""Kept for zones that change; analysts have the time in zones itself."""


def read_figures(
    history: History, derived: Derived, users: Sequence[User]
) -> dict[str, pl.DataFrame]:
    """Splits (of a kilometre, for everybody), metrics and best efforts of every run.

    What is missing or out of date is computed first. A table that nobody has is left out.
    """
    for user in users:
        derived.refresh(user.user_id, history)
    tables: dict[str, Callable[[User], pl.DataFrame]] = {
        "splits": lambda user: _rows(derived, user, "splits", SPLIT_COLUMNS),
        "best_efforts": lambda user: _rows(derived, user, "best_efforts", [*BEST_EFFORTS_SCHEMA]),
        "run_metrics": lambda user: _metrics(derived, user),
    }
    found = {name: [read(user) for user in users] for name, read in tables.items()}
    filled = {name: [part for part in parts if part.height] for name, parts in found.items()}
    return {
        name: pl.concat(parts, how="diagonal_relaxed") for name, parts in filled.items() if parts
    }


def _rows(derived: Derived, user: User, table: str, columns: Sequence[str]) -> pl.DataFrame:
    rows = derived.read(user.user_id, table)
    if rows.is_empty():
        return rows
    return rows.select(pl.lit(user.user_id).alias("user_id"), *columns)


def _metrics(derived: Derived, user: User) -> pl.DataFrame:
    kept = derived.read(user.user_id, "run_metrics")
    if kept.is_empty():
        return kept
    metrics = personal_metrics(kept, user.preferences)
    reasons = [
        reason_of(rule, figures)
        for rule, figures in metrics.select(
            "classification_rule", "classification_figures"
        ).iter_rows()
    ]
    return metrics.select(
        *(name for name in RUN_METRICS_SCHEMA if name not in _LARGE),
        "classification",
        "classification_rule",
        classification_reason=pl.Series(reasons, dtype=pl.String),
    )
