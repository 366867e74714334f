"""The one run of a period that is told, and why that one.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from runletters.digests.sheet import BestMoment
from runletters.digests.words import Words, opened
from runletters.facts import Fact, FactSheet

REASONS = (
    "longest_ever", "longest_of_year", "band_best", "climb_best", "distance_rank",
    "run_milestone", "total_milestone", "longest_since", "fastest_since", "band_rank",
    "year_milestone", "first_of_year", "return_after", "climb_rank", "most_climb_since",
    "heart_rate_lower", "second_half_faster", "pace_quicker", "anniversary",
)  # fmt: skip
"""Facts that make a run the best of its period, the best reason first."""
RANKED = frozenset({
    "longest_ever", "longest_of_year", "band_best", "climb_best", "distance_rank", "band_rank",
    "climb_rank",
})  # fmt: skip
"""Reasons that say little without the window they hold in."""
EXCERPT_CHARS = 240


def best_moment(
    sheets: Sequence[FactSheet], letters: Mapping[str, str], words: Words
) -> BestMoment | None:
    """The best run of these by what its own fact sheet says; None without a known distance.

    Args:
        sheets: one per run of the period.
        letters: the current letter by activity id, where there is one.
        words: the reader's language, for runs that stand out by nothing but their length.
    """
    told = [sheet for sheet in sheets if sheet.has("distance") and sheet.has("day")]
    if not told:
        return None
    best = min(told, key=_rank)
    reason = _reason(best)
    name, text = (reason.name, _worded(reason)) if reason else _plain(best, len(told), words)
    distance, day, pace = best.fact("distance"), best.fact("day"), best.fact("pace")
    weekday = best.fact("weekday")
    return BestMoment(
        activity_id=best.activity_id,
        day=best.started_local.date(),
        day_text=f"{weekday.text}, {day.text}" if weekday and day else "",
        distance_text=distance.text if distance else "",
        reason=name,
        reason_text=opened(text),
        reason_fact=reason,
        pace_text=pace.text if pace else None,
        excerpt=excerpt(letters.get(best.activity_id, "")),
    )


def _rank(sheet: FactSheet) -> tuple[int, float, str]:
    fact = sheet.fact("distance")
    metres = float(fact.value) if fact else 0.0
    if sheet.classification == "race":
        return -1, -metres, sheet.activity_id
    reason = _reason(sheet)
    place = REASONS.index(reason.name) if reason else len(REASONS)
    return place, -metres, sheet.activity_id


def _reason(sheet: FactSheet) -> Fact | None:
    known = [fact for name in REASONS if (fact := sheet.fact(name))]
    return known[0] if known else None


def _worded(reason: Fact) -> str:
    if reason.name not in RANKED or not reason.window:
        return reason.text
    joint = ", " if reason.window[0].isdigit() else " "
    return f"{reason.text}{joint}{reason.window}"


def _plain(sheet: FactSheet, runs: int, words: Words) -> tuple[str, str]:
    if sheet.classification == "race":
        return "race", words.say("text", "race")
    if runs == 1:
        return "only", words.say("text", "best_only")
    return "longest", words.say("text", "best_longest", n=words.wording.count(runs))


def excerpt(letter: str, most: int = EXCERPT_CHARS) -> str | None:
    """Whole sentences from the beginning of a letter, or None where not one fits."""
    first = " ".join(letter.strip().partition("\n\n")[0].split())
    sentences = re.split(r"(?<=[.!?…])\s+(?=[^\s\d])", first)
    kept = ""
    for sentence in sentences:
        longer = f"{kept} {sentence}".strip()
        if len(longer) > most:
            break
        kept = longer
    return kept or None
