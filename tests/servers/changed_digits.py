"""A text with one digit changed, at every place, and what the truth gate makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runletters.content import Kind
from runletters.facts import FactSheet
from runletters.grounding import check


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
