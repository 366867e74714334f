"""One runner's training out of the kept figures: load, form, races, routes.

Pure: no clock, no network, no database. Everything here follows from kept rows without a
stream, so it is made anew in a second for ten years; only rows of single runs are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from runletters.deriving import personal_metrics
from runletters.metrics.best_efforts import BEST_EFFORTS_SCHEMA
from runletters.metrics.classify import is_sound
from runletters.metrics.form import threshold_pace_s_per_km
from runletters.metrics.load import daily_load, fitness, weekly_load
from runletters.metrics.plan_rules import HARD_CLASSES, PlanState
from runletters.metrics.prediction import (
    BackTest,
    Effort,
    Outlook,
    Prediction,
    back_test,
    efforts_of,
    predictions,
    race_distance_m,
)
from runletters.metrics.row import MEASURED_SCHEMA
from runletters.users import Preferences


@dataclass(frozen=True, kw_only=True)
class Training:
    """What a runner did, with what it means; frames keyed by activity or day."""

    metrics: pl.DataFrame  # RUN_METRICS_SCHEMA and CLASS_SCHEMA, oldest first
    best_efforts: pl.DataFrame  # BEST_EFFORTS_SCHEMA
    efforts: list[Effort]
    races: list[Effort]

    @property
    def last_day(self) -> date | None:
        """The local date of the newest run."""
        newest = self.metrics["local_date"].max()
        return newest if isinstance(newest, date) else None

    def daily(self, until: date) -> pl.DataFrame:
        """Load of each day from the first run to that day."""
        return daily_load(self.metrics.filter(pl.col("local_date") <= until), until)

    def predicted(self, on_date: date) -> list[Prediction]:
        """What could be raced on that day, from what was known the day before."""
        return predictions(self.efforts, self.races, on_date)[0]

    @cached_property
    def outlook(self) -> Outlook:
        """The same for any number of days."""
        return Outlook(self.efforts, self.races)

    @cached_property
    def evenings(self) -> dict[date, tuple[float, float]]:
        """CTL and ATL on the evening of each day from the first run to the newest."""
        last = self.last_day
        if last is None:
            return {}
        rows = fitness(self.daily(last)).select("local_date", "ctl", "atl")
        return {day: (ctl, atl) for day, ctl, atl in rows.iter_rows()}

    def tested(self, on_date: date) -> list[BackTest]:
        """Each race before that day with what would have been said of it the day before."""
        return back_test(self.efforts, [r for r in self.races if r.local_date < on_date])


def training_of(
    kept: pl.DataFrame,
    best_efforts: pl.DataFrame,
    preferences: Preferences,
    *,
    known: pl.Series | None = None,
) -> Training:
    """The training of one runner.

    Args:
        kept: run_metrics as kept.
        best_efforts: as kept.
        preferences: the runner's limits and units.
        known: ids of the activities that are in the history; rows of others (merged, gone)
            are left out. None: all are.
    """
    if kept.is_empty():
        kept, best_efforts = pl.DataFrame(schema=MEASURED_SCHEMA), pl.DataFrame()
    if known is not None:
        kept = kept.filter(pl.col("activity_id").is_in(known.to_list()))
    efforts_frame = _efforts_in(kept, best_efforts)
    efforts = efforts_of(efforts_frame, kept)
    best = max((effort.vdot for effort in efforts), default=None)
    metrics = personal_metrics(
        kept.sort("started_at", "activity_id"),
        preferences,
        seen_threshold_pace_s_per_km=threshold_pace_s_per_km(best) if best else None,
    )
    return Training(
        metrics=metrics, best_efforts=efforts_frame, efforts=efforts, races=races_of(metrics)
    )


def races_of(metrics: pl.DataFrame) -> list[Effort]:
    """Runs of the class race over an official distance: the whole run, elapsed time."""
    wanted = metrics.filter((pl.col("classification") == "race") & is_sound())
    columns = ("activity_id", "local_date", "distance_m", "elapsed_s")
    rows = wanted.select(*columns).drop_nulls().iter_rows(named=True)
    return [Effort(**row) for row in rows if race_distance_m(row["distance_m"])]


def plan_state(training: Training, start: date) -> PlanState:
    """Where a runner stands on the morning of a day: the weeks, the form and the days before.

    Args:
        training: the history.
        start: first day of a plan; only days before it count.
    """
    last = start - timedelta(days=1)
    before = training.metrics.filter(pl.col("local_date") <= last)
    form = fitness(training.daily(last)).tail(1).to_dicts()
    newest: dict[str, Any] = form[0] if form else {"ctl": 0.0, "atl": 0.0, "monotony_7d": None}
    weeks = [_week(before, last - timedelta(days=7 * number)) for number in reversed(range(4))]
    first = before["local_date"].min()
    whole = 4 if not isinstance(first, date) else min(4, max(1, ((last - first).days + 1) // 7))
    month = before.filter(pl.col("local_date") > last - timedelta(days=28))
    longest = month["distance_m"].max()
    best = max(
        (e.vdot for e in training.efforts if 0 < (start - e.local_date).days <= 90), default=None
    )
    return PlanState(
        recent_week_m=tuple(metres for metres, _ in weeks[-whole:]),
        days_per_week=sum(days for _, days in weeks[-whole:]) / whole,
        longest_28d_m=float(longest) if isinstance(longest, float) else 0.0,
        tsb=newest["ctl"] - newest["atl"],
        monotony_7d=newest["monotony_7d"],
        vdot=best,
        hard_days_before=_hard_days(before, last),
    )


def _week(metrics: pl.DataFrame, last: date) -> tuple[float, int]:
    """Metres and days with a run of the seven days that end there."""
    inside = metrics.filter(
        pl.col("local_date") > last - timedelta(days=7), pl.col("local_date") <= last
    )
    return float(inside["distance_m"].sum()), inside["local_date"].n_unique()


def _hard_days(metrics: pl.DataFrame, last: date) -> int:
    """Hard days in a row up to that day."""
    hard = set(metrics.filter(pl.col("classification").is_in(HARD_CLASSES))["local_date"])
    count = 0
    while last - timedelta(days=count) in hard:
        count += 1
    return count


def weeks_of(training: Training, until: date) -> pl.DataFrame:
    """Load and volume by week, weeks of rest included; see `load.weekly_load`."""
    return weekly_load(training.daily(until))


def _efforts_in(kept: pl.DataFrame, best_efforts: pl.DataFrame) -> pl.DataFrame:
    if best_efforts.is_empty() or "effort" not in best_efforts.columns:
        return pl.DataFrame(schema=BEST_EFFORTS_SCHEMA)
    mine = best_efforts.join(kept.select("activity_id"), on="activity_id", how="semi")
    return mine.select(pl.col(name).cast(kind) for name, kind in BEST_EFFORTS_SCHEMA.items())
