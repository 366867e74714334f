"""Figures that belong together: 1 h 2 min, 10 to 12 km, 5 minutes 12 per km, kilometre 7.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from runletters.facts import Units
from runletters.grounding.claims import Claim, scan
from runletters.grounding.dates import Day, days_in
from runletters.grounding.patterns import SUFFIX
from runletters.grounding.reading import Reading, read

METRES_PER_MILE = 1609.344
SECONDS_PER_MINUTE = 60

_JOIN = re.compile(r"^[\s,]*(?:and|und|et|y|e)?\s*$", re.IGNORECASE)
_RANGE = re.compile(r"^\s*(?:-|to|bis|and|und|or|oder|a|à|et|y|o|ou|至|到)\s*$", re.IGNORECASE)
_SPAN = re.compile(r"^\s*(?:-|to|bis|至|到)\s*$", re.IGNORECASE)
_PACE_BEFORE = re.compile(
    r"(?:\bpace|\btempo|kilometerschnitt|\bschnitt|\britmo|\ballure|\bpasso|配速)"
    r"(?:\s+(?:of|at|was|averaged|around|about|von|bei|lag|war|rund|etwa|de|era|fue|di|是|为)){0,3}"
    r"\s*[:：]?\s*$",
    re.IGNORECASE,
)
_PACE_AFTER = re.compile(r"^[\s-]*(?:pace|tempo|schnitt|min\b|minute pace)", re.IGNORECASE)
_INDEX_BEFORE = re.compile(
    r"\b(?:kilometres?|kilometers?|kilometern?|km|miles?|meilen?|splits?|kilómetro|kilomètre|laps?|runde)"
    r"\s+(?:number\s+|nummer\s+|nr\.?\s*|no\.?\s*)?$", re.IGNORECASE)  # fmt: skip
_NUMBER_BEFORE = re.compile(r"(?:\bnumber|\bnummer|\bnr\.|\bno\.|#)\s*$", re.IGNORECASE)
_SPLIT_WORD = re.compile(r"\b(?:kilomet\w+|km|miles?|meilen?|splits?|one)\b[^.!?]*$", re.IGNORECASE)
_ZONE_BEFORE = re.compile(r"\b(?:zones?|zonen?|zona|zonas)\s+$", re.IGNORECASE)
_RATE_BEFORE = re.compile(
    r"(?:heart rate|pulse|puls|herzfrequenz|herzschlag|peak(?:ed|ing)?|maximum|frequenz)"
    r"(?:\s+(?!zone)[a-zäöüß]+){0,5}\s+$", re.IGNORECASE)  # fmt: skip
_EXTREME = re.compile(
    r"^(?!.*[.!?]\s).*(?:peak\w*|max\w*|up to|bis (?:auf|zu)|high\w*|top\w*|reach\w*|touch\w*"
    r"|höchst\w*|spitze\w*|máxim\w*)"
    r"(?:\s+[a-zäöüß]+){0,3}\s+$", re.IGNORECASE)  # fmt: skip
_EXTREME_AFTER = re.compile(
    r"^\s+(?:was|is|war|ist)\s+(?:the|your|das|dein\w*|die|der)?\s*"
    r"(?:ceiling|max\w*|peak|top|highest|höchst\w*|spitze)",
    re.IGNORECASE,
)
_BEATS_AFTER = re.compile(r"^\s*(?:mal|times)\s+(?:pro|per|a|in der)\s+minute", re.IGNORECASE)
_INDEX_AFTER = re.compile(
    r"^\s*(?:(?!per |pro |of )[a-zäöüß]+\s+)?(?:kilomet\w*|km|miles?|meilen?|splits?)\b",
    re.IGNORECASE,
)


def claims_of(text: str, language: str, units: Units) -> tuple[Reading, list[Claim], list[Day]]:
    """The reading of a text, its figures and its dates."""
    reading = read(text, language)
    days = days_in(reading)
    claims = scan(reading, [(day.start, day.end) for day in days])
    unit_m = 1000.0 if units == "metric" else METRES_PER_MILE
    claims = [_placed(reading, claim, unit_m) for claim in _compounds(reading, claims)]
    return reading, _rates(reading, _ranges(reading, claims)), days


def _compounds(reading: Reading, claims: Sequence[Claim]) -> list[Claim]:
    """Durations of several parts as one; a length of time per km or mile as a pace."""
    merged: list[Claim] = []
    for claim in claims:
        last = merged[-1] if merged else None
        if last and _continues(reading, last, claim):
            bare = claim.dimension != "duration"
            factor = last.factor / 60 if bare else claim.factor
            merged[-1] = replace(
                last, value=last.value + claim.value * (factor if bare else 1),
                step=factor, factor=factor, end=claim.end, number_end=claim.number_end,
            )  # fmt: skip
        else:
            merged.append(claim)
    return [_per_unit(reading, claim) for claim in merged]


def _continues(reading: Reading, last: Claim, claim: Claim) -> bool:
    if last.dimension != "duration" or last.factor < SECONDS_PER_MINUTE:
        return False
    if not _JOIN.match(reading.text[last.end : claim.start]):
        return False
    if claim.dimension == "duration":
        return claim.factor < last.factor and claim.value < last.factor
    bare = claim.dimension == "number" and claim.step == 1 and claim.value < SECONDS_PER_MINUTE
    return bare and bool(SUFFIX.match(reading.text, claim.end))


def _per_unit(reading: Reading, claim: Claim) -> Claim:
    suffix = SUFFIX.match(reading.text, claim.end) if claim.dimension == "duration" else None
    if suffix is None:
        return claim
    unit_m = 1000.0 if suffix.group("km") else METRES_PER_MILE
    return replace(
        claim, dimension="pace", value=claim.value / unit_m, step=claim.step / unit_m,
        factor=claim.factor / unit_m, end=suffix.end(), is_imperial=suffix.group("km") is None,
    )  # fmt: skip


def _placed(reading: Reading, claim: Claim, unit_m: float) -> Claim:
    """What the words before and behind a figure make of it: a pace, an index, a zone."""
    before, after = reading.text[max(0, claim.start - 40) : claim.start], reading.text[claim.end :]
    if claim.dimension == "clock" and (_PACE_BEFORE.search(before) or _PACE_AFTER.match(after)):
        return replace(
            claim, dimension="pace", value=claim.value / unit_m, step=claim.step / unit_m,
            factor=1 / unit_m,
        )  # fmt: skip
    if claim.dimension == "number" and _BEATS_AFTER.match(after):
        return replace(claim, dimension="bpm")
    if claim.dimension == "ordinal" and _INDEX_AFTER.match(after):
        return replace(claim, dimension="index")
    return _numbered(claim, before) if claim.dimension == "number" else claim


def _numbered(claim: Claim, before: str) -> Claim:
    """A bare number behind a word: a heart rate, a split, a zone, a number in a row."""
    if claim.is_spelled and claim.value == 1:
        return claim  # an article, as in "bei 6:15 pro km ein"
    if claim.step == 1 and _RATE_BEFORE.search(before):
        return replace(claim, dimension="bpm")
    if _NUMBER_BEFORE.search(before) and _SPLIT_WORD.search(before):
        return replace(claim, dimension="index")
    for pattern, dimension in (
        (_ZONE_BEFORE, "zone"), (_NUMBER_BEFORE, "ordinal"), (_INDEX_BEFORE, "index"),
    ):  # fmt: skip
        if pattern.search(before):
            return replace(claim, dimension=dimension)
    return claim


def _rates(reading: Reading, claims: list[Claim]) -> list[Claim]:
    """A bare number behind a heart rate and a word of extremes: 148 bpm, at most 171."""
    for index in range(1, len(claims)):
        last, claim = claims[index - 1], claims[index]
        gap = reading.text[last.end : claim.start]
        extreme = _EXTREME.search(gap) or _EXTREME_AFTER.match(reading.text[claim.end :])
        if last.dimension == "bpm" and claim.dimension == "number" and extreme:
            claims[index] = replace(claim, dimension="bpm")
    return claims


def _ranges(reading: Reading, claims: list[Claim]) -> list[Claim]:
    """The first number of a range takes the unit of the second."""
    for index in range(len(claims) - 2, -1, -1):
        first, second = claims[index], claims[index + 1]
        gap = reading.text[first.end : second.start]
        if not _RANGE.match(gap) or second.dimension == first.dimension:
            continue
        if first.dimension == "number" and second.dimension != "number":
            if second.dimension in {"time", "ordinal"}:
                continue
            claims[index] = replace(
                first, dimension=second.dimension, value=first.value * second.factor,
                step=first.step * second.factor, factor=second.factor,
                is_imperial=second.is_imperial,
            )  # fmt: skip
        elif first.dimension == "clock" and second.dimension == "pace" and _SPAN.match(gap):
            claims[index] = replace(
                first, dimension="pace", value=first.value * second.step, step=second.step,
                factor=second.step, is_imperial=second.is_imperial,
            )  # fmt: skip
        elif first.dimension in {"zone", "index"} and second.dimension == "number":
            claims[index + 1] = replace(second, dimension=first.dimension)
    return claims
