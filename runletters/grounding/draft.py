"""A text beside its fact sheet, read once for all rules.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runletters.content import Kind
from runletters.facts import FactSheet
from runletters.grounding.claims import Claim
from runletters.grounding.dates import Day
from runletters.grounding.joining import claims_of
from runletters.grounding.lexicon import FULL, base_language, words
from runletters.grounding.period_roles import period_truths
from runletters.grounding.plan_roles import plan_truths
from runletters.grounding.reading import Reading, plain
from runletters.grounding.roles import proper_truths, sentences, stretch_around
from runletters.grounding.rounding import agrees
from runletters.grounding.surroundings import Written, written
from runletters.grounding.truths import Truth, Truths, truths_of
from runletters.grounding.wordlist import WordList

OPENING = 24
"""Characters in which an imperative at the head of a sentence is looked for."""


@dataclass(frozen=True)
class Draft:
    """What every rule looks at."""

    text: str
    plain: str  # the text with plain quotes, dashes and digits, same length
    sheet: FactSheet
    kind: Kind
    language: str
    recent: Sequence[str]
    reading: Reading
    claims: Sequence[Claim]
    days: Sequence[Day]
    written: Written  # the same, with what stands around a figure
    truths: Truths
    bounds: Sequence[tuple[int, int]]  # sentences of the plain text
    agreeing: Mapping[int, Sequence[Truth]]  # truths that a claim rounds, by the claim's place
    stated: Mapping[int, Sequence[Truth]]  # those of them whose role the words allow
    advice: Sequence[tuple[int, int]]  # sentences of the plain text that recommend something

    @property
    def has_word_lists(self) -> bool:
        """Whether the language's words can be checked."""
        return self.language in FULL

    def sentence(self, place: int) -> str:
        """The sentence of the plain text around a place."""
        start, end = stretch_around(self.bounds, place)
        return self.plain[start:end]

    def proper(self, claim: Claim) -> Sequence[Truth]:
        """The truths a claim states, value and role."""
        return self.stated[claim.start]

    def is_advice(self, place: int) -> bool:
        """Whether the sentence at this place of the plain text recommends something."""
        return any(start <= place < end for start, end in self.advice)

    def found(self, pattern: re.Pattern[str] | WordList) -> list[tuple[tuple[int, int], str]]:
        """Every place where a pattern stands, with what stands there."""
        return [
            ((m.start(), m.end()), self.text[m.start() : m.end()])
            for m in pattern.finditer(self.plain)
        ]


def _agreeing(claim: Claim, truths: Truths) -> list[Truth]:
    return [truth for truth in truths.like(claim) if agrees(claim, truth, truths.unit_m)]


def _stated(
    reading: Reading, claims: Sequence[Claim], agreeing: Mapping[int, Sequence[Truth]]
) -> dict[int, list[Truth]]:
    groups = {place: frozenset(t.group for t in truths) for place, truths in agreeing.items()}
    return {c.start: proper_truths(reading, c, agreeing[c.start], claims, groups) for c in claims}


def _in_their_roles(
    kind: Kind, text: Written, stated: Mapping[int, Sequence[Truth]], sheet: FactSheet
) -> Mapping[int, Sequence[Truth]]:
    """In a digest and a plan a figure is held against the one role its words give it."""
    if text.reading.language not in FULL or kind not in {"digest", "plan"}:
        return stated
    if kind == "digest":
        return {c.start: period_truths(text, c, stated[c.start]) for c in text.claims}
    return {c.start: plan_truths(text, c, stated[c.start], sheet) for c in text.claims}


def _advice(text: str, language: str) -> list[tuple[int, int]]:
    cues, openings = words(language, "advice", "cues"), words(language, "advice", "openings")
    return [
        (start, end)
        for start, end in sentences(text)
        if cues.search(text, start, end) or openings.match(text[start:end].lstrip()[:OPENING])
    ]


def draft_of(text: str, sheet: FactSheet, kind: Kind, recent: Sequence[str]) -> Draft:
    """The text, read."""
    reading, claims, days = claims_of(text, sheet.language, sheet.units)
    same = plain(text)
    truths, language = truths_of(sheet), base_language(sheet.language)
    agreeing = {c.start: _agreeing(c, truths) for c in claims}
    stated = _stated(reading, claims, agreeing)
    surroundings = written(reading, claims, days)
    stated = _in_their_roles(kind, surroundings, stated, sheet)
    return Draft(
        text=text, plain=same, sheet=sheet, kind=kind, language=language,
        recent=recent, reading=reading, claims=claims, days=days, written=surroundings,
        truths=truths, bounds=sentences(same), agreeing=agreeing, stated=stated,
        advice=_advice(same, language),
    )  # fmt: skip
