"""Weeks, months and years; streaks and consistency; changes that are not noise.

Pure: no clock, no network, no database, no files. Days are the runner's local dates.

Incremental: a period depends on its own runs only (`periods` of the changed periods
replaces them); streaks and change points read one row per day or month and are cheap
enough to be made anew.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

import polars as pl

Period: TypeAlias = Literal["week", "month", "year"]
_EVERY: dict[Period, str] = {"week": "1w", "month": "1mo", "year": "1y"}

COUNTED_M = 1_000.0
"""Runs below one kilometre count neither for streaks nor for consistency."""
SHORTEST_SEGMENT = 6
SHUFFLES = 999
SIGNIFICANCE = 0.01
SMALLEST_EFFECT = 1.0
"""In standard deviations within the two sides: smaller steps are not worth a word."""


def periods(metrics: pl.DataFrame, period: Period) -> pl.DataFrame:
    """Totals of each week (from Monday), month or year that has a run.

    Args:
        metrics: rows of `run_metrics` of one runner.
        period: week, month or year, by local date of the start.

    Returns:
        Per `period_start`: `runs_count`, `days_run`, `distance_m`, `moving_s`, `longest_m`,
        `elevation_gain_m`, `load`, `pace_s_per_km` (all time over all distance, runs with a
        believable pace), `efficiency_factor` (mean over runs that have one) and its
        `efficiency_n`.
    """
    sound = pl.col("pace_quality").is_in(["measured", "estimated"])
    start = pl.col("local_date").dt.truncate(_EVERY[period])
    return (
        metrics.group_by(start.alias("period_start"))
        .agg(
            runs_count=pl.len().cast(pl.Int64),
            days_run=pl.col("local_date").n_unique().cast(pl.Int64),
            distance_m=pl.col("distance_m").sum(),
            moving_s=pl.col("moving_s").sum(),
            longest_m=pl.col("distance_m").max(),
            elevation_gain_m=pl.col("elevation_gain_m").sum(),
            load=pl.col("load").sum(),
            sound_m=pl.col("distance_m").filter(sound).sum(),
            sound_s=pl.col("moving_s").filter(sound).sum(),
            efficiency_factor=pl.col("efficiency_factor").mean(),
            efficiency_n=pl.col("efficiency_factor").count().cast(pl.Int64),
        )
        .with_columns(
            pace_s_per_km=pl.when(pl.col("sound_m") > 0).then(
                pl.col("sound_s") / pl.col("sound_m") * 1_000.0
            )
        )
        .drop("sound_m", "sound_s")
        .sort("period_start")
        .with_columns(pl.selectors.float().round(6))
    )


@dataclass(frozen=True, kw_only=True)
class Streak:
    """Days in a row with a run of a kilometre or more."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Length in days, both ends counted."""
        return (self.last - self.first).days + 1


def streaks(metrics: pl.DataFrame) -> list[Streak]:
    """All streaks of a runner, oldest first; a single day is a streak of one."""
    counted = metrics.filter(pl.col("distance_m") >= COUNTED_M)
    days = counted["local_date"].drop_nulls().unique().sort().to_list()
    found: list[Streak] = []
    for day in days:
        if found and day - found[-1].last == timedelta(days=1):
            found[-1] = Streak(first=found[-1].first, last=day)
        else:
            found.append(Streak(first=day, last=day))
    return found


def streak_on(found: list[Streak], day: date) -> int:
    """How many days in a row end on that day; 0 without a run on it."""
    inside = [streak for streak in found if streak.first <= day <= streak.last]
    return (day - inside[0].first).days + 1 if inside else 0


def consistency(metrics: pl.DataFrame, until: date, *, weeks: int = 12) -> float:
    """Share (0..1) of the last whole rolling weeks of seven days with a run."""
    counted = metrics.filter(pl.col("distance_m") >= COUNTED_M)
    ages = [(until - day).days for day in counted["local_date"].drop_nulls().to_list()]
    return len({age // 7 for age in ages if 0 <= age < 7 * weeks}) / weeks


@dataclass(frozen=True, kw_only=True)
class ChangePoint:
    """A step in a series that shuffling hardly ever makes."""

    index: int  # first value after the step
    mean_before: float
    mean_after: float
    p_value: float
    effect: float  # step over the standard deviation within both sides
    n_before: int
    n_after: int


def change_points(values: list[float]) -> list[ChangePoint]:
    """Steps in a series of equal spacing, found by halving it again and again.

    The best cut of a piece is the one with the largest drop of squares. It counts if at
    most 1 % of 999 shuffles of that piece reach as much (seeded: the same series gives the
    same answer), each side has six values, and the step is one standard deviation or more.
    """
    cuts = sorted(_cuts(values, 0, len(values)))
    bounds = [0, *cuts, len(values)]
    found = [
        _described(values, bounds[place - 1], bounds[place], bounds[place + 1])
        for place in range(1, len(bounds) - 1)
    ]
    return [point for point in found if abs(point.effect) >= SMALLEST_EFFECT]


def _cuts(values: list[float], start: int, end: int) -> list[int]:
    piece = values[start:end]
    if len(piece) < 2 * SHORTEST_SEGMENT:
        return []
    offset, gain = _best_cut(piece)
    if _p_value(piece, gain) > SIGNIFICANCE:
        return []
    cut = start + offset
    return [*_cuts(values, start, cut), cut, *_cuts(values, cut, end)]


def _best_cut(piece: list[float]) -> tuple[int, float]:
    """Where a piece falls apart best, and how much the sum of squares drops."""
    total, count, left = sum(piece), len(piece), 0.0
    best, gain = SHORTEST_SEGMENT, -1.0
    for place in range(1, count - SHORTEST_SEGMENT + 1):
        left += piece[place - 1]
        if place >= SHORTEST_SEGMENT:
            difference = left / place - (total - left) / (count - place)
            drop = place * (count - place) / count * difference**2
            best, gain = (place, drop) if drop > gain else (best, gain)
    return best, gain


def _p_value(piece: list[float], gain: float) -> float:
    shuffler = random.Random(len(piece))  # noqa: S311 - a fixed shuffle, nothing secret
    shuffled = list(piece)
    reached = 0
    for _ in range(SHUFFLES):
        shuffler.shuffle(shuffled)
        reached += _best_cut(shuffled)[1] >= gain
    return (reached + 1) / (SHUFFLES + 1)


def _described(values: list[float], start: int, cut: int, end: int) -> ChangePoint:
    before, after = values[start:cut], values[cut:end]
    mean_before, mean_after = sum(before) / len(before), sum(after) / len(after)
    squares = sum((v - mean_before) ** 2 for v in before) + sum(
        (v - mean_after) ** 2 for v in after
    )
    deviation = (squares / max(1, end - start - 2)) ** 0.5
    gain = len(before) * len(after) / (end - start) * (mean_after - mean_before) ** 2
    return ChangePoint(
        index=cut,
        mean_before=mean_before,
        mean_after=mean_after,
        p_value=_p_value(values[start:end], gain),
        effect=(mean_after - mean_before) / deviation if deviation else float("inf"),
        n_before=len(before),
        n_after=len(after),
    )
