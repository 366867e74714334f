"""Pace at the same heart rate over the years: dots per run, their median, a table.

Pure: no clock, no network, no database, no files. Only runs count whose pace and heart
rate are both measured and sound. Nothing is extrapolated: a run counts for the ten beats
its average lies in, and a median is told with the number of runs behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl

from runletters.journal.scales import PACE_STEPS, Axis, axis

WIDTH = 1_000
PLOT = 948
TOP, BOTTOM = 12.0, 238.0
BAND_BPM = 10
SHORTEST_M = 3_000.0
"""Shorter runs say little of pace at a heart rate: it takes minutes to rise."""
FEWEST = 3
MOST_SHOWN = 0.98
"""Share of the dots that set the range; an outlier is drawn at its edge."""
LONG_DAYS = 1_100
GAP_DAYS = 200


@dataclass(frozen=True, kw_only=True)
class BandYear:
    """The middle of the paces of one band and year."""

    pace_s_per_km: float | None  # None with fewer than three runs
    runs: int


@dataclass(frozen=True, kw_only=True)
class Effort:
    """The chart of one band and the table of three."""

    band: tuple[int, int]  # first and last beat of the band that has most runs
    bands: tuple[tuple[int, int], ...]
    runs: int
    dots: str
    line: str
    scale: Axis  # seconds per km or mile
    marks: tuple[tuple[float, int], ...]  # where a year begins
    years: tuple[tuple[int, tuple[BandYear, ...]], ...]  # newest first
    first_pace: float | None  # median of the first and last period of the line, s per km
    last_pace: float | None
    by_quarter: bool


def effort(metrics: pl.DataFrame, unit_m: float) -> Effort | None:
    """Pace at the heart rate this runner runs at most; None with too few runs.

    Args:
        metrics: rows of `run_metrics` of one runner.
        unit_m: metres of the reader's unit of pace.
    """
    if metrics.is_empty():
        return None
    runs = _sound(metrics)
    if len(runs) < 2 * FEWEST:
        return None
    low = _usual_band(runs)
    chosen = runs.filter(pl.col("band") == low)
    if len(chosen) < 2 * FEWEST:
        return None
    by_quarter = (chosen["local_date"][-1] - chosen["local_date"][0]).days > LONG_DAYS
    middles = _middles(chosen, "1q" if by_quarter else "1mo")
    days = _days_axis(chosen)
    factor = unit_m / 1000.0
    scale = _pace_axis(chosen, factor)
    lows = [low - BAND_BPM, low, low + BAND_BPM]
    return Effort(
        band=_beats(low),
        bands=tuple(_beats(each) for each in lows),
        runs=len(chosen),
        dots=_dots(chosen, days, scale, factor),
        line=_line(middles, days, scale, factor),
        scale=scale,
        marks=_year_marks(days),
        years=_years(runs, lows),
        first_pace=middles[0][1] if middles else None,
        last_pace=middles[-1][1] if middles else None,
        by_quarter=by_quarter,
    )


def _sound(metrics: pl.DataFrame) -> pl.DataFrame:
    sound = (
        (pl.col("pace_quality") == "measured")
        & (pl.col("heart_rate_quality") == "measured")
        & (pl.col("distance_m") >= SHORTEST_M)
    )
    band = (pl.col("heart_rate_avg_bpm").round() / BAND_BPM).floor().cast(pl.Int64) * BAND_BPM
    return (
        metrics.filter(sound)
        .select("local_date", "pace_s_per_km", band=band)
        .drop_nulls()
        .sort("local_date", "pace_s_per_km")
    )


def _usual_band(runs: pl.DataFrame) -> int:
    counted = runs.group_by("band").len().sort(["len", "band"], descending=[True, False])
    return int(counted["band"][0])


def _beats(low: int) -> tuple[int, int]:
    return low, low + BAND_BPM - 1


def _middles(chosen: pl.DataFrame, every: str) -> list[tuple[date, float]]:
    """(middle day, median pace) of each month or quarter with three runs or more."""
    grouped = (
        chosen.group_by(pl.col("local_date").dt.truncate(every).alias("start"))
        .agg(
            day=pl.col("local_date").median().cast(pl.Date),
            pace=pl.col("pace_s_per_km").median(),
            n=pl.len(),
        )
        .filter(pl.col("n") >= FEWEST)
        .sort("start")
    )
    return list(grouped.select("day", "pace").iter_rows())


def _days_axis(chosen: pl.DataFrame) -> Axis:
    first, last = chosen["local_date"][0].toordinal(), chosen["local_date"][-1].toordinal()
    return Axis(low=first, high=max(last, first + 1), start_px=4.0, end_px=PLOT - 4.0)


def _pace_axis(chosen: pl.DataFrame, factor: float) -> Axis:
    paces = chosen["pace_s_per_km"]
    edges = [paces.quantile(share) or 0.0 for share in (1 - MOST_SHOWN, MOST_SHOWN)]
    return axis([edge * factor for edge in edges], TOP, BOTTOM, steps=PACE_STEPS, most=5)


def _dots(chosen: pl.DataFrame, days: Axis, scale: Axis, factor: float) -> str:
    """Every run as a line of no length: with round ends it is a dot."""
    rows: list[tuple[Any, ...]] = list(chosen.select("local_date", "pace_s_per_km").iter_rows())
    places = ((days.px(day.toordinal()), scale.px(pace * factor)) for day, pace in rows)
    return "".join(f"M{x:g} {y:g}h0" for x, y in places)


def _line(middles: list[tuple[date, float]], days: Axis, scale: Axis, factor: float) -> str:
    """Through the medians; a gap of more than half a year is no line."""
    drawn = ""
    for (before, _), (day, pace) in pairwise([(date.min, 0.0), *middles]):
        pen = "L" if drawn and (day - before).days <= GAP_DAYS else "M"
        drawn += f"{pen}{days.px(day.toordinal()):g} {scale.px(pace * factor):g}"
    return drawn


def _year_marks(days: Axis) -> tuple[tuple[float, int], ...]:
    first, last = date.fromordinal(int(days.low)), date.fromordinal(int(days.high))
    starts = [(days.px(date(year, 1, 1).toordinal()), year)
              for year in range(first.year + 1, last.year + 1)]  # fmt: skip
    return tuple(starts)


def _years(runs: pl.DataFrame, lows: list[int]) -> tuple[tuple[int, tuple[BandYear, ...]], ...]:
    grouped = runs.group_by(pl.col("local_date").dt.year().alias("year"), "band").agg(
        pace=pl.col("pace_s_per_km").median(), n=pl.len()
    )
    known = {(year, band): (pace, n) for year, band, pace, n in grouped.iter_rows()}
    years = sorted({year for year, _ in known}, reverse=True)
    return tuple((year, tuple(_band_year(known, year, low) for low in lows)) for year in years)


def _band_year(known: dict[tuple[int, int], tuple[float, int]], year: int, low: int) -> BandYear:
    pace, n = known.get((year, low), (0.0, 0))
    return BandYear(pace_s_per_km=pace if n >= FEWEST else None, runs=n)
