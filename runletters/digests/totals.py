"""What a period adds up to, beside the same stretch of the periods before it.

Pure: no clock, no network, no database. Frames in, facts out.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, count, takewhile

import polars as pl

from runletters.digests.periods import Period, Window
from runletters.digests.words import Words
from runletters.facts import Fact, Unit

EARLIER: dict[Window, int] = {"week": 4, "month": 3, "year": 1}
"""How many earlier periods make up what is usual."""
FEWEST_EARLIER: dict[Window, int] = {"week": 2, "month": 1, "year": 1}
BIGGEST_NEEDS = 8
"""Only a period bigger than all of at least so many before it is told as the biggest."""
SAME_PERCENT = 5.0
"""Below this a change is no change."""


@dataclass(frozen=True, kw_only=True)
class Total:
    """Sums of one period."""

    runs: int
    days_run: int
    distance_m: float
    moving_s: float
    elevation_gain_m: float
    load: float
    longest_m: float


def total_of(runs: pl.DataFrame, period: Period) -> Total:
    """Sums of the runs of a period.

    Args:
        runs: rows of `run_metrics` of one runner.
        period: both its days count.
    """
    mine = within(runs, period.first, period.last)
    return Total(
        runs=mine.height,
        days_run=mine["local_date"].n_unique(),
        distance_m=_sum(mine, "distance_m"),
        moving_s=_sum(mine, "moving_s"),
        elevation_gain_m=_sum(mine, "elevation_gain_m"),
        load=_sum(mine, "load"),
        longest_m=max(mine["distance_m"].drop_nulls().to_list(), default=0.0),
    )


def within(runs: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    """The runs from one local day to another, both included, oldest first."""
    inside = pl.col("local_date").is_between(first, last)
    return runs.filter(inside).sort("started_at", "activity_id")


def earlier_totals(runs: pl.DataFrame, period: Period, most: int) -> list[Total]:
    """Totals of earlier periods, the nearest first, none from before the first run."""
    first_day = runs["local_date"].min()
    if not isinstance(first_day, date):
        return []
    before = [period.earlier(steps) for steps in range(1, most + 1)]
    return [total_of(runs, each) for each in before if each.first >= first_day]


def total_facts(runs: pl.DataFrame, period: Period, words: Words) -> list[Fact]:
    """The figures of the period, what is usual, and how far apart the two are."""
    now = total_of(runs, period)
    usual = earlier_totals(runs, period, EARLIER[period.window])
    known = usual if len(usual) >= FEWEST_EARLIER[period.window] else []
    facts: list[Fact] = []
    for name, unit, say in _figures(words):
        facts += _figure(name, unit, say, now, usual=known, words=words)
    return [*facts, *_biggest(runs, period, now, words)]


def _figures(words: Words) -> list[tuple[str, Unit, Callable[[float], str]]]:
    wording = words.wording
    return [
        ("distance_m", "m", wording.distance),
        ("moving_s", "s", lambda seconds: spoken_time(seconds, words)),
        ("runs", "count", wording.count),
        ("days_run", "count", wording.count),
        ("elevation_gain_m", "m", wording.height),
        ("load", "load", wording.count),
    ]


NAMES = {"distance_m": "distance", "moving_s": "moving_time", "elevation_gain_m": "elevation_gain"}


def spoken_time(seconds: float, words: Words) -> str:
    """3 h 24 min, 52 min: sums need no seconds."""
    hours, minutes = divmod(int(seconds / 60 + 0.5), 60)
    number = words.wording.count
    return f"{number(hours)} h {minutes:02d} min" if hours else f"{minutes} min"


def _figure(
    column: str,
    unit: Unit,
    say: Callable[[float], str],
    now: Total,
    *,
    usual: list[Total],
    words: Words,
) -> list[Fact]:
    name, value = NAMES.get(column, column), float(getattr(now, column))
    if not value:
        return []
    facts = [Fact(name=name, value=round(value, 1), unit=unit, text=say(value))]
    if not usual:
        return facts
    mean = sum(float(getattr(each, column)) for each in usual) / len(usual)
    n = len(usual)
    is_counted = unit == "count"
    shown = words.tenths(mean) if is_counted else say(mean)
    facts.append(Fact(name=f"{name}_usual", value=round(mean, 1), unit=unit, text=shown, n=n))
    if mean > 0 and not is_counted:  # a third of a run less is no news
        percent = (value / mean - 1) * 100
        text = words.wording.percent(percent)
        facts.append(
            Fact(name=f"{name}_change", value=round(percent, 1), unit="percent", text=text, n=n)
        )
    return facts


def _biggest(runs: pl.DataFrame, period: Period, now: Total, words: Words) -> list[Fact]:
    """The last earlier period with at least this distance, where it lies long ago or never was."""
    before = _earlier_distances_m(runs, period) if period.is_whole else []
    steps = next((i for i, metres in enumerate(before, 1) if metres >= now.distance_m), None)
    if len(before) < BIGGEST_NEEDS or (steps is not None and steps < BIGGEST_NEEDS):
        return []
    if steps is None:
        text = words.wording.count(len(before))
        return [
            Fact(name="biggest_ever", value=len(before), unit="count", text=text, n=len(before))
        ]
    day = period.earlier(steps).last
    text = words.wording.day(day)
    return [Fact(name="biggest_since", value=day.isoformat(), unit="date", text=text, n=steps)]


def _earlier_distances_m(runs: pl.DataFrame, period: Period) -> list[float]:
    """Distance of every whole earlier period since the first run, the nearest first.

    By bisection in running sums: ten years are five hundred weeks.
    """
    rows = runs.sort("local_date").select("local_date", pl.col("distance_m").fill_null(0.0))
    days: list[date] = rows["local_date"].to_list()
    sums = [0.0, *accumulate(rows["distance_m"].to_list())]
    if not days:
        return []
    earlier = (period.earlier(steps) for steps in count(1))
    inside = takewhile(lambda each: each.first >= days[0], earlier)
    return [
        sums[bisect_right(days, each.last)] - sums[bisect_left(days, each.first)] for each in inside
    ]


def load_facts(fitness: pl.DataFrame, period: Period, words: Words) -> list[Fact]:
    """Fitness at the end of the period, its change inside it, and the form of the day after.

    Args:
        fitness: FITNESS_SCHEMA up to the last day of the period.
        period: whose end counts.
        words: how figures are written.
    """
    last = _on(fitness, period.last)
    before = _on(fitness, period.first - timedelta(days=1))
    if last is None:
        return []
    ctl, atl = last
    number = words.wording.count
    facts = [
        Fact(name="fitness", value=round(ctl, 1), unit="load", text=number(ctl), quality="derived")
    ]
    if before is not None:
        change = _half_up(ctl) - _half_up(before[0])
        text = number(abs(change))
        facts.append(
            Fact(name="fitness_change", value=change, unit="load", text=text, quality="derived")
        )
    form = _half_up(ctl - atl)
    text = f"{'+' if form > 0 else '−' if form < 0 else ''}{number(abs(form))}"
    return [*facts, Fact(name="form", value=form, unit="load", text=text, quality="derived")]


def _half_up(value: float) -> int:
    # The change is that of the figures as shown, so nobody finds 42 after 40 called "up 1".
    return int(value + 0.5) if value >= 0 else -int(-value + 0.5)


def _on(fitness: pl.DataFrame, day: date) -> tuple[float, float] | None:
    row = fitness.filter(pl.col("local_date") == day)
    return None if row.is_empty() else (float(row["ctl"][0]), float(row["atl"][0]))


def _sum(runs: pl.DataFrame, column: str) -> float:
    return float(runs[column].cast(pl.Float64).fill_null(0.0).sum())
