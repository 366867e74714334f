"""What the two pictures of a digest show: bars of the period, and weeks of load.

Pure: no clock, no network, no database. Frames in, plain values out.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from babel.dates import format_date

from runletters.digests.periods import Period, Window
from runletters.digests.sheet import Bar, TrendPoint
from runletters.digests.totals import within
from runletters.digests.words import Words
from runletters.metrics.zones import ZONE_COUNT

POINTS: dict[Window, int] = {"week": 12, "month": 12, "year": 13}
WEEKS_PER_POINT: dict[Window, int] = {"week": 1, "month": 1, "year": 4}
FEWEST_POINTS = 4
"""Below this there is no trend to see."""
ZONES = [f"hr_zone_{index}_s" for index in range(ZONE_COUNT + 1)]


def bars(runs: pl.DataFrame, period: Period, words: Words) -> tuple[Bar, ...]:
    """One bar per day of a week or month, per month of a year, days of rest included."""
    return tuple(_bar(runs, first, last, period, words) for first, last in _spans(period))


def _spans(period: Period) -> list[tuple[date, date]]:
    if period.window != "year":
        days = [period.first + timedelta(days=offset) for offset in range(period.days)]
        return [(day, day) for day in days]
    firsts = [period.first.replace(month=month) for month in range(1, period.last.month + 1)]
    ends = [next_first - timedelta(days=1) for next_first in firsts[1:]]
    return list(zip(firsts, [*ends, period.last], strict=True))


def _bar(runs: pl.DataFrame, first: date, last: date, period: Period, words: Words) -> Bar:
    mine = within(runs, first, last)
    distance_m = float(mine["distance_m"].fill_null(0.0).sum())
    locale = words.wording.locale
    short, long = {"week": ("EEE", "EEEE"), "month": ("d", ""), "year": ("LLL", "LLLL")}[
        period.window
    ]
    return Bar(
        first=first,
        label=format_date(first, short, locale=locale).removesuffix("."),
        name=format_date(first, long, locale=locale) if long else words.wording.day_short(first),
        distance_m=round(distance_m, 1),
        text=words.wording.distance(distance_m) if mine.height else "",
        zone_shares=_shares(mine),
    )


def _shares(runs: pl.DataFrame) -> tuple[float, ...]:
    if not set(ZONES) <= set(runs.columns):
        return ()
    seconds = [float(runs[name].fill_null(0.0).sum()) for name in ZONES]
    total = sum(seconds)
    return tuple(round(each / total, 4) for each in seconds) if total > 0 else ()


def trend(
    daily: pl.DataFrame, fitness: pl.DataFrame, period: Period, words: Words
) -> tuple[TrendPoint, ...]:
    """Load of the last weeks (of four weeks each, for a year) and fitness at their ends.

    Args:
        daily: from `metrics.load.daily_load`, up to the last day of the period.
        fitness: FITNESS_SCHEMA of the same days.
        period: the last week ends with it.
        words: how days are written.
    """
    weeks_each = WEEKS_PER_POINT[period.window]
    step = timedelta(weeks=weeks_each)
    ends = [period.last - step * back for back in range(POINTS[period.window])]
    first_day = daily["local_date"].min()
    known = [last for last in ends if isinstance(first_day, date) and last >= first_day]
    if len(known) < FEWEST_POINTS:
        return ()
    return tuple(_point(daily, fitness, last, step, words) for last in reversed(known))


def _point(
    daily: pl.DataFrame, fitness: pl.DataFrame, last: date, step: timedelta, words: Words
) -> TrendPoint:
    is_inside = (pl.col("local_date") > last - step) & (pl.col("local_date") <= last)
    days = daily.filter(is_inside)
    ctl = fitness.filter(pl.col("local_date") == last)["ctl"]
    load, fit = float(days["load"].sum()), float(ctl[0]) if len(ctl) else 0.0
    pattern = {"en_US": "MMM d", "de": "d. MMM"}.get(words.wording.locale, "d MMM")
    return TrendPoint(
        last=last,
        label=format_date(last, pattern, locale=words.wording.locale).removesuffix("."),
        load=round(load, 1),
        load_text=words.wording.count(load),
        fitness=round(fit, 1),
        fitness_text=words.wording.count(fit),
    )
