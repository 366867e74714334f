"""Load over days and weeks: fitness, fatigue, form, monotony, strain, ramp.

Pure: no clock, no network, no database, no files.

- A day is the runner's local date; days without runs count as 0, from the first run on.
- CTL and ATL: y += (x - y)(1 - e^(-1/tau)), tau 42 and 7 days, from 0 at the first run of
  the whole history (never from the first day that is looked at).
- TSB of a day: yesterday's CTL minus yesterday's ATL.
- Monotony: mean over population standard deviation of seven daily loads; null, never 0,
  where all seven are equal or fewer than seven days exist. Strain: week sum x monotony.
- Ramp: CTL minus CTL of seven days before. Load ratio: mean of 7 over mean of 28 days
  (coupled), called load ramp and never an injury risk.

Incremental: a day depends on the days before it only. After a change on a day all later
days are made again from the CTL and ATL of the day before; earlier days stay
(`fitness_after`). A late arrival in the middle is such a change.
"""

from __future__ import annotations

import math
from datetime import date, timedelta

import polars as pl

CTL_DAYS = 42.0
ATL_DAYS = 7.0
WEEK = 7
MONTH = 28
LOOK_BACK_DAYS = 28
"""Days before a change that rolling figures need to be made again."""

FITNESS_SCHEMA: dict[str, pl.DataType] = {
    "local_date": pl.Date(),
    "load": pl.Float64(),
    "ctl": pl.Float64(),
    "atl": pl.Float64(),
    "tsb": pl.Float64(),
    "ramp_ctl_per_week": pl.Float64(),
    "load_7d": pl.Float64(),
    "load_ratio_7_28": pl.Float64(),
    "monotony_7d": pl.Float64(),
    "strain_7d": pl.Float64(),
}

WEEKLY_SCHEMA: dict[str, pl.DataType] = {
    "week_start": pl.Date(),
    "load": pl.Float64(),
    "distance_m": pl.Float64(),
    "moving_s": pl.Float64(),
    "runs_count": pl.Int64(),
    "days_run": pl.Int64(),
    "distance_change_percent": pl.Float64(),
    "is_complete": pl.Boolean(),
}
"""One row per week from Monday; see `weekly_load`."""


def daily_load(metrics: pl.DataFrame, until: date) -> pl.DataFrame:
    """Load of each day from the first run to a date, days of rest included.

    Args:
        metrics: rows of `run_metrics` of one runner; every activity with a load counts.
        until: last day wanted (today, in the runner's zone).

    Returns:
        Per `local_date`: `load` (0 on days of rest), `runs_count`, `distance_m`, `moving_s`.
    """
    per_day = metrics.group_by("local_date").agg(
        pl.col("load").fill_null(0.0).sum(),
        runs_count=pl.len().cast(pl.Int64),
        distance_m=pl.col("distance_m").fill_null(0.0).sum(),
        moving_s=pl.col("moving_s").fill_null(0.0).sum(),
    )
    first = metrics["local_date"].min()
    days = _days(first, until) if isinstance(first, date) else _days(until, until - timedelta(1))
    return (
        days.join(per_day, on="local_date", how="left", maintain_order="left")
        .with_columns(pl.col("load", "distance_m", "moving_s", "runs_count").fill_null(0))
        .with_columns(pl.selectors.float().round(6))
    )


def fitness(daily: pl.DataFrame) -> pl.DataFrame:
    """CTL, ATL, TSB and what else follows from daily loads, from the first day on.

    Args:
        daily: from `daily_load`, one row per day without holes.

    Returns:
        FITNESS_SCHEMA, one row per day.
    """
    return _fitness(daily, ctl=0.0, atl=0.0)


def fitness_after(stored: pl.DataFrame, daily: pl.DataFrame, changed: date) -> pl.DataFrame:
    """The same as `fitness(daily)`, made from the stored rows up to the change.

    Args:
        stored: what `fitness` gave before.
        daily: all daily loads as they are now.
        changed: first day on which anything is new, changed or gone.
    """
    kept = stored.filter(pl.col("local_date") < changed)
    reaches_first = kept.height and kept["local_date"][0] == daily["local_date"][0]
    if not reaches_first:
        return fitness(daily)
    ctl, atl = kept.row(-1, named=True)["ctl"], kept.row(-1, named=True)["atl"]
    later = daily.filter(pl.col("local_date") >= changed)
    before = kept.tail(LOOK_BACK_DAYS)
    return pl.concat([kept, _fitness(later, ctl=ctl, atl=atl, before=before)])


def weekly_load(daily: pl.DataFrame) -> pl.DataFrame:
    """Weeks from Monday to Sunday, weeks of rest included.

    Returns:
        Per `week_start`: `load`, `distance_m`, `moving_s`, `runs_count`, `days_run`,
        `distance_change_percent` (against the week before; null after a week of rest),
        `is_complete` (seven days are there).
    """
    change = (pl.col("distance_m") / pl.col("distance_m").shift(1) - 1) * 100.0
    return (
        daily.group_by(pl.col("local_date").dt.truncate("1w").alias("week_start"))
        .agg(
            pl.col("load", "distance_m", "moving_s", "runs_count").sum(),
            days_run=(pl.col("runs_count") > 0).sum().cast(pl.Int64),
            is_complete=pl.col("local_date").max().dt.weekday() == WEEK,
        )
        .sort("week_start")
        .with_columns(
            distance_change_percent=pl.when(pl.col("distance_m").shift(1) > 0).then(change)
        )
        .with_columns(pl.selectors.float().round(6))
    )


def smoothing(tau_days: float) -> float:
    """Share of the day's load that enters: 1 - e^(-1/tau)."""
    return 1.0 - math.exp(-1.0 / tau_days)


def monotony(loads: list[float]) -> float | None:
    """Mean over population standard deviation; None where all loads are equal (Foster)."""
    mean = sum(loads) / len(loads)
    deviation = math.sqrt(sum((load - mean) ** 2 for load in loads) / len(loads))
    return mean / deviation if deviation > 0 else None


def _days(first: date, last: date) -> pl.DataFrame:
    return pl.DataFrame({"local_date": pl.date_range(first, last, "1d", eager=True)})


def _fitness(
    daily: pl.DataFrame, *, ctl: float, atl: float, before: pl.DataFrame | None = None
) -> pl.DataFrame:
    rows = daily.select("local_date", pl.col("load").cast(pl.Float64)).with_columns(
        ctl=_decayed(daily, ctl, CTL_DAYS), atl=_decayed(daily, atl, ATL_DAYS)
    )
    shape = ["local_date", "load", "ctl", "atl"]
    earlier = before.select(shape) if before is not None else rows.clear()
    both = pl.concat([earlier, rows]).with_columns(*_rolling())
    typed = both.select(pl.col(name).cast(kind) for name, kind in FITNESS_SCHEMA.items())
    return typed.with_columns(pl.selectors.float().round(9)).tail(daily.height)


def _decayed(daily: pl.DataFrame, start: float, tau_days: float) -> pl.Series:
    seeded = pl.concat([pl.Series("load", [start]), daily["load"].cast(pl.Float64)])
    return seeded.ewm_mean(alpha=smoothing(tau_days), adjust=False).slice(1)


def _rolling() -> list[pl.Expr]:
    load = pl.col("load")
    mean, deviation = load.rolling_mean(WEEK), load.rolling_std(WEEK, ddof=0)
    uneven = load.rolling_max(WEEK) > load.rolling_min(WEEK)
    steady = pl.when(uneven).then(mean / deviation)
    month = load.rolling_mean(MONTH)
    return [
        (pl.col("ctl") - pl.col("atl")).shift(1).fill_null(0.0).alias("tsb"),
        (pl.col("ctl") - pl.col("ctl").shift(WEEK)).alias("ramp_ctl_per_week"),
        load.rolling_sum(WEEK).alias("load_7d"),
        pl.when(month > 0).then(mean / month).alias("load_ratio_7_28"),
        steady.alias("monotony_7d"),
        (load.rolling_sum(WEEK) * steady).alias("strain_7d"),
    ]
