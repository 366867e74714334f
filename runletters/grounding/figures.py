"""Every figure of a text against the sheet: value, unit, role.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runletters.grounding.advice import allows_amount, breaks_advice
from runletters.grounding.claims import Claim
from runletters.grounding.draft import Draft
from runletters.grounding.findings import Finding, reject
from runletters.grounding.rounding import comparable
from runletters.grounding.splits import contradicts_split
from runletters.grounding.truths import Truth

_ARTICLE_LIKE = 1.0
_FOOT_M = 0.3048


def check_figures(draft: Draft) -> Iterator[Finding]:
    """A finding for each figure that the sheet does not hold, or holds in another role."""
    for claim in draft.claims:
        if _says_nothing(claim):
            continue
        finding = _finding(draft, claim)
        if finding is not None:
            yield finding


def _says_nothing(claim: Claim) -> bool:
    """One as an article, a foot to stand on, and first as an adverb, count nothing."""
    if claim.is_spelled and claim.factor == _FOOT_M and claim.value <= 2 * _FOOT_M:
        return True
    if (
        claim.is_spelled
        and claim.dimension in {"number", "either"}
        and claim.value == _ARTICLE_LIKE
    ):
        return True
    return claim.is_spelled and claim.dimension == "ordinal" and claim.value <= 2


def _finding(draft: Draft, claim: Claim) -> Finding | None:
    if _other_system(draft, claim):
        return _reject(
            draft, claim, "unit", "the reader's own units", "is in the other system of units"
        )
    matching, proper = draft.agreeing[claim.start], draft.proper(claim)
    if proper:
        return _misplaced(draft, claim, proper)
    if allows_amount(draft, claim):
        return None
    if not matching:
        return _reject(draft, claim, "number", _nearest(draft, claim), "is not on the fact sheet")
    roles = "said of " + ", ".join(sorted({truth.role for truth in matching}))
    return _reject(draft, claim, "role", roles, "is on the fact sheet, but as something else")


def _misplaced(draft: Draft, claim: Claim, proper: Sequence[Truth]) -> Finding | None:
    """A true figure in the wrong place: another split's, or not the recommended one."""
    if breaks_advice(draft, claim, proper):
        expected = _nearest(draft, claim)
        return _reject(draft, claim, "advice", expected, "is not what the sheet recommends")
    if contradicts_split(draft, claim, proper):
        return _reject(draft, claim, "role", "the figure of that split", "belongs to another split")
    return None


def _other_system(draft: Draft, claim: Claim) -> bool:
    if claim.dimension == "pace" or (
        claim.dimension == "length" and claim.factor not in {1.0, 0.9144}
    ):
        start, end = draft.reading.span(claim.start, claim.end)
        if "marathon" in draft.text[start:end].lower():  # its name is the same everywhere
            return False
        return claim.is_imperial != (draft.sheet.units == "imperial") and claim.value > 0
    return False


def _reject(draft: Draft, claim: Claim, rule: str, expected: str, message: str) -> Finding:
    span = draft.reading.span(claim.start, claim.end)
    return reject(rule, span, draft.text[slice(*span)], expected, message)


def _nearest(draft: Draft, claim: Claim) -> str:
    """What the sheet holds in this dimension, nearest first, for the repair."""
    told: dict[str, float] = {}
    for truth in draft.truths.like(claim):
        value = comparable(claim, truth, draft.truths.unit_m)
        if value is not None:
            distance = abs(value - truth.value) / max(abs(truth.value), 1e-9)
            told[truth.role] = min(distance, told.get(truth.role, distance))
    names = sorted(told, key=lambda role: told[role])[:3]
    facts = {fact.name: fact.text for fact in draft.sheet.facts}
    return "; ".join(f"{name}: {facts[name]}" if name in facts else name for name in names) or (
        "no figure of this kind"
    )
