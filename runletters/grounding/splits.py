"""Figures said of one split must be that split's figures.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from runletters.grounding.claims import Claim
from runletters.grounding.draft import Draft
from runletters.grounding.lexicon import words
from runletters.grounding.truths import Truth
from runletters.grounding.wordlist import WordList

REACH = 32
"""Characters between a split's number and its figure."""
_TIMED = frozenset({"pace", "clock", "duration", "bpm"})
_IN_THE = re.compile(
    r"^\s*(?:in|for|on|at|im|für|bei|auf)\s+(?:the\s+|dem\s+|der\s+|den\s+)?$", re.IGNORECASE
)
_BREAK = re.compile(r"[.!?;]\s")


@cache
def _last(language: str) -> WordList:
    return words(language, "last_split")


def contradicts_split(draft: Draft, claim: Claim, truths: Sequence[Truth]) -> bool:
    """Whether the figure stands beside a split's number and is not that split's."""
    if claim.dimension not in _TIMED or not draft.sheet.splits:
        return False
    indexes = _indexes(draft, claim)
    return bool(indexes) and not any(truth.split in indexes for truth in truths)


def _indexes(draft: Draft, claim: Claim) -> set[int]:
    """Numbers of the splits this figure is said of."""
    named = [(c.start, c.end, int(c.value)) for c in draft.claims if c.dimension == "index"]
    named += [
        (m.start(), m.end(), draft.sheet.splits[-1].index)
        for m in _last(draft.language).finditer(draft.reading.text)
    ]
    timed = [c for c in draft.claims if c.dimension in _TIMED]
    return {index for start, end, index in named if _bound(draft, timed, start, end) is claim}


def _bound(draft: Draft, timed: Sequence[Claim], start: int, end: int) -> Claim | None:
    """The figure that belongs to a split's number: the next one, else the one before."""
    text = draft.reading.text
    for claim in timed:
        if _IN_THE.match(text[claim.end : start]) and claim.end <= start:
            return claim
    for claim in timed:
        if 0 <= claim.start - end <= REACH and not _BREAK.search(text[end : claim.start]):
            return claim
    for claim in reversed(timed):
        if 0 <= start - claim.end <= REACH and not _BREAK.search(text[claim.end : start]):
            return claim
    return None
