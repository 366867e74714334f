"""A plan as a whole: its dates in their places, each week told once, paces from fast to slow.

Pure: no clock, no network, no database. The lists are under `plan_words` in the files of words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from runletters.grounding.claims import Claim
from runletters.grounding.dates import Day
from runletters.grounding.draft import Draft
from runletters.grounding.findings import Finding, reject
from runletters.grounding.period_rules import day_of
from runletters.grounding.plan_roles import starts_of, weeks_named
from runletters.grounding.truths import dates_of

_RANGE = re.compile(r"^\s*(?:-|to|and|bis|und)\s*$", re.IGNORECASE)


def check_plan(draft: Draft) -> Iterator[Finding]:
    """Dates, weeks, paces and words of direction of a plan."""
    if draft.kind != "plan" or not draft.has_word_lists:
        return
    yield from _dates(draft)
    yield from _told_twice(draft)
    yield from _repeated(draft)
    yield from _ranges(draft)
    yield from _directions(draft)


def _dates(draft: Draft) -> Iterator[Finding]:
    """The day of the race is said of the race, the beginning of a week of the week."""
    race = draft.sheet.fact("plan_race_day")
    race_days = dates_of(race, draft.sheet) if race else ()
    starts = [day for fact in draft.sheet.facts if fact.name.endswith("start")
              for day in dates_of(fact, draft.sheet)]  # fmt: skip
    for day in draft.days:
        said = _kind_of_day(draft, day)
        known = race_days if said == "race" else starts
        if said and day.day and not day_of(known, day):
            yield _reject(draft, (day.start, day.end), "date", f"a day of the {said}",
                          "is the date of something else")  # fmt: skip


def _kind_of_day(draft: Draft, day: Day) -> str | None:
    """Race or week, by the word nearest before the date."""
    text = draft.written
    start, _ = text.sentence(day.start)
    found = [
        (cue.start(), name)
        for name in ("race", "week")
        for cue in text.words("plan_words", name).finditer(text.reading.text, start, day.start)
    ]
    return max(found)[1] if found else None


def _repeated(draft: Draft) -> Iterator[Finding]:
    """14 km, 15 km and 16 km are of three weeks, so no two of them state the same figure."""
    seen: set[tuple[int, frozenset[str]]] = set()
    for claim in draft.claims:
        roles = frozenset(truth.role for truth in draft.proper(claim))
        said = (draft.written.sentence(claim.start)[0], roles)
        if claim.dimension == "length" and roles and said in seen:
            yield _reject(draft, (claim.start, claim.end), "role", "each figure once",
                          "is told twice in a sentence")  # fmt: skip
        seen.add(said)


def _totals(draft: Draft) -> Iterator[tuple[int, Claim]]:
    """Figures that are the distance of one week and nothing else, with the week."""
    starts = starts_of(draft.sheet)
    for claim in draft.claims:
        named = weeks_named(draft.written, claim, starts)
        roles = {truth.role for truth in draft.proper(claim)}
        if claim.dimension == "length" and named and len(named) == 1 and len(roles) == 1:
            (number,), (role,) = named, roles
            if role == f"plan_week_{number}":
                yield number, claim


def _told_twice(draft: Draft) -> Iterator[Finding]:
    """Of two alike weeks the second must not be told with the date of the first."""
    seen: dict[int, tuple[int, int]] = {}
    for number, claim in _totals(draft):
        sentence = draft.written.sentence(claim.start)
        if seen.setdefault(number, sentence) != sentence:
            yield _reject(draft, (claim.start, claim.end), "role", "each week once",
                          "is told of a week that was told before")  # fmt: skip


def _ranges(draft: Draft) -> Iterator[Finding]:
    """Of two paces in a row one is the fast end and the other the slow end of one kind."""
    paces = [claim for claim in draft.claims if claim.dimension == "pace"]
    for first, second in pairwise(paces):
        if not _RANGE.match(draft.reading.text[first.end : second.start]):
            continue
        ends = {t.role for t in draft.proper(first)}, {t.role for t in draft.proper(second)}
        if all(ends) and not any(_other_end(role) in ends[1] for role in ends[0]):
            yield _reject(draft, (second.start, second.end), "role", "the other end of the range",
                          "is not the other end of the range")  # fmt: skip


def _other_end(role: str) -> str:
    kind, _, end = role.rpartition("_")
    return f"{kind}_{'slow' if end == 'fast' else 'fast'}"


def _directions(draft: Draft) -> Iterator[Finding]:
    """Lighter and heavier, grows and drops, beside the week before."""
    text = draft.written
    for number, claim in _totals(draft):
        change = _against_the_week_before(draft, number)
        for name, sign in (("lighter", -1), ("heavier", 1)):
            for cue in text.words("plan_words", name).finditer(
                text.reading.text, *text.sentence(claim.start)
            ):
                if change * sign <= 0 and not _is_open(draft, cue.start()):
                    yield _reject(draft, cue.span(), "direction", _told(draft, number),
                                  "goes against the week before")  # fmt: skip


def _against_the_week_before(draft: Draft, number: int) -> float:
    before = draft.sheet.fact(f"plan_week_{number - 1}" if number > 1 else "plan_base")
    this = draft.sheet.fact(f"plan_week_{number}")
    if before is None or this is None or isinstance(before.value, str | bool):
        return 0.0
    return float(this.value) - float(before.value)


def _told(draft: Draft, number: int) -> str:
    names = (f"plan_week_{number - 1}" if number > 1 else "plan_base", f"plan_week_{number}")
    return " after ".join(f.text for n in reversed(names) if (f := draft.sheet.fact(n)))


def _is_open(draft: Draft, place: int) -> bool:
    said = draft.reading.text[max(0, place - 24) : place + 24]
    return bool(draft.written.words("direction", "open").search(said))


def _reject(draft: Draft, at: tuple[int, int], rule: str, expected: str, why: str) -> Finding:
    span = draft.reading.span(*at)
    return reject(rule, span, draft.text[slice(*span)], expected, why)
