"""Dates, months, weekdays and years as a text writes them.

Pure: no clock, no network, no database. Names of months and days come from
CLDR (Babel), so that every language it knows is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from babel import Locale, UnknownLocaleError

from runletters.grounding.reading import Reading
from runletters.grounding.wordlist import WordList

_YEAR = r"(?P<y>(?:19|20)\d\d)"
_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)-(\d\d)-(\d\d)(?!\d)")
_NUMERIC = re.compile(r"(?<![\d.,:])(\d{1,2})([./])(\d{1,2})\2((?:19|20)\d\d)(?!\d)")
_GERMAN_SHORT = re.compile(r"(?<![\d.,:])(\d{1,2})\.(\d{1,2})\.(?!\d)")
_CHINESE = re.compile(r"(?:((?:19|20)\d\d)年)?(\d{1,2})月(?:(\d{1,2})日)?")
_BARE_YEAR = re.compile(r"(?<![\d.,:/\-])(?:19[89]\d|20[0-4]\d)(?![\d%]|[.,:]\d)")
_ORDINAL = r"(?:st|nd|rd|th|er|ª|º|‡)?"
_DOTTED = r"(?:st|nd|rd|th|er|ª|º|‡|\.)?"
_WITHOUT_DOT = frozenset({"en", "fr", "es"})
"""Languages in which a point behind a number ends the sentence: among 20. April starts."""


@dataclass(frozen=True)
class Day:
    """A date or a part of one; what the text does not say is None."""

    start: int
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None  # 1 is Monday
    is_ambiguous: bool = False  # 3/4/2026: day first or month first


def _known(language: str) -> str:
    try:
        return str(Locale.parse(language))
    except (UnknownLocaleError, ValueError):
        return "en"


@cache
def _names(language: str) -> tuple[dict[str, int], dict[str, int]]:
    locale = Locale.parse(_known(language))
    months: dict[str, int] = {}
    weekdays: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for number, name in locale.months[context]["wide"].items():
            months[name.lower()] = number
        for number, name in locale.months[context]["abbreviated"].items():
            months.setdefault(name.lower().rstrip("."), number)
        for number, name in locale.days[context]["wide"].items():
            weekdays[name.lower()] = number + 1
    return {m: n for m, n in months.items() if len(m) > 2}, weekdays


@cache
def month_pattern(language: str) -> str:
    """Alternatives of all month names of a language."""
    return "|".join(sorted((re.escape(m) for m in _names(language)[0]), key=len, reverse=True))


@cache
def _month_list(language: str) -> WordList:
    return WordList([re.escape(month) for month in _names(language)[0]])


@cache
def weekday_pattern(language: str) -> re.Pattern[str]:
    """Weekday names, also as the first part of a compound (Sonntagslauf, Sundays)."""
    names = "|".join(sorted(map(re.escape, _names(language)[1]), key=len, reverse=True))
    return re.compile(rf"(?<!\w)({names})", re.IGNORECASE)


@cache
def _after_a_short_name(language: str) -> str:
    """Behind a whole name a point ends the sentence: on 7 March. 2013 was another year."""
    whole = Locale.parse(_known(language)).months["format"]["wide"].values()
    return "".join(rf"(?<!{re.escape(name.lower())}\.)" for name in whole)


@cache
def _written(language: str) -> tuple[re.Pattern[str], ...]:
    month = rf"(?P<m>{month_pattern(language)})(?:\.{_after_a_short_name(language)})?"
    joiner = r"\s*(?:de\s+|del\s+|of\s+)?"
    ordinal = _ORDINAL if language in _WITHOUT_DOT else _DOTTED
    return (
        re.compile(
            rf"(?<![\d:.,\w])(?P<d>\d{{1,2}}){ordinal}{joiner}{month}(?:,?{joiner}{_YEAR})?(?!\w)",
            re.IGNORECASE,
        ),
        re.compile(
            rf"(?<!\w){month}\s+(?:the\s+)?(?P<d>\d{{1,2}})(?:st|nd|rd|th|‡)?"
            rf"(?![\d:.]\d|\d|\w)(?:,?\s+{_YEAR})?(?!\w)",
            re.IGNORECASE,
        ),
        re.compile(rf"(?<!\w){month}{joiner}{_YEAR}(?!\w)", re.IGNORECASE),
    )  # fmt: skip


def days_in(reading: Reading) -> list[Day]:
    """Every date of the text, longest reading first at each place, left to right."""
    finders: tuple[Callable[[Reading], Iterator[Day]], ...] = (
        _iso,
        _numeric,
        _chinese,
        _by_name,
        _years,
    )
    kept: list[Day] = []
    for finder in finders:
        for day in finder(reading):
            if all(day.end <= other.start or day.start >= other.end for other in kept):
                kept.append(day)
    return sorted(kept, key=lambda day: day.start)


def _iso(reading: Reading) -> Iterator[Day]:
    for m in _ISO.finditer(reading.text):
        yield Day(m.start(), m.end(), int(m[1]), int(m[2]), int(m[3]))


def _numeric(reading: Reading) -> Iterator[Day]:
    for m in _NUMERIC.finditer(reading.text):
        first, second, year = int(m[1]), int(m[3]), int(m[4])
        swapped = m[2] == "/" and second > 12
        day, month = (second, first) if swapped else (first, second)
        either = m[2] == "/" and not swapped and first <= 12
        yield Day(m.start(), m.end(), year, month, day, is_ambiguous=either)
    if reading.language == "de":
        for m in _GERMAN_SHORT.finditer(reading.text):
            yield Day(m.start(), m.end(), None, int(m[2]), int(m[1]))


def _chinese(reading: Reading) -> Iterator[Day]:
    if reading.language not in {"zh", "ja"}:
        return
    for m in _CHINESE.finditer(reading.text):
        yield Day(
            m.start(), m.end(), int(m[1]) if m[1] else None, int(m[2]), int(m[3]) if m[3] else None
        )


def _by_name(reading: Reading) -> Iterator[Day]:
    months = _names(reading.language)[0]
    if not _month_list(reading.language).search(reading.text):
        return
    for pattern in _written(reading.language):
        for m in pattern.finditer(reading.text):
            groups = m.groupdict()
            if not m["m"][0].isupper() and reading.language in {"en", "de"}:
                continue  # "you may 3 …" is no month
            year = int(groups["y"]) if groups.get("y") else None
            day = int(groups["d"]) if groups.get("d") else None
            yield Day(m.start(), m.end(), year, months[m["m"].lower()], day)


def _years(reading: Reading) -> Iterator[Day]:
    for m in _BARE_YEAR.finditer(reading.text):
        if not re.match(
            r"\s*(?:km|m\b|mi|k?cal|runs?|steps|meter|metre|feet|ft|lauf|läufe|schritt)",
            reading.text[m.end() :],
            re.IGNORECASE,
        ):
            yield Day(m.start(), m.end(), int(m.group()))


def weekdays_in(reading: Reading) -> list[Day]:
    """Every weekday named in the text."""
    names = _names(reading.language)[1]
    return [
        Day(m.start(), m.end(), weekday=names[m[1].lower()])
        for m in weekday_pattern(reading.language).finditer(reading.text)
    ]


@cache
def _month_alone(language: str) -> re.Pattern[str]:
    before = (
        r"\b(?:in|since|of|this|every|early|late|mid|im|seit|ab|bis|vom|en|desde|depuis|a|last)\s+"
    )
    return re.compile(rf"{before}({month_pattern(language)})(?!\w)", re.IGNORECASE)


def months_alone(reading: Reading) -> list[Day]:
    """Months named without a day or a year, behind a preposition (in May, seit März)."""
    if not _month_list(reading.language).search(reading.text):
        return []
    months, pattern = _names(reading.language)[0], _month_alone(reading.language)
    taken = days_in(reading)
    return [
        Day(m.start(1), m.end(1), month=months[m[1].lower()])
        for m in pattern.finditer(reading.text)
        if (m[1][0].isupper() or reading.language not in {"en", "de"})
        and all(m.end(1) <= d.start or m.start(1) >= d.end for d in taken)
    ]
