"""How much was run per week, month and year: bars, and the tables behind them.

Pure: no clock, no network, no database, no files. The figures come from
`runletters.metrics.trends.periods`; here they become geometry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from runletters.journal.scales import Axis, axis
from runletters.metrics.trends import Period, periods

WIDTH = 1_000
PLOT = 952
TOP, BOTTOM = 12.0, 148.0
WEEKS = 53


@dataclass(frozen=True, kw_only=True)
class Span:
    """One week, month or year; one without a run has zeros."""

    start: date
    runs: int = 0
    distance_m: float = 0.0
    moving_s: float = 0.0
    longest_m: float = 0.0
    elevation_gain_m: float = 0.0
    pace_s_per_km: float | None = None
    metres_per_beat: float | None = None
    metres_per_beat_n: int = 0


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar; x and width in the units of the chart's box."""

    x: float
    y: float
    width: float
    height: float
    span: Span


@dataclass(frozen=True, kw_only=True)
class Bars:
    """A chart of bars over time."""

    bars: tuple[Bar, ...]
    scale: Axis  # kilometres or miles
    marks: tuple[tuple[float, date], ...]  # where a year or month begins


def spans(metrics: pl.DataFrame, period: Period, *, until: date | None = None) -> list[Span]:
    """Every week, month or year from the first run to the last (or `until`), gaps included.

    Args:
        metrics: rows of `run_metrics` of one runner.
        period: week (from Monday), month or year by local date.
        until: A day; the last span holds it if it is later than the last run.
    """
    if metrics.is_empty():
        return []
    known: dict[date, Span] = {
        row["period_start"]: _span(row) for row in periods(metrics, period).to_dicts()
    }
    starts = [*known, *([_floor(until, period)] if until else [])]
    day, last, found = min(known), max(starts), list[Span]()
    while day <= last:
        found.append(known.get(day, Span(start=day)))
        day = _next(day, period)
    return found


def _span(row: dict[str, Any]) -> Span:
    return Span(
        start=row["period_start"],
        runs=row["runs_count"],
        distance_m=row["distance_m"] or 0.0,
        moving_s=row["moving_s"] or 0.0,
        longest_m=row["longest_m"] or 0.0,
        elevation_gain_m=row["elevation_gain_m"] or 0.0,
        pace_s_per_km=row["pace_s_per_km"],
        metres_per_beat=row["efficiency_factor"],
        metres_per_beat_n=row["efficiency_n"],
    )


def _floor(day: date, period: Period) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day.replace(month=1, day=1)


def _next(day: date, period: Period) -> date:
    longest = {"week": 7, "month": 31, "year": 366}[period]
    return _floor(day + timedelta(days=longest), period)


def bars(found: Sequence[Span], unit_m: float) -> Bars | None:
    """The chart of these spans; None if there is nothing to draw."""
    if not any(span.distance_m > 0 for span in found):
        return None
    scale = axis([span.distance_m / unit_m for span in found], BOTTOM, TOP, most=4, from_zero=True)
    step = PLOT / len(found)
    width = round(step * (0.72 if step > 8 else 0.8), 2)
    drawn = [
        _bar(round(place * step + (step - width) / 2, 2), width, span, scale, unit_m)
        for place, span in enumerate(found)
    ]
    return Bars(bars=tuple(drawn), scale=scale, marks=_marks(found, step))


def _bar(x: float, width: float, span: Span, scale: Axis, unit_m: float) -> Bar:
    y = scale.px(span.distance_m / unit_m)
    return Bar(x=x, y=y, width=width, height=round(BOTTOM - y, 1), span=span)


def _marks(found: Sequence[Span], step: float) -> tuple[tuple[float, date], ...]:
    """Where a new year begins, or with at most two years a new month."""
    by_year = (found[-1].start - found[0].start).days > 500
    marks: list[tuple[float, date]] = []
    for place, span in enumerate(found):
        before = found[place - 1].start if place else None
        is_new = before is None or (
            before.year != span.start.year if by_year else before.month != span.start.month
        )
        # The label of a stump at the left edge would run into the next one.
        if is_new and (not marks or place * step - marks[-1][0] >= 44):
            marks.append((round(place * step, 1), span.start))
    return tuple(marks)
