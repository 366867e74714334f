"""Recommendations: amounts inside stated limits, no hard day when rest is due.

Pure: no clock, no network, no database. The limits are in limits.toml.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from runletters.grounding.claims import Claim
from runletters.grounding.draft import Draft
from runletters.grounding.findings import Finding, reject
from runletters.grounding.lexicon import table, words
from runletters.grounding.roles import stretch_around
from runletters.grounding.truths import PLAIN, Truth

NOTHING = (1.0, 0.0)
_ADVISED = {"length": "advice_easy_distance", "pace": "advice_easy_pace"}


def _limit(name: str) -> float:
    return float(table("limits.toml")["advice"][name])


def allows_amount(draft: Draft, claim: Claim) -> bool:
    """Whether the figure is an amount that a recommendation may name on its own."""
    if draft.kind in {"plan", "digest"}:  # their every figure is one of their facts
        return False
    if not draft.is_advice(draft.reading.span(claim.start, claim.end)[0]):
        return False
    low, high = _range(draft, claim.dimension)
    return low <= claim.value <= high and claim.value > 0


def _range(draft: Draft, dimension: str) -> tuple[float, float]:
    """What a recommendation may name in this dimension, in base units; empty: nothing."""
    if draft.sheet.has(_ADVISED.get(dimension, "")):
        return NOTHING
    ranges = {
        "duration": (0.0, _longest_s(draft)),
        "length": (0.0, _furthest_m(draft)),
        "pace": (_own(draft, "pace", math.inf), math.inf),
        "days": (_own(draft, "advice_rest", 1.0), _limit("days_at_most")),
        "runs": (0.0, _limit("count_at_most")),
        "number": (0.0, _limit("count_at_most")),
        "percent": (0.0, _limit("percent_at_most")),
        "zone": (0.0, _limit("zone_at_most")),
    }
    return ranges.get(dimension, NOTHING)


def breaks_advice(draft: Draft, claim: Claim, truths: Sequence[Truth]) -> bool:
    """Whether a recommendation names a true figure that is not the recommended one."""
    fact = _ADVISED.get(claim.dimension)
    place = draft.reading.span(claim.start, claim.end)[0]
    if fact is None or not draft.sheet.has(fact) or not draft.is_advice(place):
        return False
    if any(t.role.startswith("advice_") or t.group not in {PLAIN, "usual"} for t in truths):
        return False
    start, _ = stretch_around(draft.bounds, place)
    said = draft.plain[start:place]
    return bool(words(draft.language, "advice", "cues").search(said))


def _own(draft: Draft, role: str, otherwise: float) -> float:
    values = [t.value for t in draft.truths.figures if t.role == role and not t.is_shown]
    return values[0] if values else otherwise


def _longest_s(draft: Draft) -> float:
    if draft.sheet.tone == "hardship":
        return _limit("minutes_after_hardship") * 60
    own = _own(draft, "moving_time", 0.0) * _limit("distance_growth")
    return min(max(_limit("minutes") * 60, own), _limit("minutes_at_most") * 60)


def _furthest_m(draft: Draft) -> float:
    own = max(_own(draft, "distance", 0.0), _own(draft, "usual_distance", 0.0))
    grown = own * (1.0 if draft.sheet.tone == "hardship" else _limit("distance_growth"))
    return min(grown, _own(draft, "advice_week_ceiling", grown))


def check_advice(draft: Draft) -> Iterator[Finding]:
    """No hard session is recommended after hardship, a long break, or when rest is due."""
    due = draft.sheet.tone in {"hardship", "return"} or draft.sheet.has("advice_rest")
    for span, found in draft.found(words(draft.language, "advice", "hard")):
        if due and draft.is_advice(span[0]) and not _is_negated(draft, span[0]):
            yield reject(
                "advice",
                span,
                found,
                "rest or easy running",
                "recommends hard work when rest is due",
            )
    for span, found in draft.found(words(draft.language, "advice", "unsafe")):
        if not _is_negated(draft, span[0]):
            yield reject("advice", span, found, "safe advice", "is no safe recommendation")


def _is_negated(draft: Draft, place: int) -> bool:
    before = draft.plain[max(0, place - 40) : place]
    return bool(words(draft.language, "negations").search(before))
