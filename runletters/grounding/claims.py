"""Every figure a text states: its dimension, its value, how exactly it was written, and where.

Pure: no clock, no network, no database. The same scanner reads the texts of the
facts, so that both sides mean the same by a unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, TypeAlias

from runletters.grounding.lexicon import FULL, words
from runletters.grounding.patterns import (
    AFTER,
    AM_PM,
    ANY_NUMBER,
    CHINESE_CLOCK,
    CLOCK,
    GERMAN_ORDINAL,
    HOUR_BEFORE,
    LOAD_AFTER,
    LOAD_BEFORE,
    MIN_PER,
    MINUS_BEFORE,
    ORDINAL_SUFFIX,
    PRIMES,
    SPEED,
    SUFFIX,
)
from runletters.grounding.reading import Reading
from runletters.grounding.written import ONLY_IN, chinese_forms, parse_number, unit_forms

HOURS = 25
_NO_HEDGE = re.compile(
    r"(?:(?:%|percent|prozent)[\s-]+\w+(?:[\s-]+\w+){0,3}|\brace over"
    r"|\b(?:wettkampf|rennen) über)\s*$",
    re.IGNORECASE,
)
"""8 % less than 22.7 km says what 22.7 km was; a race over 10 km is not longer than that."""
Hedge: TypeAlias = Literal["", "about", "over", "under"]

MINUTE = 60


@dataclass(frozen=True)
class Claim:
    """One figure of a text."""

    dimension: str  # length, duration, pace, clock, time, bpm, number, ordinal, index, either …
    value: float  # metres, seconds, seconds per metre, days, minutes after midnight …
    step: float  # one unit of the last digit as written, in the same base unit
    start: int  # place in the read text
    end: int
    number_end: int
    hedge: Hedge = ""
    is_imperial: bool = False
    is_spelled: bool = False
    factor: float = 1.0  # base units of one written unit


def _hedge(reading: Reading, start: int) -> Hedge:
    before = reading.text[max(0, start - 28) : start]
    if _NO_HEDGE.search(before):
        return ""
    for name in ("over", "under", "about"):
        pattern = _hedge_pattern(reading.language, name)
        if pattern.search(before):
            return name
    return ""


@cache
def _hedge_pattern(language: str, name: str) -> re.Pattern[str]:
    listed = words(language if language in FULL else "en", "hedges", name).pattern
    return re.compile(
        rf"{listed}\s*(?:the|a|an|your|der|die|das|den|ein|eine|einen)?\s*$", re.IGNORECASE
    )


def _clocks(reading: Reading) -> Iterator[Claim]:
    for pattern in (CLOCK, PRIMES):
        for found in pattern.finditer(reading.text):
            yield _clock(reading, found)
    if reading.language == "zh":
        for found in CHINESE_CLOCK.finditer(reading.text):
            yield _chinese_clock(reading, found)


def _clock(reading: Reading, found: re.Match[str]) -> Claim:
    first, second, third = (int(part or 0) for part in (*found.groups(), None)[:3])
    has_hours = len(found.groups()) == 3 and found.group(3) is not None
    seconds = first * 3600 + second * 60 + third if has_hours else first * 60 + second
    end, text = found.end(), reading.text
    dimension, value, imperial = "duration" if has_hours else "clock", float(seconds), False
    step = 1.0
    per = MIN_PER.match(text, end) or SUFFIX.match(text, end)
    half_day = _half_day(reading, end)
    if max(second, third) >= MINUTE:
        dimension = "malformed"  # 5:60 is no time, and no fact agrees with it
    elif per:
        unit_m = 1000.0 if per.group("km") else 1609.344
        dimension, value, imperial, end = (
            "pace",
            seconds / unit_m,
            per.group("km") is None,
            per.end(),
        )
        step = 1 / unit_m
    elif not has_hours and (HOUR_BEFORE.search(text[: found.start()]) or found[1].startswith("0")):
        dimension, value = "time", float(first * 60 + second)
        if half_day:
            value, end = _of_day(first, second, half_day), half_day.end()
    elif half_day and not has_hours:
        dimension, value, end = "time", _of_day(first, second, half_day), half_day.end()
    return Claim(
        dimension, value, step, found.start(), end, found.end(), _hedge(reading, found.start()),
        is_imperial=imperial,
    )  # fmt: skip


def _half_day(reading: Reading, place: int) -> re.Match[str] | None:
    """Am, pm or Uhr behind a figure; in German "am" is another word."""
    found = AM_PM.match(reading.text, place)
    return None if found and reading.language == "de" and not found.group(3) else found


def _of_day(hour: int, minute: int, half_day: re.Match[str]) -> float:
    if half_day.group(2) and hour < 12:
        hour += 12
    if half_day.group(1) and hour == 12:
        hour = 0
    return float(hour * 60 + minute)


def _chinese_clock(reading: Reading, found: re.Match[str]) -> Claim:
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    is_pace = reading.text[max(0, found.start() - 4) : found.start()].rstrip().endswith("每公里")
    step = 1.0 if found.group(3) else 60.0
    if is_pace:
        return Claim("pace", total / 1000, step / 1000, found.start(), found.end(), found.end())
    return Claim("duration", float(total), step, found.start(), found.end(), found.end())


def _numbers(reading: Reading, taken: list[bool]) -> Iterator[Claim]:
    for found in ANY_NUMBER.finditer(reading.text):
        if not taken[found.start()]:
            yield _number(reading, found)


def _number(reading: Reading, found: re.Match[str]) -> Claim:
    text, language = reading.text, reading.language
    value, decimals = parse_number(found.group(), language)
    step, end = 10.0**-decimals, found.end()
    base = Claim(
        "number", value, step, found.start(), end, end, _hedge(reading, found.start()),
        is_spelled=reading.is_spelled(found.start()),
    )  # fmt: skip
    load = _load(text, base)
    if load is not None:
        return load
    speed = SPEED.match(text, end)
    if speed:
        factor = (1000 if speed.group("km") else 1609.344) / 3600
        return replace(
            base, dimension="speed", value=value * factor, step=step * factor, end=speed.end()
        )
    ordinal = ORDINAL_SUFFIX.match(text, end)
    if ordinal and not decimals:
        return replace(base, dimension="ordinal", end=ordinal.end(), number_end=ordinal.end())
    return _with_unit(reading, base)


def _load(text: str, claim: Claim) -> Claim | None:
    """CTL, ATL and TSB are never each other, and a TSB of 14 is none of -14."""
    before = text[: claim.start]
    named = LOAD_BEFORE.search(before) or LOAD_AFTER.match(text, claim.end)
    if named is None:
        return None
    is_negative = MINUS_BEFORE.search(before) or (named.re is LOAD_BEFORE and named[2] == "-")
    value = -claim.value if is_negative else claim.value
    return replace(claim, dimension=named[1].lower(), value=value)


def _with_unit(reading: Reading, claim: Claim) -> Claim:
    unit = _unit_after(reading, claim.end)
    if unit is None:
        half_day = _half_day(reading, claim.end)
        is_article = claim.is_spelled and claim.value == 1  # eine Uhr
        if half_day and not is_article and claim.value < HOURS:
            return replace(
                claim, dimension="time", value=_of_day(int(claim.value), 0, half_day), step=60.0,
                end=half_day.end(),
            )  # fmt: skip
        if reading.language == "de" and (dot := GERMAN_ORDINAL.match(reading.text, claim.end)):
            is_rank = reading.text[dot.end()].islower()
            return replace(claim, dimension="ordinal" if is_rank else "either", end=dot.start() + 1)
        return claim
    dimension, factor, end = unit
    return replace(
        claim, dimension=dimension, value=claim.value * factor, step=claim.step * factor, end=end,
        factor=factor, is_imperial=dimension == "length" and factor in {1609.344, 0.3048, 0.9144},
    )  # fmt: skip


def _unit_after(reading: Reading, place: int) -> tuple[str, float, int] | None:
    """Dimension, factor and end of the unit right behind, or behind two adjectives."""
    forms = unit_forms()
    for _ in range(3):
        found = AFTER.match(reading.text, place)
        if found is None:
            return None
        form = found.group(1).lower().replace(" ", "")
        if form in forms and ONLY_IN.get(form, reading.language) == reading.language:
            return (*forms[form], found.end())
        chinese = next((f for f in chinese_forms() if form.startswith(f)), None)
        if chinese:
            return (*forms[chinese], found.start(1) + len(chinese))
        if not words(reading.language, "between_number_and_unit").fullmatch(form):
            return None
        place = found.end()
    return None


def scan(reading: Reading, taken: Iterable[tuple[int, int]] = ()) -> list[Claim]:
    """Every figure of the text in order, as it stands; joining.py puts parts together.

    Args:
        reading: The text.
        taken: Stretches that belong to dates and hold no figures of their own.
    """
    covered = [False] * (len(reading.text) + 1)
    for start, end in taken:
        covered[start:end] = [True] * (end - start)
    claims: list[Claim] = []
    for claim in _clocks(reading):
        if not covered[claim.start]:
            claims.append(claim)
            covered[claim.start : claim.end] = [True] * (claim.end - claim.start)
    claims += _numbers(reading, covered)
    return sorted(claims, key=lambda claim: claim.start)
