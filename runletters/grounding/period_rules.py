"""A digest's words of direction and its dates: more, less, up, down, since when.

Pure: no clock, no network, no database. The lists are under `period` in the files of words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from runletters.facts import Fact
from runletters.grounding.claims import Claim
from runletters.grounding.dates import Day
from runletters.grounding.draft import Draft
from runletters.grounding.findings import Finding, reject
from runletters.grounding.period_roles import family
from runletters.grounding.roles import owner_of
from runletters.grounding.truths import dates_of

_SUBJECTS = {
    "told_up": ("digest_distance_change", 1),
    "told_down": ("digest_distance_change", -1),
    "fitness_up": ("digest_fitness_change", 1),
    "fitness_down": ("digest_fitness_change", -1),
    "fitness_same": ("digest_fitness_change", 0),
}
"""Words about a subject without a figure: the fact, and the sign they state."""
_TIED = re.compile("_since$|^anniversary")
"""Facts whose date is said with since, ended on, ago."""


def check_changes(draft: Draft) -> Iterator[Finding]:
    """More or less beside a change, and rose or fell without one, agree with its sign."""
    if draft.kind != "digest" or not draft.has_word_lists:
        return
    changes = [c for c in draft.claims if _change(draft, c)]
    for claim in changes:
        yield from _beside(draft, claim, changes)
    for name, (role, sign) in _SUBJECTS.items():
        yield from _without_figure(draft, name, role, sign)


def _change(draft: Draft, claim: Claim) -> Fact | None:
    """The fact of a change that the figure states."""
    named = (t.role for t in draft.proper(claim) if family(t.role) in {"change", "fitness_change"})
    return next((fact for role in named if (fact := draft.sheet.fact(role))), None)


def _beside(draft: Draft, claim: Claim, changes: Sequence[Claim]) -> Iterator[Finding]:
    fact, text = _change(draft, claim), draft.written
    if fact is None or isinstance(fact.value, str):
        return
    start, end = text.sentence(claim.start)
    near = [each for each in changes if start <= each.start < end]
    for name, sign in (("up", 1), ("down", -1)):
        for cue in text.words("period", name).finditer(text.reading.text, start, end):
            if owner_of(text.reading.text, near, cue.start(), cue.end()) is not claim:
                continue
            if fact.value * sign <= 0 and not _is_open(draft, cue.start()):
                yield _against(draft, cue.start(), cue.end(), fact)


def _without_figure(draft: Draft, name: str, role: str, sign: int) -> Iterator[Finding]:
    fact, text = draft.sheet.fact(role), draft.written
    value = 0.0 if fact is None or isinstance(fact.value, str) else float(fact.value)
    if fact is not None and _sign(value) == sign:
        return
    if sign == 0 and fact is None:
        return
    for cue in text.words("period", name).finditer(text.reading.text):
        if not _is_open(draft, cue.start()):
            yield _against(draft, cue.start(), cue.end(), fact)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _is_open(draft: Draft, place: int) -> bool:
    """Whether the words only suppose or deny."""
    start, end = draft.written.sentence(place)
    said = draft.reading.text[max(start, place - 24) : min(end, place + 24)]
    return bool(draft.written.words("direction", "open").search(said))


def _against(draft: Draft, start: int, end: int, fact: Fact | None) -> Finding:
    span = draft.reading.span(start, end)
    expected = _signed(fact) if fact else "no word of a change"
    return reject(
        "direction", span, draft.text[slice(*span)], expected, "goes against the sign of the fact"
    )


def _signed(fact: Fact) -> str:
    value = 0.0 if isinstance(fact.value, str) else float(fact.value)
    return f"{fact.name}: {'+' if value > 0 else '-' if value < 0 else ''}{fact.text.lstrip('+-−')}"


def check_since(draft: Draft) -> Iterator[Finding]:
    """A date behind since is one that something goes back to; any other is of the period."""
    if draft.kind != "digest" or not draft.has_word_lists:
        return
    for day in draft.days:
        facts = _facts_dated(draft, day)
        if not facts or (day.month is None and _is_since(draft, day)):
            continue
        if not any(_is_tied(draft, day, fact) for fact in facts):
            span = draft.reading.span(day.start, day.end)
            roles = "said of " + ", ".join(sorted(fact.name for fact in facts))
            yield reject(
                "date", span, draft.text[slice(*span)], roles, "is the date of something else"
            )


def _facts_dated(draft: Draft, day: Day) -> list[Fact]:
    """The facts that hold this date."""
    return [fact for fact in draft.sheet.facts if day_of(dates_of(fact, draft.sheet), day)]


def day_of(known: Sequence[Day], said: Day) -> bool:
    """Whether what is said of a date is what one of these is."""
    return any(
        all(a in {None, b} for a, b in ((said.year, true.year), (said.month, true.month),
                                        (said.day, true.day)))
        for true in known
    )  # fmt: skip


def _is_tied(draft: Draft, day: Day, fact: Fact) -> bool:
    if not _is_since(draft, day):
        return not _TIED.search(fact.name)
    of_a_run = not draft.written.says(day.start, "period", "span")
    return bool(_TIED.search(fact.name)) and (fact.name == "biggest_since" or of_a_run)


def _is_since(draft: Draft, day: Day) -> bool:
    """Whether a word like since stands before the date, behind any date before it."""
    text = draft.written
    start, _ = text.sentence(day.start)
    ends = [each.end for each in text.days if start <= each.end <= day.start]
    said = text.words("period", "since")
    return bool(said.search(text.reading.text, max(ends, default=start), day.start))
