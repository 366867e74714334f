"""What a fact sheet allows a text to state: figures, dates and places in order, by role.

Pure: no clock, no network, no database. A figure is true because a fact's value
says it or because the fact's own wording shows it; nothing else counts, apart
from the few derivations written in `_derived`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache

from runletters.facts import Fact, FactSheet, Units
from runletters.grounding.claims import Claim
from runletters.grounding.dates import Day
from runletters.grounding.joining import METRES_PER_MILE, claims_of
from runletters.grounding.lexicon import FULL, base_language, table

PLAIN = "plain"
WHOLE_SPLIT = 0.98  # as the fact sheets count them
TEXT_ONLY = re.compile(
    r"^(advice_easy_distance|fastest_split|slowest_split|weekday|month|part_of_day|start_time"
    r"|load_(?:ctl|atl|tsb_\w+))$"
)
"""Facts whose value means something else than the figure in their text."""

_CLOCK = re.compile(r"(\d+):(\d\d)")
_OF_A_BAND = re.compile("^(pace_|heart_rate|fastest|band|similar)")
"""Facts whose lengths are the limits of a class of runs: runs of 9.5 to 10.5 km."""
_OF_UNIT: dict[str, tuple[str, float]] = {
    "m": ("length", 1.0), "km": ("length", 1000.0), "mi": ("length", METRES_PER_MILE),
    "s": ("duration", 1.0),
    "s_per_km": ("pace", 1 / 1000), "s_per_mi": ("pace", 1 / METRES_PER_MILE),
    "bpm": ("bpm", 1.0), "spm": ("spm", 1.0), "w": ("watt", 1.0), "percent": ("percent", 1.0),
    "count": ("number", 1.0), "days": ("days", 1.0), "rank": ("ordinal", 1.0),
    "ordinal": ("ordinal", 1.0), "year": ("year", 1.0), "kcal": ("kcal", 1.0),
    "celsius": ("celsius", 1.0), "ratio": ("number", 1.0), "load": ("load", 1.0),
}  # fmt: skip


_OF_ROLE = {"digest_runs": "runs", "usual_runs": "runs", "digest_days_run": "days",
            "usual_days_run": "days"}  # fmt: skip
"""Counts of a digest and what they are counts of."""
_OF_PERIOD = re.compile("^(digest|usual|biggest)_")
"""Facts of a digest whose n counts earlier periods, not runs; their wording names them."""

_LIKE = {
    "clock": ("pace", "duration", "time", "clock"),
    "number": ("number", "runs", "splits", "days", "load"),
    "either": (
        "number",
        "runs",
        "splits",
        "ordinal",
        "load",
    ),  # 8. at a sentence's end, or the eighth
    "runs": ("runs", "number"),
    "splits": ("splits", "number"),
    "duration": ("duration", "pace"),
}
"""Dimensions that can be said in another's words: a bare 5:12 may be a pace, a time, an hour."""


@dataclass(frozen=True)
class Truth:
    """One figure that may be stated."""

    dimension: str
    value: float  # base units, without a sign
    role: str  # the fact's name
    group: str  # its class in roles.toml
    split: int | None = None  # which split it belongs to
    is_shown: bool = False  # the figure stands in the fact's own wording
    step: float = 0.0  # one unit of its last shown digit; 0 for a value as measured


@dataclass(frozen=True)
class Truths:
    """All that a sheet allows, ready to be compared."""

    figures: tuple[Truth, ...]
    days: tuple[Day, ...]
    years: frozenset[int]
    unit_m: float
    by_dimension: Mapping[str, Sequence[Truth]]

    def like(self, claim: Claim) -> list[Truth]:
        """The figures a claim can be compared with at all."""
        dimensions = _LIKE.get(claim.dimension, (claim.dimension,))
        return [t for dimension in dimensions for t in self.by_dimension.get(dimension, ())]


@cache
def group_of(role: str) -> str:
    """The class of a fact by its name."""
    for group, rule in table("roles.toml").items():
        if re.search(rule["facts"], role):
            return group
    return PLAIN


def fact_language(sheet: FactSheet) -> str:
    """The language the facts are worded in: English where there is no wording yet."""
    language = base_language(sheet.language)
    return language if language in FULL else "en"


def truths_of(sheet: FactSheet) -> Truths:
    """Everything a text about this sheet may state."""
    unit_m = 1000.0 if sheet.units == "metric" else METRES_PER_MILE
    figures: list[Truth] = []
    days = [_day(sheet.started_local.date())]
    for fact in sheet.facts:
        figures += _of_fact(fact, sheet, days)
    for text in (sheet.classification_reason, *sheet.caveats):
        role = f"caveat: {text}" if sheet.classification == "digest" else _reason_role(sheet)
        figures += _of_text(text, role, sheet, days)
    days += _derived_days(sheet)
    figures += _of_splits(sheet)
    figures += _derived(sheet, figures)
    if sheet.local_time_known:
        minute = sheet.started_local.hour * 60 + sheet.started_local.minute
        figures.append(Truth("time", float(minute), "start_time", PLAIN))
    years = frozenset(day.year for day in days if day.year)
    by_dimension: dict[str, list[Truth]] = defaultdict(list)
    for truth in dict.fromkeys(figures):
        by_dimension[truth.dimension].append(truth)
    return Truths(tuple(figures), tuple(days), years, unit_m, by_dimension)


def _reason_role(sheet: FactSheet) -> str:
    """What a class rests on: of a hilly run it is a climb, and said as one."""
    return "climb_reason" if sheet.classification == "hills" else "reason"


def _day(day: date) -> Day:
    return Day(0, 0, day.year, day.month, day.day, day.isoweekday())


def _of_fact(fact: Fact, sheet: FactSheet, days: list[Day]) -> Iterator[Truth]:
    of_period = sheet.classification == "digest" and bool(_OF_PERIOD.match(fact.name))
    told = _of_text(fact.text, fact.name, sheet, days)
    if of_period:
        told = [_in_its_dimension(truth, fact) for truth in told]
    yield from told
    if fact.window:
        yield from _of_text(fact.window, fact.name, sheet, days)
    if fact.n is not None and not of_period:
        counted = "splits" if "split" in fact.name else "runs"
        yield Truth(counted, float(fact.n), fact.name, _counted_group(fact.name), is_shown=True)
    if fact.unit == "date" and isinstance(fact.value, str):
        since = date.fromisoformat(fact.value[:10])
        days.append(_day(since))
        yield Truth("days", float((sheet.started_local.date() - since).days), fact.name, "since")
    elif (
        fact.unit in _OF_UNIT
        and not TEXT_ONLY.match(fact.name)
        and not isinstance(fact.value, str | bool)
    ):
        dimension, factor = _OF_UNIT[fact.unit]
        truth = Truth(dimension, abs(fact.value) * factor, fact.name, group_of(fact.name))
        truth = _in_its_dimension(truth, fact) if of_period else truth
        # A digest's values are rounded already: 5.46 % is kept as 5.5 and shown as 5.
        if not (of_period and any(shown.dimension == truth.dimension for shown in told)):
            yield truth


def _in_its_dimension(truth: Truth, fact: Fact) -> Truth:
    """Loads, runs and days of a digest are bare figures on its sheet, and never one another."""
    if truth.dimension != "number":
        return truth
    own = "load" if fact.unit == "load" else _OF_ROLE.get(fact.name, "number")
    return replace(truth, dimension=own)


def dates_of(fact: Fact, sheet: FactSheet) -> Sequence[Day]:
    """The dates of one fact, from its value and its wording."""
    days: list[Day] = []
    tuple(_of_fact(fact, sheet, days))
    return days


def _of_text(text: str, role: str, sheet: FactSheet, days: list[Day]) -> Sequence[Truth]:
    truths, dates = _shown(text, role, fact_language(sheet), sheet.units)
    days += dates
    return truths


@lru_cache(maxsize=8192)
def _shown(
    text: str, role: str, language: str, units: Units
) -> tuple[tuple[Truth, ...], tuple[Day, ...]]:
    """Figures and dates of a fact's wording; the same few come back sheet after sheet."""
    _, claims, dates = claims_of(text, language, units)
    truths = [_shown_truth(claim, role) for claim in claims]
    return tuple(truths), tuple(dates)


def _shown_truth(claim: Claim, role: str) -> Truth:
    group = _shown_group(claim, role)
    return Truth(claim.dimension, claim.value, role, group, is_shown=True, step=claim.step)


def _shown_group(claim: Claim, role: str) -> str:
    """The class of a figure inside a fact's wording: its usual pace is a usual, not a change."""
    group = group_of(role)
    whole_pace = claim.dimension == "pace" and claim.value > 0.1
    whole_rate = claim.dimension == "bpm" and claim.value > 40
    if group == "difference" and (whole_pace or whole_rate):
        return "usual"
    if claim.dimension == "length" and group in {"difference", PLAIN} and _OF_A_BAND.search(role):
        return "band"
    if claim.dimension in {"runs", "ordinal", "number", "zone"}:
        return _counted_group(role)
    return group


_COUNTED = frozenset({"week", "month", "year", "plan", "digest", "condition"})


def _counted_group(role: str) -> str:
    """Runs of a week, month or year are said as such; other counts need no word."""
    group = group_of(role)
    return group if group in _COUNTED else PLAIN


def _of_splits(sheet: FactSheet) -> Iterator[Truth]:
    unit_m = 1000.0 if sheet.units == "metric" else METRES_PER_MILE
    for split in sheet.splits:
        yield Truth("index", float(split.index), "split", PLAIN, split.index)
        yield Truth("pace", split.pace_s / unit_m, "split", "split", split.index)
        shown = _CLOCK.match(split.pace_text)
        if shown:  # rounded once from the exact pace, where pace_s was rounded before
            pace_s = int(shown[1]) * 60 + int(shown[2])
            yield Truth("pace", pace_s / unit_m, "split", "split", split.index, is_shown=True)
        for seconds in {split.elapsed_s, split.moving_s}:
            yield Truth("duration", seconds, "split", "split", split.index)
        if split.heart_rate_avg_bpm is not None:
            yield Truth("bpm", split.heart_rate_avg_bpm, "split", "split", split.index)
        if split.elevation_change_m is not None:
            yield Truth("length", abs(split.elevation_change_m), "split", "climb", split.index)
    whole = [split for split in sheet.splits if split.distance_m >= WHOLE_SPLIT * unit_m]
    for count in {len(sheet.splits), len(whole)} - {0}:
        yield Truth("splits", float(count), "splits", PLAIN)


def _derived_days(sheet: FactSheet) -> Iterator[Day]:
    """January for what counts from the new year; the same date of an anniversary's year."""
    started = sheet.started_local
    for fact in sheet.facts:
        if fact.name.startswith("year_"):
            yield Day(0, 0, started.year, 1, 1)
        if fact.name == "anniversary" and fact.window and fact.window.isdecimal():
            yield Day(0, 0, int(fact.window), started.month, started.day)


def _derived(sheet: FactSheet, figures: list[Truth]) -> Iterator[Truth]:
    """Speed from pace, beats between average and top, runs above a rank, index of told splits."""
    by_role = {truth.role: truth for truth in figures if not truth.is_shown}
    pace = by_role.get("pace")
    if pace and pace.value:
        yield Truth("speed", 1 / pace.value, "pace", PLAIN)
    average, top = by_role.get("heart_rate_avg"), by_role.get("heart_rate_max")
    if average and top:
        yield Truth(
            "bpm", round(top.value) - round(average.value), "heart_rate_range", "difference"
        )
    for fact in sheet.facts:
        if fact.unit == "rank" and isinstance(fact.value, int):
            yield Truth("number", float(fact.value - 1), fact.name, "above")
    for name in ("fastest_split", "slowest_split"):
        fact = sheet.fact(name)
        if fact is not None and isinstance(fact.value, int):
            yield Truth("index", float(fact.value), name, PLAIN, fact.value)
            yield Truth("ordinal", float(fact.value), name, PLAIN, fact.value)
