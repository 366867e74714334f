"""Which fact of a plan a figure states: of which week, of which run, at which kind of pace.

Pure: no clock, no network, no database. Weeks are alike, so a figure is held against the week
whose date is named before it, and a date against what its sentence says begins on it. The lists
are under `plan_words` in the files of words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

from runletters.facts import FactSheet
from runletters.grounding.claims import Claim
from runletters.grounding.dates import Day
from runletters.grounding.surroundings import Written
from runletters.grounding.truths import Truth

KINDS = ("easy", "tempo", "intervals")
_WEEK = re.compile(r"^plan_week_(\d+)(_longest)?$")
BEHIND = 28
"""Characters behind a figure in which a word can still be about it."""
_LEADING_ZERO = re.compile(r"0\d")


def plan_truths(
    text: Written, claim: Claim, candidates: Sequence[Truth], sheet: FactSheet
) -> list[Truth]:
    """Those of the agreeing truths that the words around the figure are about."""
    if _LEADING_ZERO.match(text.reading.text[claim.start : claim.end]) and claim.dimension in {
        "length", "number", "runs",
    }:  # fmt: skip
        return []
    if claim.dimension == "pace":
        kind = text.nearest(claim, "plan_words", KINDS)
        return [t for t in candidates if kind is None or t.role.startswith(f"plan_{kind}_pace")]
    if claim.dimension == "duration":
        return [
            t for t in candidates if not t.role.endswith("_part") or t.role == _part_of(text, claim)
        ]
    if claim.dimension not in {"length", "runs"}:
        return list(candidates)
    named = weeks_named(text, claim, starts_of(sheet))
    said = _said(text, claim)
    return [
        t
        for t in candidates
        if _is_of(t, claim, said, named) and _builds_there(text, t, claim, sheet)
    ]


def _part_of(text: Written, claim: Claim) -> str:
    """The fast part a time is of: that of the hard day named last before it."""
    before = text.reading.text[: claim.start].lower()
    is_intervals = before.rfind("interval") > before.rfind("tempo")
    return "plan_intervals_part" if is_intervals else "plan_tempo_part"


def _is_of(truth: Truth, claim: Claim, said: frozenset[str], named: frozenset[int] | None) -> bool:
    week = _WEEK.match(truth.role)
    if week is None:
        return claim.dimension == "length" and truth.role in said
    if claim.dimension == "length" and ("longest" if week[2] else "total") not in said:
        return False
    return named is None or int(week[1]) in named


def _said(text: Written, claim: Claim) -> frozenset[str]:
    """What the words beside a length make it: a week's total, its longest run, base or race."""
    found = _before(text, claim) | _behind(text, claim)
    if found or claim.dimension == "runs":
        return found or frozenset({"total"})
    start, _ = text.sentence(claim.start)
    lengths = [c for c in text.claims if c.dimension == "length" and start <= c.start < claim.start]
    return frozenset({"total"}).union(*(_before(text, each) for each in lengths))


_ROLES = {"longest": "longest", "race": "plan_race", "base": "plan_base"}
"""What a word says a length is the length of."""


def _before(text: Written, claim: Claim) -> frozenset[str]:
    said = text.before(claim)
    return frozenset(
        role for name, role in _ROLES.items() if text.words("plan_words", name).search(said)
    )


def _behind(text: Written, claim: Claim) -> frozenset[str]:
    """Words behind a figure, where they are nearer to it than to the next."""
    said = text.after(claim)
    _, end = text.sentence(claim.start)
    room = len(said) if claim.end + len(said) < end else 2 * len(said)
    return frozenset(
        role
        for name, role in _ROLES.items()
        for cue in text.words("plan_words", name).finditer(said[:BEHIND])
        if cue.start() < room - cue.end()
    )


def _builds_there(text: Written, truth: Truth, claim: Claim, sheet: FactSheet) -> bool:
    """What a plan builds on is said of its first day, and a race of its own."""
    if truth.role not in {"plan_base", "plan_race"}:
        return True
    start, end = text.sentence(claim.start)
    fact = sheet.fact("plan_start" if truth.role == "plan_base" else "plan_race_day")
    days = [day for day in text.days if start <= day.start < end and day.day]
    return not days or fact is None or any(_is(day, str(fact.value)) for day in days)


def _is(day: Day, iso: str) -> bool:
    known = date.fromisoformat(iso[:10])
    said = (day.year or known.year, day.month or known.month, day.day or known.day)
    return said == (known.year, known.month, known.day)


@lru_cache(maxsize=256)
def _starts(facts: tuple[tuple[str, str], ...]) -> Mapping[int, str]:
    return {int(name.split("_")[2]): iso for name, iso in facts}


def starts_of(sheet: FactSheet) -> Mapping[int, str]:
    """The first day of each week of the plan, by its number."""
    found = re.compile(r"^plan_week_\d+_start$")
    return _starts(tuple((f.name, str(f.value)) for f in sheet.facts if found.match(f.name)))


def weeks_named(text: Written, claim: Claim, starts: Mapping[int, str]) -> frozenset[int] | None:
    """The weeks a figure can be of by the dates before it; None where no date says it."""
    start, end = text.sentence(claim.start)
    inside = [day for day in text.days if start <= day.start < end]
    dates = [day for day in inside if day.start < claim.start] or inside
    numbers = _numbers(dates, text, starts)
    if numbers:
        return numbers
    if len([c for c in text.claims if c.dimension == "length" and start <= c.start < end]) > 1:
        return None  # the longest runs are 14 km, 15 km and 16 km
    before = [day for day in text.days if day.start < start]
    return _numbers(before[-1:], text, starts) or None


def _numbers(days: Sequence[Day], text: Written, starts: Mapping[int, str]) -> frozenset[int]:
    """The weeks of the last dates in a row with no figure between them."""
    last: list[Day] = []
    for day in days:
        if last and any(last[-1].end <= each.start < day.start for each in text.claims):
            last = []
        last.append(day)
    return frozenset(
        n for n, iso in starts.items() if any(_is(day, iso) for day in last if day.day)
    )
