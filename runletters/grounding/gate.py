"""All rules, in the order in which their findings are most useful to a repair.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from runletters.content import Kind
from runletters.facts import FactSheet
from runletters.grounding.advice import check_advice
from runletters.grounding.draft import Draft, draft_of
from runletters.grounding.figures import check_figures
from runletters.grounding.findings import Finding

Rule = Callable[[Draft], Iterator[Finding]]

RULES: tuple[Rule, ...] = (check_figures, check_advice)


def check(
    text: str,
    sheet: FactSheet,
    *,
    kind: Kind,
    recent: Sequence[str] = (),
    structured: dict[str, Any] | None = None,
) -> tuple[Finding, ...]:
    """What is wrong with a text, or worth a remark.

    Args:
        text: The letter, or the prose of an insight.
        sheet: The facts it was written from; nothing else counts as true.
        kind: letter or coaching; decides length and person.
        recent: The runner's latest texts of this kind, newest first; 20 are looked at.
        structured: The insight's fields, where there are any.

    Returns:
        Findings in the order of the rules; an empty tuple for a faultless text.
    """
    draft = draft_of(text, sheet, kind, recent)
    return tuple(finding for rule in RULES for finding in rule(draft))
