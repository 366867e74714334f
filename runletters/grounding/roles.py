"""Which role a figure is given by the words around it, and whether that is the fact's role.

Pure: no clock, no network, no database. The lists are in roles.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache

from runletters.grounding.claims import Claim
from runletters.grounding.lexicon import FULL, table
from runletters.grounding.reading import Reading
from runletters.grounding.truths import PLAIN, Truth
from runletters.grounding.wordlist import WordList

_SENTENCE = re.compile(r"(?<!\bSt)(?<!\d)[.!?]+(?=\s|$)|[.!?]+(?=\s+[A-ZÄÖÜ])|\n+")
_CLAUSE = re.compile(
    r"[,;:()\-]\s|[.!?](?=\s|$)|\s(?=(?:and|but|with|while|after|which|where"
    r"|und|aber|mit|nach|während|wobei|bei|sowie|so)\s)"
)
TIGHT = frozenset({"week", "month", "year", "climb", "max", "usual", "total", "ahead", "pauses"})
"""Classes whose words are clear enough to contradict a figure of another class."""

SAME_SENTENCE = frozenset({"split", "max", "zone", "trend"})
"""Classes whose words must stand in the figure's own sentence."""


@cache
def _cues(group: str, language: str) -> WordList:
    return WordList(table("roles.toml").get(group, {}).get(language, []))


@cache
def _against(group: str, language: str) -> WordList:
    return WordList(table("roles.toml").get(group, {}).get(f"against_{language}", []))


@lru_cache(maxsize=64)
def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends."""
    ends = [found.end() for found in _SENTENCE.finditer(text)]
    starts = [0, *ends]
    return [(a, b) for a, b in zip(starts, [*ends, len(text)], strict=True) if b > a]


def stretch_around(bounds: Sequence[tuple[int, int]], place: int) -> tuple[int, int]:
    """The sentence or clause a place lies in."""
    return next(((a, b) for a, b in bounds if a <= place < b), (0, 0))


@lru_cache(maxsize=64)
def clauses(text: str) -> list[tuple[int, int]]:
    """Where each clause begins and ends."""
    ends = [found.end() for found in _CLAUSE.finditer(text)]
    return [(a, b) for a, b in zip([0, *ends], [*ends, len(text)], strict=True) if b > a]


def proper_truths(
    reading: Reading,
    claim: Claim,
    candidates: Iterable[Truth],
    others: Sequence[Claim],
    groups: Mapping[int, frozenset[str]],
) -> list[Truth]:
    """Those of the agreeing truths whose role the words around the figure allow.

    Args:
        reading: The text.
        claim: The figure.
        candidates: Truths it is a rounding of.
        others: All figures of the text.
        groups: The classes each of them could be of, by its place.
    """
    if reading.language not in FULL:
        return list(candidates)
    fits: dict[str, bool] = {}
    for truth in candidates:
        if truth.group not in fits:
            rivals = [c for c in others if c is claim or truth.group not in groups[c.start]]
            fits[truth.group] = _allows(reading, claim, truth, rivals)
    return [truth for truth in candidates if fits[truth.group]]


def _allows(reading: Reading, claim: Claim, truth: Truth, others: Sequence[Claim]) -> bool:
    if _is_contradicted(reading, claim, truth.group, others):
        return False
    if truth.group == "difference" and truth.dimension == "bpm":
        return True  # no heart rate is so low, so it can only be a difference
    rule = table("roles.toml").get(truth.group)
    if rule is None or not rule["needs"] or truth.dimension not in rule["dimensions"]:
        return True
    return _has_cue(reading, claim, truth.group, others)


def _has_cue(reading: Reading, claim: Claim, group: str, others: Sequence[Claim]) -> bool:
    """Whether a word of the class stands in the figure's sentence, or in the one before it.

    A clear word (this week, maximum) serves one figure of a sentence only: the nearest.
    """
    pattern = _cues(group, reading.language)
    bounds = sentences(reading.text)
    start, end = stretch_around(bounds, claim.start)
    cues = list(pattern.finditer(reading.text, start, end))
    if cues and group in TIGHT:
        rivals = [c for c in others if start <= c.start < end and c.dimension == claim.dimension]
        return any(owner_of(reading.text, rivals, c.start(), c.end()) is claim for c in cues)
    if cues:
        return True
    if group in SAME_SENTENCE:
        return False
    before = [(a, b) for a, b in bounds if b <= start]
    return bool(before) and bool(pattern.search(reading.text, *before[-1]))


def _is_contradicted(reading: Reading, claim: Claim, group: str, others: Sequence[Claim]) -> bool:
    """Whether a clear word of another class belongs to this figure and to no nearer one."""
    start, end = stretch_around(clauses(reading.text), claim.start)
    clause = reading.text[start:end]
    rivals = [c for c in others if start <= c.start < end and c.dimension == claim.dimension]
    for other in TIGHT - {group}:
        rule = table("roles.toml")[other]
        if claim.dimension not in rule["dimensions"] or (group, other) in _FRIENDS:
            continue
        for cue in _against(other, reading.language).finditer(clause):
            if other == "usual" and not 0 <= claim.start - start - cue.end() <= ADJACENT:
                continue
            if owner_of(reading.text, rivals, start + cue.start(), start + cue.end()) is claim:
                return True
    return False


_FRIENDS = {
    ("difference", "usual"), ("anniversary", "year"), ("ahead", "year"), ("total", "year"),
    ("since", "year"), ("since", "month"), (PLAIN, "year"), ("advice", "usual"), ("band", "usual"),
    ("advice", "week"), ("band", "year"), ("year", "total"), ("year", "ahead"), ("split", "climb"),
    ("split", "max"), ("max", "climb"), ("difference", "climb"), ("difference", "max"),
    ("split", "pauses"), ("streak", "week"), ("gap", "week"), ("advice", "max"),
    ("digest", "week"), ("digest", "month"), ("digest", "year"), ("digest", "total"),
    ("digest_climb", "week"), ("digest_climb", "month"), ("digest_climb", "year"),
    ("digest_climb", "climb"), ("digest_climb", "total"),
    ("plan", "week"), ("plan", "usual"), ("plan", "total"), ("plan", "max"), ("plan", "month"),
}  # fmt: skip
"""A figure of the first class is not contradicted by words of the second."""


ADJACENT = 10
"""Characters between "the usual" and its figure; further off it is a comparison."""
COMMA = 30
"""Characters that a comma or a conjunction between a word and a figure is worth."""


def owner_of(text: str, claims: Sequence[Claim], start: int, end: int) -> Claim | None:
    """The figure a word belongs to: the nearest one, commas counted as distance."""

    def gap(claim: Claim) -> int:
        between = text[end : claim.start] if claim.start >= end else text[claim.end : start]
        return len(between) + COMMA * len(_CLAUSE.findall(between))

    return min(claims, key=gap, default=None)
