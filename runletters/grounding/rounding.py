"""Whether a written figure is a stated rounding of a measured one; the table is rounding.toml.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import math
from functools import cache

from runletters.grounding.claims import Claim
from runletters.grounding.lexicon import table
from runletters.grounding.truths import Truth

WHOLE_HOURS_S = 360.0
"""Durations in hours or tenths of an hour ("an hour and a half") …"""
HOURS_WITHIN_S = 180.0
"""… may lie three minutes off."""

FEW = 20
"""Below so many, "42 km over five runs" spreads something; it is no bound."""

_BARE = {"number", "runs", "splits"}
_COUNTED = {
    "either", "runs", "number", "ordinal", "index", "zone", "splits", "ctl", "atl", "tsb",
}  # fmt: skip
_SMALL_DIFFERENCE_S = 121.0


@cache
def _rule(dimension: str) -> dict[str, float]:
    rules = table("rounding.toml")
    return rules.get(dimension) or rules["count"]


def comparable(claim: Claim, truth: Truth, unit_m: float) -> float | None:
    """The claim's value in the truth's base unit; None where they are different things."""
    said, true = claim.dimension, truth.dimension
    if said in {true, "either"} or {said, true} <= _BARE:
        return claim.value
    if said == "clock" and true in {"pace", "duration", "time"}:
        return claim.value / unit_m if true == "pace" else claim.value
    if said == "number" and (true == "load" or (true == "days" and truth.role == "streak")):
        return claim.value
    return _difference(claim, truth, unit_m)


def _difference(claim: Claim, truth: Truth, unit_m: float) -> float | None:
    """A change of pace is often said in bare seconds, a change of time never per km."""
    small = claim.dimension == "duration" and claim.value < _SMALL_DIFFERENCE_S
    if small and truth.dimension == "pace" and truth.group == "difference":
        return claim.value / unit_m
    return None


def agrees(claim: Claim, truth: Truth, unit_m: float) -> bool:
    """Whether the claim is the truth, rounded by the stated rules."""
    value = comparable(claim, truth, unit_m)
    if value is None:
        return False
    scale = 1 / unit_m if truth.dimension == "pace" and claim.dimension != "pace" else 1.0
    step = claim.step * scale
    few = claim.dimension == "runs" and claim.hedge == "over" and claim.value < FEW
    if claim.dimension in _COUNTED and (few or not claim.hedge):
        return value == truth.value
    return _hedged(claim, value, truth.value, step) or _is_rounding(claim, value, truth, step)


def _is_rounding(claim: Claim, value: float, truth: Truth, step: float) -> bool:
    """A figure shown as rounded is rounded again only where the result is certain."""
    if not truth.step or truth.dimension not in {"length", "duration"} or step <= truth.step:
        return _is_rounded(claim, value, truth.value, step)
    ends = (truth.value - truth.step / 2, truth.value + truth.step * 0.499)
    return all(_is_rounded(claim, value, end, step) for end in ends)


def _is_rounded(claim: Claim, value: float, true: float, step: float) -> bool:
    if claim.dimension == "duration" and step >= WHOLE_HOURS_S:
        return abs(value - true) <= HOURS_WITHIN_S
    if claim.dimension == "days" and claim.factor > 1 and value != true:
        return claim.hedge != "" and abs(value - true) <= claim.factor / 2
    if claim.factor > 1 and claim.dimension == "length" and true < step:
        return False  # nobody measured 120 m when the text says 0 km
    dimension = "pace" if step < 0.01 and claim.dimension != "length" else claim.dimension
    coarsest = _rule("length" if dimension == "length" else dimension)["coarsest"]
    if claim.dimension == "length" and claim.is_imperial:
        coarsest *= 1.609344
    if step > coarsest * 1.0001:
        return value == true
    return round(_half_up(true / step)) == round(value / step)


def _half_up(value: float) -> int:
    return math.floor(value + 0.5 + 1e-9)


def _hedged(claim: Claim, value: float, true: float, step: float) -> bool:
    rule = _rule(claim.dimension)
    if claim.hedge == "about":
        scale = step / claim.step
        return abs(value - true) <= max(rule["about"] * true, rule["about_least"] * scale) + 1e-9
    room = max(step, rule["beyond"] * value)
    if claim.hedge == "over":
        return value < true <= value + room
    if claim.hedge == "under":
        return value - room <= true < value
    return False
