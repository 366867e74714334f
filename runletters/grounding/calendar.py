"""Dates, weekdays, months, hours, seasons and weather against what is known.

Pure: no clock, no network, no database. Seasons are the northern ones: a sheet
holds no place, so a season that is only true in the south is not accepted either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from runletters.grounding.dates import Day, months_alone, weekdays_in
from runletters.grounding.draft import Draft
from runletters.grounding.findings import Finding, reject
from runletters.grounding.lexicon import rules, words
from runletters.grounding.reading import read
from runletters.grounding.roles import clauses, stretch_around

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_WEEKDAY_REACH = 5
"""Characters between a weekday and the date it belongs to."""


def check_dates(draft: Draft) -> Iterator[Finding]:
    """Every date, year and month is on the sheet."""
    for day in (*draft.days, *months_alone(draft.reading)):
        if not any(_is_part_of(day, true) for true in draft.truths.days):
            span = draft.reading.span(day.start, day.end)
            yield reject(
                "date",
                span,
                draft.text[slice(*span)],
                _dates(draft),
                "is no date of the fact sheet",
            )


def check_windows(draft: Draft) -> Iterator[Finding]:
    """A total of a year stands beside no other year."""
    for claim in draft.claims:
        truths = [t for t in draft.proper(claim) if t.group in {"year", "ahead"}]
        years = set(filter(None, (_years_of(draft, t.role) for t in truths)))
        if not years or len(truths) < len(draft.proper(claim)):
            continue
        start, end = stretch_around(clauses(draft.reading.text), claim.start)
        for day in draft.days:
            if (
                start <= day.start < end
                and day.year
                and not day.month
                and not any(day.year in y for y in years)
            ):
                span = draft.reading.span(day.start, day.end)
                yield reject(
                    "date",
                    span,
                    draft.text[slice(*span)],
                    "the year of the figure beside it",
                    "is another year",
                )


def _years_of(draft: Draft, role: str) -> frozenset[int] | None:
    fact = draft.sheet.fact(role)
    said = f"{fact.window} {fact.text}" if fact else ""
    return frozenset(int(year) for year in _YEAR.findall(said)) or None


def _is_part_of(said: Day, true: Day) -> bool:
    """Whether everything the text says of the date is what the fact says."""
    parts = [(said.year, true.year), (said.month, true.month), (said.day, true.day)]
    if all(a is None or a == b for a, b in parts):
        return True
    swapped = [(said.year, true.year), (said.month, true.day), (said.day, true.month)]
    return said.is_ambiguous and all(a is None or a == b for a, b in swapped)


def _dates(draft: Draft) -> str:
    return f"the run was on {draft.sheet.started_local.date().isoformat()}"


def check_weekdays(draft: Draft) -> Iterator[Finding]:
    """A weekday is the run's, or that of the date beside it; plans may name any."""
    own = draft.sheet.started_local.isoweekday()
    for named in weekdays_in(draft.reading):
        span = draft.reading.span(named.start, named.end)
        expected = _weekday_beside(draft, named) or own
        if draft.kind == "digest" and named.weekday in _weekdays_told(draft):
            continue
        if named.weekday != expected and not _is_plan(draft, span[0]):
            yield reject(
                "weekday",
                span,
                draft.text[slice(*span)],
                _dates(draft),
                "is not the weekday of that date",
            )


def _is_plan(draft: Draft, place: int) -> bool:
    return draft.is_advice(place) and place != 0


def _weekdays_told(draft: Draft) -> set[int | None]:
    """The weekdays that a digest's facts name: that of its best run."""
    best = draft.sheet.fact("best_day")
    return {day.weekday for day in weekdays_in(read(best.text, draft.language))} if best else set()


def _weekday_beside(draft: Draft, named: Day) -> int | None:
    for day in draft.days:
        if 0 <= day.start - named.end <= _WEEKDAY_REACH and day.year and day.month and day.day:
            return _isoweekday(day.year, day.month, day.day)
    return None


def _isoweekday(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).isoweekday()
    except ValueError:
        return None


def check_hours(draft: Draft) -> Iterator[Finding]:
    """Words for a part of the day agree with the runner's own clock, where it is known."""
    parts = rules(draft.language, "parts_of_day")
    for name, rule in parts.items():
        hour = draft.sheet.started_local.hour
        if draft.sheet.local_time_known and hour in _hours(*rule["hours"]):
            continue
        for span, found in draft.found(words(draft.language, "parts_of_day", name, "words")):
            if not draft.is_advice(span[0]):
                expected = (
                    f"a start at {hour:02d} h"
                    if draft.sheet.local_time_known
                    else "no word about the hour"
                )
                yield reject("hour", span, found, expected, "does not agree with the start")


def _hours(first: int, last: int) -> set[int]:
    """Hours from first to last, over midnight if need be."""
    return set(range(first, last + 1)) if first <= last else {*range(first, 24), *range(last + 1)}


def check_seasons(draft: Draft) -> Iterator[Finding]:
    """Words for a season agree with the month."""
    seasons = rules(draft.language, "seasons")
    for name, rule in seasons.items():
        if draft.sheet.started_local.month in rule["months"]:
            continue
        for span, found in draft.found(words(draft.language, "seasons", name, "words")):
            yield reject("season", span, found, _dates(draft), "is not the season of the run")


def check_weather(draft: Draft) -> Iterator[Finding]:
    """No weather: it is not known, unless the runner wrote of it and allows that to be used."""
    own_words = f"{draft.sheet.title} {draft.sheet.notes}".lower() if draft.sheet.notes else ""
    has_temperature = any(fact.unit == "celsius" for fact in draft.sheet.facts)
    for kind in ("sky", "temperature"):
        if kind == "temperature" and has_temperature:
            continue
        for span, found in draft.found(words(draft.language, "weather", kind)):
            if found.lower()[:4] not in own_words or not own_words:
                yield reject("weather", span, found, "no word about the weather", "is not known")
