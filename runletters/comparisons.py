"""Where a run stands in the runner's own history, as of its own day.

Pure: no clock, no network, no database. Nothing here looks ahead: each row is
compared with the runs up to and including itself. One pass over the history
with sorted lists and stacks, O(n log n), never a scan per run.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from datetime import date, timedelta
from statistics import median
from typing import Any, NamedTuple

import polars as pl

from runletters.facts import Units
from runletters.ranking import day_streak, previous_at_least, running_rank, usual

METRES_PER_MILE = 1609.344
HABIT_RUNS = 100  # a habit is what the last hundred runs say
SIMILAR_PACE = 0.03  # a similar pace lies within 3 %
SIMILAR_DAYS = 365
SIMILAR_MIN_RUNS = 5
HALF_MARATHON_M = (20_800.0, 21_900.0)
MARATHON_M = (41_900.0, 43_500.0)

COMPARISON_INPUT: dict[str, pl.DataType] = {
    "activity_id": pl.String(),
    "day": pl.Date(),
    "minute_of_day": pl.Int32(),
    "distance_m": pl.Float64(),
    "pace_s_per_km": pl.Float64(),
    "elevation_gain_m": pl.Float64(),
    "heart_rate_avg_bpm": pl.Float64(),
}
"""One row per run that can be trusted, oldest first; a missing value is null."""


class Band(NamedTuple):
    """Runs of about the same distance: [low_m, high_m)."""

    low_m: float
    high_m: float


def distance_band(distance_m: float, units: Units) -> Band:
    """The band of a distance: one km or mile wide up to 12, then wider; races on their own."""
    for low_m, high_m in (HALF_MARATHON_M, MARATHON_M):
        if low_m <= distance_m < high_m:
            return Band(low_m, high_m)
    unit_m = 1000.0 if units == "metric" else METRES_PER_MILE
    step = 1 if distance_m < 11.5 * unit_m else 3 if distance_m < 29.5 * unit_m else 5
    middle = round(distance_m / unit_m / step) * step
    return Band(max(0.0, middle - step / 2) * unit_m, (middle + step / 2) * unit_m)


def part_of_day(minute_of_day: int) -> str:
    """Early (before 7), morning, midday, afternoon, evening, night (from 21:30)."""
    limits = (240, 420, 660, 840, 1020, 1290, 1440)
    names = ("night", "early", "morning", "midday", "afternoon", "evening", "night")
    return names[bisect_right(limits, minute_of_day)]


def _habit(minutes: Sequence[int | None]) -> list[tuple[int, int] | None]:
    """Runs among the earlier hundred that began in the same part of the day, and how many."""
    last: deque[str] = deque(maxlen=HABIT_RUNS)
    shares: list[tuple[int, int] | None] = []
    for minute in minutes:
        part = None if minute is None else part_of_day(minute)
        shares.append(None if part is None else (last.count(part), len(last)))
        if part is not None:
            last.append(part)
    return shares


def _similar_heart_rates(
    days: Sequence[date],
    paces: Sequence[float | None],
    rates: Sequence[float | None],
    bands: Sequence[Band],
) -> list[tuple[float, int] | None]:
    """Median heart rate of earlier runs of the band at this pace within a year, and how many."""
    earlier: dict[Band, deque[tuple[date, float, float]]] = defaultdict(lambda: deque(maxlen=200))
    found: list[tuple[float, int] | None] = []
    for day, pace, rate, band in zip(days, paces, rates, bands, strict=True):
        if pace is None or rate is None:
            found.append(None)
            continue
        since = day - timedelta(days=SIMILAR_DAYS)
        same = [r for d, p, r in earlier[band] if d >= since and abs(p / pace - 1) <= SIMILAR_PACE]
        found.append((median(same), len(same)) if len(same) >= SIMILAR_MIN_RUNS else None)
        earlier[band].append((day, pace, rate))
    return found


class _Totals:
    """Distances summed between two days, by bisection in running sums."""

    def __init__(self, days: Sequence[date], distances_m: Sequence[float]) -> None:
        self._days = days
        self._sums = [0.0]
        for distance_m in distances_m:
            self._sums.append(self._sums[-1] + distance_m)

    def between(self, first: date, last: date) -> tuple[float, int]:
        """Metres and runs from the first to the last day, both included."""
        low, high = bisect_left(self._days, first), bisect_right(self._days, last)
        return self._sums[high] - self._sums[low], high - low

    def from_day_to_row(self, first: date, row: int) -> tuple[float, int]:
        """Metres and runs from a day up to and including a row."""
        low = bisect_left(self._days, first)
        return self._sums[row + 1] - self._sums[low], row + 1 - low


def _year_earlier(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _volume(days: Sequence[date], distances_m: Sequence[float]) -> dict[str, list[Any]]:
    totals = _Totals(days, distances_m)
    rows = list(enumerate(days))
    starts: dict[str, Callable[[date], date]] = {
        "week": lambda day: day - timedelta(days=6),
        "month": lambda day: day.replace(day=1),
        "year": lambda day: day.replace(month=1, day=1),
        "total": lambda _day: days[0],
    }
    sums = {k: [totals.from_day_to_row(f(d), i) for i, d in rows] for k, f in starts.items()}
    columns: dict[str, list[Any]] = {f"{k}_m": [m for m, _ in v] for k, v in sums.items()}
    columns |= {f"{k}_n": [n for _, n in v] for k, v in sums.items()}
    columns["four_weeks_m"] = [
        totals.from_day_to_row(d - timedelta(days=27), i)[0] for i, d in rows
    ]
    columns["last_year_m"] = [
        totals.between(date(d.year - 1, 1, 1), _year_earlier(d))[0] for d in days
    ]
    columns["last_year_complete"] = [days[0] <= date(d.year - 1, 1, 31) for d in days]
    return columns


def _anniversaries(
    days: Sequence[date], distances_m: Sequence[float]
) -> list[tuple[date, float] | None]:
    """The run of the same date in the latest earlier year that has one."""
    longest: dict[tuple[int, int], tuple[date, float]] = {}
    found: list[tuple[date, float] | None] = []
    pending: list[tuple[date, float]] = []
    for day, distance_m in zip(days, distances_m, strict=True):
        while pending and pending[0][0].year < day.year:
            earlier = pending.pop(0)
            longest[earlier[0].month, earlier[0].day] = earlier
        found.append(longest.get((day.month, day.day)))
        pending.append((day, distance_m))
    return found


def _days_at(rows: Sequence[int | None], days: Sequence[date]) -> list[date | None]:
    return [None if row is None else days[row] for row in rows]


def _negated(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else -value for value in values]


def _ranked(
    name: str, values: Sequence[float | None], groups: Sequence[Hashable]
) -> dict[str, list[Any]]:
    ranks = running_rank(values, groups)
    return {
        f"{name}_rank": [None if rank is None else rank[0] for rank in ranks],
        f"{name}_n": [None if rank is None else rank[1] for rank in ranks],
    }


def compare(runs: pl.DataFrame, units: Units) -> pl.DataFrame:
    """Every run beside the runs before it.

    Args:
        runs: COMPARISON_INPUT, oldest first, only runs whose figures can be trusted.
        units: metric or imperial; decides how wide the bands of distance are.

    Returns:
        One row per run: ranks with their n, the day it last went further, faster or higher,
        streak, volumes to date in metres, habits, anniversaries, heart rate at like pace.
    """
    if runs.is_empty():
        return pl.DataFrame({"activity_id": []}, schema={"activity_id": pl.String()})
    days: list[date] = runs["day"].to_list()
    minutes: list[int | None] = runs["minute_of_day"].to_list()
    metres: list[float] = runs["distance_m"].to_list()
    paces: list[float | None] = runs["pace_s_per_km"].to_list()
    climbs: list[float | None] = runs["elevation_gain_m"].to_list()
    rates: list[float | None] = runs["heart_rate_avg_bpm"].to_list()
    everything = [0] * len(days)
    bands = [distance_band(m, units) for m in metres]
    years = [day.year for day in days]
    banded_years = list(zip(bands, years, strict=True))
    speeds = _negated(paces)
    volume = _volume(days, metres)
    same_day = _anniversaries(days, metres)
    similar = _similar_heart_rates(days, paces, rates, bands)
    habit = _habit(minutes)
    columns: dict[str, list[Any]] = {
        "activity_id": runs["activity_id"].to_list(),
        "run_number": list(range(1, len(days) + 1)),
        "first_day": [days[0]] * len(days),
        "band_low_m": [band.low_m for band in bands],
        "band_high_m": [band.high_m for band in bands],
        **_ranked("distance", metres, everything),
        **_ranked("distance_year", metres, years),
        **_ranked("band", speeds, bands),
        **_ranked("band_year", speeds, banded_years),
        **_ranked("climb", climbs, everything),
        "longer_day": _days_at(previous_at_least(metres, everything), days),
        "faster_day": _days_at(previous_at_least(speeds, bands), days),
        "higher_day": _days_at(previous_at_least(climbs, everything), days),
        "busier_day": _days_at(previous_at_least(volume["week_m"], everything), days),
        "usual_band_pace_s_per_km": usual(paces, bands),
        "usual_pace_s_per_km": usual(paces, everything),
        "usual_distance_m": usual(metres, everything),
        "streak_days": day_streak(days),
        "previous_day": [None, *days[:-1]],
        "previous_distance_m": [None, *metres[:-1]],
        "habit_same_n": [None if share is None else share[0] for share in habit],
        "habit_n": [None if share is None else share[1] for share in habit],
        "anniversary_day": [None if found is None else found[0] for found in same_day],
        "anniversary_m": [None if found is None else found[1] for found in same_day],
        "similar_heart_rate_bpm": [None if s is None else s[0] for s in similar],
        "similar_n": [None if s is None else s[1] for s in similar],
        **volume,
    }
    return pl.DataFrame(columns, infer_schema_length=None)
