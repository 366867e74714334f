"""Which fact of a digest a figure states, by the words around it: one role and no other.

Pure: no clock, no network, no database. A digest holds many figures of one dimension (this
week's distance, the usual one, the longest run), so a true figure in another's place is a lie.
The lists are under `period` in the files of words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from runletters.grounding.claims import Claim
from runletters.grounding.surroundings import Written
from runletters.grounding.truths import Truth
from runletters.grounding.wordlist import WordList

NEAR, FAR = 26, 40
"""Characters between a figure and "usual" behind it, or before it: in the mean of the 3 months
before it was 150 km. Further off it is said of something else."""
CAVEATS = ("without_heart_rate", "doubtful", "left_out")
_COMPARED = frozenset({"length", "duration", "runs", "number", "days", "speed", "pace", "clock"})
_LEADING_ZERO = re.compile(r"0\d")
_RANGE = re.compile(r"^\s*(?:-|to|and|bis|und)\s*$", re.IGNORECASE)
_STRIP = re.compile(r"^(?:digest|usual)_|_change$")


def period_truths(text: Written, claim: Claim, candidates: Sequence[Truth]) -> list[Truth]:
    """Those of the agreeing truths that the words around the figure are about."""
    if not candidates or _is_malformed(text, claim):
        return []
    return [truth for truth in candidates if _is_said(text, claim, truth)]


def family(role: str) -> str:
    """What kind of figure a fact of a digest holds."""
    if role.startswith("usual_"):
        return "usual"
    if role.startswith("biggest_"):
        return "biggest"
    if role.startswith("advised_"):
        return "advised"
    if role.startswith("caveat"):
        return "caveat"
    if not role.startswith("digest_"):
        return "best"
    name = role.removeprefix("digest_")
    return name if name in _OWN else "change" if name.endswith("_change") else "total"


_OWN = frozenset({"fitness", "fitness_change", "form", "load", "length", "days_run"})


def _is_malformed(text: Written, claim: Claim) -> bool:
    """07 km is no way to write a distance."""
    written = text.reading.text[claim.start : claim.end]
    return claim.dimension in {"length", "number", "runs", "percent", "days"} and bool(
        _LEADING_ZERO.match(written)
    )


def _is_said(text: Written, claim: Claim, truth: Truth) -> bool:
    if claim.dimension == "days" and claim.factor > 1:
        return _counts_periods(text, claim, truth)
    return _SAYS[family(truth.role)](text, claim, truth)


def _counts_periods(text: Written, claim: Claim, truth: Truth) -> bool:
    """Weeks are weeks as shown, of a mean or of none was bigger; one as a word is an article."""
    if claim.is_spelled and claim.value == claim.factor:
        return True
    is_shown = truth.is_shown and truth.step == claim.step
    of_none = text.says(claim.start, "period", "none")
    return is_shown and of_none == (family(truth.role) == "biggest")


def _total(text: Written, claim: Claim, truth: Truth) -> bool:
    if is_usual(text, claim) or _is_of_a_caveat(text, claim) or _is_of_the_best(text, claim):
        return False
    if truth.dimension == "length":
        return _climbs(text, claim) == (truth.role == "digest_elevation_gain")
    if truth.dimension == "runs" and claim.dimension == "number":
        return _subject(text, claim) is None and text.says(claim.start, "period", "runs")
    return True


def _usual(text: Written, claim: Claim, truth: Truth) -> bool:
    if not is_usual(text, claim):
        return False
    if truth.dimension == "load":
        return _subject(text, claim) == "load"
    if truth.role == "usual_elevation_gain":
        return text.says(claim.start, "period", "climb")
    return not (truth.dimension == "length" and _climbs(text, claim))


def _change(text: Written, claim: Claim, truth: Truth) -> bool:
    subject = text.nearest(claim, "period", ("distance", "time", "climb", "load"))
    name = _STRIP.sub("", _STRIP.sub("", truth.role))
    expected = {"moving_time": "time", "elevation_gain": "climb"}.get(name, name)
    return subject == expected or (subject is None and expected == "distance")


def _fitness_change(text: Written, claim: Claim, _truth: Truth) -> bool:
    return _is_a_change(text, claim) and _subject(text, claim) in {"fitness", None}


def _level(name: str) -> Callable[[Written, Claim, Truth], bool]:
    def says(text: Written, claim: Claim, _truth: Truth) -> bool:
        return _subject(text, claim) == name and not _is_a_change(text, claim)

    return says


def _load(text: Written, claim: Claim, _truth: Truth) -> bool:
    return _subject(text, claim) == "load" and not is_usual(text, claim)


def _days_run(text: Written, claim: Claim, _truth: Truth) -> bool:
    return claim.dimension == "days" and _are_days_with_a_run(text, claim)


def _length(text: Written, claim: Claim, _truth: Truth) -> bool:
    return claim.dimension == "days" and not _are_days_with_a_run(text, claim)


def _best(text: Written, claim: Claim, truth: Truth) -> bool:
    if truth.group == "band" and not _is_in_a_range(text, claim):
        return False
    return text.says(claim.start, "period", "one_run") and not is_usual(text, claim)


def _is_in_a_range(text: Written, claim: Claim) -> bool:
    """Runs of 9.5 to 10.5 km: the ends of a class of runs are told together."""
    lengths = [each for each in text.claims if each.dimension == "length"]
    return any(
        claim in pair and _RANGE.match(text.reading.text[pair[0].end : pair[1].start])
        for pair in pairwise(lengths)
    )


def _advised(text: Written, claim: Claim, _truth: Truth) -> bool:
    return text.says(claim.start, "period", "advised")


def _biggest(text: Written, claim: Claim, _truth: Truth) -> bool:
    return text.says(claim.start, "period", "earlier")


def _caveat(text: Written, claim: Claim, truth: Truth) -> bool:
    """Of two caveats each has its own count: the role of such a figure is the caveat's text."""
    return any(
        text.words("period", name).search(truth.role) and _is_of(text, claim, name)
        for name in CAVEATS
    )


_SAYS: Mapping[str, Callable[[Written, Claim, Truth], bool]] = {
    "total": _total, "usual": _usual, "change": _change, "fitness_change": _fitness_change,
    "fitness": _level("fitness"), "form": _level("form"), "load": _load, "length": _length,
    "days_run": _days_run, "best": _best, "advised": _advised, "biggest": _biggest,
    "caveat": _caveat,
}  # fmt: skip


def is_usual(text: Written, claim: Claim) -> bool:
    """Whether the text calls this figure the usual one, as in 30 km is usual."""
    start, end = text.sentence(claim.start)
    near = [c for c in text.claims if start <= c.start < end and _can_be_usual(c)]
    cues, behind = (
        text.words("period", name).finditer(text.reading.text, start, end)
        for name in ("usual", "usual_behind")
    )
    return any(_usual_one(text, near, *cue.span()) is claim for cue in cues) or any(
        _usual_behind(text, near, cue.end()) is claim for cue in behind
    )


def _can_be_usual(claim: Claim) -> bool:
    return claim.dimension in _COMPARED and not (claim.dimension == "days" and claim.factor > 1)


def _usual_one(text: Written, near: Sequence[Claim], start: int, end: int) -> Claim | None:
    """The figure right behind the word, else the one right before it."""
    said = text.reading.text
    if behind := _usual_behind(text, near, end):
        return behind
    ahead = next((c for c in reversed(near) if c.end <= start), None)
    if ahead and start - ahead.end <= NEAR and not _parts(text, said[ahead.end : start]):
        return ahead
    return None


def _usual_behind(text: Written, near: Sequence[Claim], end: int) -> Claim | None:
    behind = next((c for c in near if c.start >= end), None)
    if behind is None or behind.start - end > FAR:
        return None
    return None if _breaks(text, text.reading.text[end : behind.start]) else behind


def _breaks(text: Written, between: str) -> bool:
    return bool(re.search(r"[;.,(]", between)) or _parts(text, between)


def _parts(text: Written, between: str) -> bool:
    """Whether a comparison lies between: 33 km, more than usual, says nothing of 33 km."""
    return bool(text.words("period", "compares").search(between))


def _subject(text: Written, claim: Claim) -> str | None:
    return text.nearest(claim, "period", ("fitness", "form", "load"))


def _climbs(text: Written, claim: Claim) -> bool:
    lengths = [each for each in text.claims if each.dimension == "length"]
    return text.owns(claim, lengths, "period", "climb")


def _is_a_change(text: Written, claim: Claim) -> bool:
    """Up 3, by two points; but at 15 points."""
    before, after = text.before(claim).rstrip(), text.after(claim).lstrip()
    if _ends(text.words("period", "level_before"), before):
        return False
    by = _ends(text.words("period", "change_before"), before)
    return by or bool(text.words("period", "change_after").match(after[:16]))


def _ends(pattern: WordList, before: str) -> bool:
    return any(found.end() == len(before) for found in pattern.finditer(before))


def _are_days_with_a_run(text: Written, claim: Claim) -> bool:
    """On 3 days, 12 days of running; but in seven days."""
    before, after = text.before(claim).rstrip(), text.after(claim).lstrip()
    on = _ends(text.words("period", "on_days"), before)
    return on or bool(text.words("period", "of_running").match(after[:24]))


def _is_of_a_caveat(text: Written, claim: Claim) -> bool:
    return any(_is_of(text, claim, name) for name in CAVEATS)


def _is_of(text: Written, claim: Claim, caveat: str) -> bool:
    runs = [each for each in text.claims if each.dimension in {"runs", "number"}]
    return text.owns(claim, runs, "period", caveat)


def _is_of_the_best(text: Written, claim: Claim) -> bool:
    alike = [each for each in text.claims if each.dimension == claim.dimension]
    return claim.dimension == "length" and text.owns(claim, alike, "period", "longest_run")
