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
from runletters.grounding.reading import Reading, plain
from runletters.grounding.roles import proper_truths, sentences, stretch_around
from runletters.grounding.rounding import agrees
from runletters.grounding.truths import Truth, Truths, truths_of
from runletters.grounding.wordlist import WordList


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
    truths: Truths
    bounds: Sequence[tuple[int, int]]  # sentences of the plain text
    agreeing: Mapping[int, Sequence[Truth]]  # truths that a claim rounds, by the claim's place

    @property
    def has_word_lists(self) -> bool:
        """Whether the language's words can be checked."""
        return self.language in FULL

    def sentence(self, place: int) -> str:
        """The sentence of the plain text around a place."""
        start, end = stretch_around(self.bounds, place)
        return self.plain[start:end]

    def proper(self, claim: Claim) -> list[Truth]:
        """The truths a claim states, value and role."""
        candidates = self.agreeing[claim.start]
        groups = {c.start: frozenset(t.group for t in self.agreeing[c.start]) for c in self.claims}
        return proper_truths(self.reading, claim, candidates, self.claims, groups)

    def is_advice(self, place: int) -> bool:
        """Whether the sentence at this place of the plain text recommends something."""
        return bool(words(self.language, "advice", "cues").search(self.sentence(place))) or bool(
            words(self.language, "advice", "openings").match(self.sentence(place).lstrip())
        )

    def found(self, pattern: re.Pattern[str] | WordList) -> list[tuple[tuple[int, int], str]]:
        """Every place where a pattern stands, with what stands there."""
        return [
            ((m.start(), m.end()), self.text[m.start() : m.end()])
            for m in pattern.finditer(self.plain)
        ]


def _agreeing(claim: Claim, truths: Truths) -> list[Truth]:
    return [truth for truth in truths.like(claim) if agrees(claim, truth, truths.unit_m)]


def draft_of(text: str, sheet: FactSheet, kind: Kind, recent: Sequence[str]) -> Draft:
    """The text, read."""
    reading, claims, days = claims_of(text, sheet.language, sheet.units)
    same = plain(text)
    truths = truths_of(sheet)
    return Draft(
        text=text, plain=same, sheet=sheet, kind=kind, language=base_language(sheet.language),
        recent=recent, reading=reading, claims=claims, days=days, truths=truths,
        bounds=sentences(same), agreeing={c.start: _agreeing(c, truths) for c in claims},
    )  # fmt: skip
