"""Gathers the figures that are kept beside a history, for publishing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta

import polars as pl

from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.metrics.best_efforts import BEST_EFFORTS_SCHEMA
from runletters.metrics.load import FITNESS_SCHEMA, WEEKLY_SCHEMA, fitness
from runletters.metrics.row import RUN_METRICS_SCHEMA
from runletters.metrics.splits import SPLIT_SCHEMA
from runletters.reports import quality_of
from runletters.sheets.classify import reason_of
from runletters.training import Training, weeks_of
from runletters.users import User

_TEXT, _NUMBER, _COUNT, _DAY = pl.String(), pl.Float64(), pl.Int64(), pl.Date()
_UNSHOWN = frozenset({"heart_rate_seconds", "user_id"})
"""Seconds at each rate are kept for zones that change; whose a row is, every table says."""

PREDICTION_SCHEMA: dict[str, pl.DataType] = {
    "on_date": _DAY,
    "race": _TEXT,
    "distance_m": _NUMBER,
    "seconds": _NUMBER,
    "low_s": _NUMBER,
    "high_s": _NUMBER,
    "method": _TEXT,
    "exponent": _NUMBER,
    "vdot": _NUMBER,
    "from_activity_id": _TEXT,
    "from_distance_m": _NUMBER,
    "from_date": _DAY,
    "efforts_count": _COUNT,
    "window_days": _COUNT,
    "tested_races": _COUNT,
    "error_percent": _NUMBER,
    "prediction_quality": _TEXT,
}
TEST_SCHEMA: dict[str, pl.DataType] = {
    "activity_id": _TEXT,
    "local_date": _DAY,
    "distance_m": _NUMBER,
    "actual_s": _NUMBER,
    "predicted_s": _NUMBER,
    "error_percent": _NUMBER,
}
CLASS_COLUMNS: dict[str, pl.DataType] = {
    "classification": _TEXT,
    "classification_rule": _TEXT,
    "classification_reason": _TEXT,
}
_METRICS = {
    **{name: kind for name, kind in RUN_METRICS_SCHEMA.items() if name not in _UNSHOWN},
    **CLASS_COLUMNS,
}
FIGURES: dict[str, dict[str, pl.DataType]] = {
    "splits": SPLIT_SCHEMA,
    "best_efforts": BEST_EFFORTS_SCHEMA,
    "run_metrics": _METRICS,
    "weekly_load": WEEKLY_SCHEMA,
    "fitness": FITNESS_SCHEMA,
    "predictions": PREDICTION_SCHEMA,
    "prediction_tests": TEST_SCHEMA,
}
"""Every table of figures with its columns, `user_id` apart."""


def read_figures(
    history: History, derived: Derived, users: Sequence[User]
) -> dict[str, pl.DataFrame]:
    """All tables of FIGURES, for everybody; splits are of a kilometre.

    What is missing or out of date is computed first.
    """
    parts: dict[str, list[pl.DataFrame]] = {name: [] for name in FIGURES}
    for user in users:
        derived.refresh(user.user_id, history)
        training = derived.training(user, history.activities(user.user_id))
        for name, rows in _tables(derived, user, training).items():
            parts[name].append(_shaped(rows, name, user.user_id))
    return {name: pl.concat([_empty(name), *rows]) for name, rows in parts.items()}


def _empty(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema={"user_id": _TEXT, **FIGURES[name]})


def _shaped(rows: pl.DataFrame, name: str, user_id: str) -> pl.DataFrame:
    columns = [pl.col(column).cast(kind) for column, kind in FIGURES[name].items()]
    is_known = set(FIGURES[name]) <= set(rows.columns)
    mine = rows.select(pl.lit(user_id).alias("user_id"), *columns) if is_known else None
    return _empty(name) if mine is None else mine.select(_empty(name).columns)


def _tables(derived: Derived, user: User, training: Training) -> dict[str, pl.DataFrame]:
    known = training.metrics.select("activity_id")
    splits = derived.read(user.user_id, "splits").join(known, on="activity_id", how="semi")
    made = {
        "splits": splits,
        "best_efforts": training.best_efforts,
        "run_metrics": _with_reason(training.metrics),
    }
    return made | {name: make(training) for name, make in _BY_DAY.items()}


def _with_reason(metrics: pl.DataFrame) -> pl.DataFrame:
    columns = metrics.select("classification_rule", "classification_figures")
    reasons = [reason_of(rule, figures) for rule, figures in columns.iter_rows()]
    return metrics.with_columns(classification_reason=pl.Series(reasons, dtype=pl.String))


def _weeks(training: Training) -> pl.DataFrame:
    last = training.last_day
    return weeks_of(training, last) if last else pl.DataFrame()


def _fitness(training: Training) -> pl.DataFrame:
    last = training.last_day
    return fitness(training.daily(last)) if last else pl.DataFrame()


def _predictions(training: Training) -> pl.DataFrame:
    if training.last_day is None:
        return pl.DataFrame()
    on_date = training.last_day + timedelta(days=1)
    rows = [
        asdict(one) | {"on_date": on_date, "prediction_quality": quality_of(one)}
        for one in training.predicted(on_date)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _tests(training: Training) -> pl.DataFrame:
    last = training.last_day
    tests = training.tested(last + timedelta(days=1)) if last else []
    return pl.DataFrame([asdict(test) | {"error_percent": test.error_percent} for test in tests])


_BY_DAY: dict[str, Callable[[Training], pl.DataFrame]] = {
    "weekly_load": _weeks,
    "fitness": _fitness,
    "predictions": _predictions,
    "prediction_tests": _tests,
}
