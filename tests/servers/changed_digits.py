"""A text with one digit changed, at every place, and what the truth gate makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runletters.content import Kind
from runletters.facts import FactSheet
from runletters.grounding import check
from runletters.grounding.draft import draft_of


def changed_digits(text: str) -> Iterator[tuple[str, int]]:
    """Every text that differs by one digit, with the place."""
    for found in re.finditer(r"\d", text):
        place = found.start()
        for digit in "0123456789":
            if digit != found.group():
                yield text[:place] + digit + text[place + 1 :], place


def is_rejected(text: str, sheet: FactSheet, kind: Kind) -> bool:
    """Whether the gate rejects it."""
    return any(f.severity == "reject" for f in check(text, sheet, kind=kind))


def is_true_there(text: str, place: int, sheet: FactSheet, kind: Kind) -> bool:
    """Whether the figure at that place is one of the sheet's that the words around it allow."""
    draft = draft_of(text, sheet, kind, ())
    spans = [(claim, draft.reading.span(claim.start, claim.end)) for claim in draft.claims]
    return any(start <= place < end and draft.proper(claim) for claim, (start, end) in spans)
