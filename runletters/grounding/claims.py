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

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol, get_group_symbol

from runletters.grounding.lexicon import FULL, table, words
from runletters.grounding.numerals import ORDINAL_MARK
from runletters.grounding.reading import Reading

Hedge: TypeAlias = Literal["", "about", "over", "under"]

UNIT_TABLE = "units.toml"
MEASURES = ("length", "duration", "days", "bpm", "spm", "watt", "percent", "kcal", "celsius", "runs", "splits")  # fmt: skip

MINUTE = 60

NUMBER = r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?"
_PER = r"\s*(?:/|\bper\b|\bpro\b|\bpar\b|\bpor\b|\bje\b|\ba\b|\ban\b|\beach\b|\bal\b|\bau\b|\bauf den\b|\bder\b)\s*"
_LENGTH_WORD = r"(?:km|kilom[eè]t\w*|kilómet\w*|chilomet\w*|quil[ôó]met\w*|公里|千米)\b"
_MILE_WORD = r"(?:mi|mile|meile|milla|mille|miglio|英里)\b"
SUFFIX = re.compile(rf"(?:{_PER})(?:(?P<km>{_LENGTH_WORD}|公里)|(?P<mi>{_MILE_WORD}))", re.I)
_MIN_PER = re.compile(rf"\s*min\.?(?:{_PER})(?:(?P<km>{_LENGTH_WORD})|(?P<mi>{_MILE_WORD}))", re.I)
_SPEED = re.compile(r"\s*(?:(?P<km>km/h|kmh|kph|kilom\w+ (?:an|per) hour|kilometer pro stunde)|(?P<mi>mph|mi/h|miles (?:an|per) hour))(?!\w)", re.I)  # fmt: skip
_CLOCK = re.compile(r"(?<![\d:.,])(\d{1,3}):(\d\d)(?::(\d\d))?(?!:?\d)")
_PRIMES = re.compile(r"(?<![\d:.,])(\d{1,2})'\s?([0-5]\d)(?:\"|'')?(?!\d)")
_CHINESE_CLOCK = re.compile(r"(?<!\d)(?:(\d+)小时)?(\d{1,3})分(?:钟)?(?:(\d{1,2})秒)?")
_NUMBER = re.compile(rf"(?<![\d.,:\w])(?:{NUMBER})(?![\d:]*\d)", re.I)
_ANY_NUMBER = re.compile(rf"(?<![\d:])(?<!\d[.,])(?:{NUMBER})")
_AFTER = re.compile(r"[\s\-]*(%|°\s?c\b|°|[^\W\d_]+(?:/分)?)", re.I)
_HOUR_BEFORE = re.compile(
    r"\b(?:began|begin|started?|starting|set (?:out|off)|left|out (?:of )?the door|beg[ao]nn\w*|gestartet|losgelaufen|startete\w*)"
    r"\s+(?:at|from|um|around|about|gegen|ab)\s+$", re.I)  # fmt: skip
_AM_PM = re.compile(r"\s*(?:(a\.?m\b\.?)|(p\.?m\b\.?)|(uhr|h\b|heures|点))", re.I)
_ORDINALSUFFIX = re.compile(rf"(?:st|nd|rd|th|ème|ième|e|º|ª|\.º|{ORDINAL_MARK})(?!\w)")
_GERMAN_ORDINAL = re.compile(r"\.\s+(?=[a-zäöüßA-ZÄÖÜ])")


@dataclass(frozen=True)
class Claim:
    """One figure of a text."""

    dimension: str  # length, duration, pace, clock, time, bpm, number, ordinal, index …
    value: float  # metres, seconds, seconds per metre, days, minutes after midnight …
    step: float  # one unit of the last digit as written, in the same base unit
    start: int  # place in the read text
    end: int
    number_end: int
    hedge: Hedge = ""
    is_imperial: bool = False
    is_spelled: bool = False
    factor: float = 1.0  # base units of one written unit


@cache
def _forms() -> dict[str, tuple[str, float]]:
    forms: dict[str, tuple[str, float]] = {}
    for dimension, rows in table(UNIT_TABLE).items():
        for factor, listed in rows.items():
            for form in listed:
                forms.setdefault(form, (dimension, float(factor)))
    return forms


@cache
def _symbols(language: str) -> tuple[str, str]:
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return ".", ","
    return get_decimal_symbol(locale), get_group_symbol(locale)


def parse_number(written: str, language: str) -> tuple[float, int]:
    """Value and number of decimals of a number as this language writes it."""
    decimal, group = _symbols(language)
    if group not in ".,":
        group = "." if decimal == "," else ","
    if re.fullmatch(
        rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(decimal)}\d+)?", written
    ):
        written = written.replace(group, "")
    plain = written.replace(",", ".")
    whole, _, fraction = plain.rpartition(".") if "." in plain else (plain, "", "")
    value = float(f"{whole.replace('.', '')}.{fraction or 0}")
    return value, len(fraction)


def _hedge(reading: Reading, start: int) -> Hedge:
    before = reading.text[max(0, start - 28) : start]
    for name in ("over", "under", "about"):
        pattern = _hedge_pattern(reading.language, name)
        if pattern.search(before):
            return name
    return ""


@cache
def _hedge_pattern(language: str, name: str) -> re.Pattern[str]:
    listed = words(language if language in FULL else "en", "hedges", name).pattern
    return re.compile(rf"{listed}\s*(?:the|a|an|your|der|die|das|den|ein|eine|einen)?\s*$", re.I)


def _clocks(reading: Reading) -> Iterator[Claim]:
    for pattern in (_CLOCK, _PRIMES):
        for found in pattern.finditer(reading.text):
            yield _clock(reading, found)
    if reading.language == "zh":
        for found in _CHINESE_CLOCK.finditer(reading.text):
            yield _chinese_clock(reading, found)


def _clock(reading: Reading, found: re.Match[str]) -> Claim:
    first, second, third = (int(part or 0) for part in (*found.groups(), None)[:3])
    has_hours = len(found.groups()) == 3 and found.group(3) is not None  # noqa: PLR2004  h:mm:ss
    seconds = first * 3600 + second * 60 + third if has_hours else first * 60 + second
    end, text = found.end(), reading.text
    dimension, value, imperial = "duration" if has_hours else "clock", float(seconds), False
    step = 1.0
    per = _MIN_PER.match(text, end) or SUFFIX.match(text, end)
    half_day = _AM_PM.match(text, end)
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
    elif not has_hours and (_HOUR_BEFORE.search(text[: found.start()]) or found[1].startswith("0")):
        dimension, value = "time", float(first * 60 + second)
        if half_day:
            value, end = _of_day(first, second, half_day), half_day.end()
    elif half_day and not has_hours:
        dimension, value, end = "time", _of_day(first, second, half_day), half_day.end()
    return Claim(
        dimension, value, step, found.start(), end, found.end(), _hedge(reading, found.start()),
        is_imperial=imperial,
    )  # fmt: skip


def _of_day(hour: int, minute: int, half_day: re.Match[str]) -> float:
    if half_day.group(2) and hour < 12:  # noqa: PLR2004  noon
        hour += 12
    if half_day.group(1) and hour == 12:  # noqa: PLR2004  12:30 am is half past midnight
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
    for found in _ANY_NUMBER.finditer(reading.text):
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
    speed = _SPEED.match(text, end)
    if speed:
        factor = (1000 if speed.group("km") else 1609.344) / 3600
        return replace(
            base, dimension="speed", value=value * factor, step=step * factor, end=speed.end()
        )
    ordinal = _ORDINALSUFFIX.match(text, end)
    if ordinal and not decimals:
        return replace(base, dimension="ordinal", end=ordinal.end(), number_end=ordinal.end())
    return _with_unit(reading, base)


def _with_unit(reading: Reading, claim: Claim) -> Claim:
    unit = _unit_after(reading, claim.end)
    if unit is None:
        half_day = _AM_PM.match(reading.text, claim.end)
        if half_day and claim.value < 25:  # noqa: PLR2004  hours of a day
            return replace(
                claim, dimension="time", value=_of_day(int(claim.value), 0, half_day), step=60.0,
                end=half_day.end(),
            )  # fmt: skip
        if reading.language == "de" and (dot := _GERMAN_ORDINAL.match(reading.text, claim.end)):
            return replace(claim, dimension="ordinal", end=dot.start() + 1)
        return claim
    dimension, factor, end, form = unit
    return replace(
        claim, dimension=dimension, value=claim.value * factor, step=claim.step * factor, end=end, factor=factor,
        is_imperial=factor in {1609.344, 0.3048, 0.9144} and dimension == "length" and bool(form),
    )  # fmt: skip


def _unit_after(reading: Reading, place: int) -> tuple[str, float, int, str] | None:
    """Dimension, factor, end and form of the unit right behind, or behind two adjectives."""
    forms = _forms()
    for _ in range(3):
        found = _AFTER.match(reading.text, place)
        if found is None:
            return None
        form = found.group(1).lower().replace(" ", "")
        if form in forms:
            return (*forms[form], found.end(), form)
        chinese = next((f for f in _chinese_forms() if form.startswith(f)), None)
        if chinese:
            return (*forms[chinese], found.start(1) + len(chinese), chinese)
        if not words(reading.language, "between_number_and_unit").fullmatch(form):
            return None
        place = found.end()
    return None


@cache
def _chinese_forms() -> tuple[str, ...]:
    return tuple(sorted((f for f in _forms() if not f[0].isascii() and ord(f[0]) > 0x3000), key=len, reverse=True))  # fmt: skip


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
