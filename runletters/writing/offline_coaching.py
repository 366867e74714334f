"""The insight by rule: which parts the facts allow, in which words.

Pure: no clock, no network, no database. Amounts come from the sheet's advice
facts, which stay inside safe limits; without a history there are none, and the
advice stays below what was just run.
"""

from __future__ import annotations

from collections.abc import Sequence

from runletters.facts import FactSheet
from runletters.metrics.classify import LONG_S
from runletters.writing.compose import Draft, seed_of
from runletters.writing.insight import Insight, Recommendation
from runletters.writing.phrasebook import coaching_phrases
from runletters.writing.plans import is_without_distance
from runletters.writing.slots import slots

HEART = (
    "heart_rate_avg", "even_heart_rate_faster", "even_heart_rate_slower",
    "heart_rate_lower", "heart_rate_higher", "heart_rate_same",
    "heart_rate_drift_up", "heart_rate_drift_down", "decoupling", "decoupling_none",
    "hard_zone_share", "easy_zone_share", "heart_rate_max",
)  # fmt: skip
PACING = (
    "repetitions", "effort_best", "route_best", "band_best", "effort_rank",
    "route_rank", "band_rank", "fastest_since", "pace_quicker", "pace_slower",
    "pace_as_usual",
    "second_half_faster", "second_half_slower", "second_half_even", "fastest_split",
    "split_spread", "graded_pace", "climb_rate", "climb_best", "climb_rank", "most_climb_since",
    "pauses",
)  # fmt: skip
RARE = (
    "longest_ever", "distance_rank", "longest_of_year", "longest_since", "distance_rank_year",
    "return_after",
)  # fmt: skip
MEANING = (
    "days_since_last_run", "streak", "week_biggest_since",
    "week_volume", "month_volume", "year_ahead", "year_behind",
)  # fmt: skip
LOADS = (
    "training_above", "training_below", "load_tsb_below", "load_tsb_above", "load_tsb_even",
)  # fmt: skip
"""How loaded the runner was: said in one way at a time, in turn."""
TESTED = frozenset({"race", "tempo", "intervals", "progression"})
"""Classes of which it matters what a race looked like before them."""
DEMANDING = frozenset({"race", "multisport", "long", "tempo", "intervals", "hills"})


def insight_of(sheet: FactSheet) -> Insight:
    """The insight of a sheet."""
    number = sheet.fact("run_number")
    seed = seed_of(sheet)
    draft = Draft(
        book=coaching_phrases(sheet.language),
        slots=slots(sheet) | {"reason": sheet.classification_reason.rstrip(".")},
        seed=seed,
        turn=int(number.value) if number else seed,
    )
    return Insight(
        classification=sheet.classification,
        heart_rate_analysis=_heart(draft, sheet),
        pacing_analysis=_pacing(draft, sheet),
        implications=_implications(draft, sheet),
        recommendations=_recommendations(draft, sheet),
    )


def _said(draft: Draft, beats: Sequence[str], most: int) -> list[str]:
    sentences: list[str] = []
    for beat in beats:
        phrase = draft.chosen(beat, "body")
        if phrase and len(sentences) < most:
            sentences.append(phrase.said(draft.slots, draft.seed))
            draft.phrases.add(phrase.text)
    return sentences


def _present(sheet: FactSheet, names: Sequence[str]) -> list[str]:
    return [name for name in names if sheet.has(name)]


def _heart(draft: Draft, sheet: FactSheet) -> str | None:
    if not sheet.has("heart_rate_avg"):
        return None
    told = _said(draft, _present(sheet, HEART), 3)
    if not any(sheet.has(name) for name in HEART[1:-1]):
        told += _said(draft, ["heart_rate_alone"], 1)
    return " ".join(told)


def _pacing(draft: Draft, sheet: FactSheet) -> str:
    if not sheet.has("pace"):
        beat = "no_distance" if is_without_distance(sheet) else "no_pace"
        return " ".join(_said(draft, [beat], 1))
    if sheet.tone == "hardship":
        return " ".join(_said(draft, ["figures"], 1))
    told = _said(draft, ["figures", *_present(sheet, ["typed_in"])], 2)
    told += _said(draft, _present(sheet, PACING), 3)
    if not sheet.splits:
        told += _said(draft, ["no_splits"], 1)
    return " ".join(told)


def _implications(draft: Draft, sheet: FactSheet) -> str:
    if sheet.tone == "hardship":
        return " ".join(_said(draft, ["hardship"], 1))
    if not sheet.has("run_number"):
        beat = "means_no_distance" if is_without_distance(sheet) else "doubtful"
        return " ".join(_said(draft, [beat], 1))
    races = ["race_estimate"] if sheet.classification in TESTED else []
    loads = _present(sheet, LOADS)
    load = loads[draft.turn % len(loads) :][:1] if loads else []
    told = [*_present(sheet, RARE), *load, *_present(sheet, MEANING)]
    beats = [f"means_{sheet.classification}", *races, *told]
    return " ".join(_said(draft, beats, 3) or _said(draft, ["means_unknown"], 1))


def _recommendations(draft: Draft, sheet: FactSheet) -> tuple[Recommendation, ...]:
    if sheet.tone == "hardship":
        names = ["do_hardship"]
    elif not sheet.has("run_number"):
        names = ["do_add_distance" if is_without_distance(sheet) else "do_check"]
    else:
        names = _ordinary(sheet)
    made = [item for name in names if (item := _recommendation(draft, name))]
    return tuple(made[:3]) or (_fallback(draft),)


def _ordinary(sheet: FactSheet) -> list[str]:
    if not sheet.has("advice_easy_distance"):
        return ["do_first"]
    if sheet.tone == "return":
        return ["do_return", _week_of(sheet)]
    demanding = sheet.classification in DEMANDING or _is_long(sheet)
    streak = sheet.fact("streak")
    tired = streak is not None and sheet.has("advice_rest") and not demanding
    first = "do_recover" if demanding else "do_rest_day" if tired else "do_easy"
    second = [] if first == "do_easy" else ["do_easy"]
    return [first, *second, _week_of(sheet)]


def _is_long(sheet: FactSheet) -> bool:
    """Whether the time on the legs alone asks for rest, as on a long trail run."""
    moving = sheet.fact("moving_time")
    return sheet.has("advice_rest") and moving is not None and float(moving.value) >= LONG_S


def _week_of(sheet: FactSheet) -> str:
    """A week that already holds more than the ceiling is not told to stay below it."""
    week, ceiling = sheet.fact("week_volume"), sheet.fact("advice_week_ceiling")
    if week is None or ceiling is None:
        return "do_week"
    return "do_smaller_week" if float(week.value) > float(ceiling.value) else "do_week"


def _recommendation(draft: Draft, name: str) -> Recommendation | None:
    parts = {place: draft.chosen(name, place) for place in ("action", "amount", "when")}
    said = {k: p.filled(draft.slots, draft.seed) for k, p in parts.items() if p is not None}
    return Recommendation.model_validate(said) if len(said) == len(parts) else None


def _fallback(draft: Draft) -> Recommendation:
    made = _recommendation(draft, "do_nothing_new")
    if made is None:
        msg = f"the phrases of {draft.book.language} lack do_nothing_new"
        raise LookupError(msg)
    return made
