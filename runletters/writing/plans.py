"""The ways a letter can go: which thought opens it, what follows, how it ends.

Pure: no clock, no network, no database. A plan is a list of beats; the draft
takes those it has phrases and facts for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runletters.facts import FactSheet
from runletters.writing.phrasebook import Phrasebook

STRONG = frozenset({
    "effort_best", "route_best", "repetitions",
    "longest_ever", "distance_rank", "longest_of_year", "longest_since", "band_best", "band_rank",
    "fastest_since", "climb_best", "run_milestone", "total_milestone", "first_of_year",
    "return_after", "rare_hour_none",
})  # fmt: skip
"""Facts that may open the letter whatever its plan."""

CALENDAR = (
    "first_of_year", "first_of_month", "year_milestone", "anniversary", "year_ahead",
    "week_biggest_since",
)  # fmt: skip
HABIT = ("return_after", "streak", "days_since_last_run", "second_run_of_day", "rare_hour")
ROAD = ("climb_rate", "most_climb_since", "second_half_faster", "second_half_even", "plain")
HIDDEN = (
    "heart_rate_lower", "second_half_faster", "fastest_since", "pace_quicker", "longest_since",
    "distance_rank_year", "year_ahead", "pace_slower", "pace_as_usual",
)  # fmt: skip
TONES = frozenset({"hardship", "doubtful", "no_distance", "race"})
"""Beats with a part in opening, body and close alike."""

SETTINGS = frozenset({"treadmill", "trail", "track", "multisport", "race"})
SHORT_M = 3_500.0
LONG_M = 14_000.0
OPENING_PLANS = 8
EVERYDAY = {
    "anniversary": 4, "week_volume": 4, "month_volume": 5, "year_volume": 6, "year_ahead": 6,
    "year_behind": 9, "usual_hour": 7, "streak": 2, "pace_slower": 2, "pace_quicker": 1,
    "pace_as_usual": 3, "heart_rate_same": 3, "heart_rate_higher": 2, "heart_rate_lower": 1,
    "even_heart_rate_faster": 2,
    "even_heart_rate_slower": 3, "graded_pace": 3, "route_rank": 2, "effort_rank": 1,
    "second_run_of_day": 2, "pauses": 3, "slowest_split": 4, "split_spread": 3,
}  # fmt: skip
"""True of most runs: told every so many letters, or they would be told in all of them."""

LANES = EVERYDAY | {
    "figures": 8, "reflection_short": 8, "reflection_long": 8, "reflection_outdoors": 8,
}  # fmt: skip
"""How often a beat comes round: its phrases are walked in that many lanes."""

FEWEST_TOLD = 2
MOST_TOLD = 3


@dataclass
class LetterPlan:
    """Beats in order. `wanted` are said even when the letter is long enough already."""

    openings: list[str]
    body: list[str]
    fillers: list[str]
    closings: list[str]
    wanted: frozenset[str] = frozenset()
    closing_words: int = 14

    def told(self, beat: str) -> None:
        """The opening has said this; the body need not."""
        if beat not in TONES:
            self.body = [other for other in self.body if other != beat]


def plan_for(sheet: FactSheet, book: Phrasebook, turn: int) -> LetterPlan:
    """The plan of this run: by its tone first, then by what is telling, then in turn."""
    if sheet.tone == "hardship":
        return _gentle(sheet)
    if not sheet.has("run_number"):
        return _no_distance(sheet) if is_without_distance(sheet) else _doubtful(sheet)
    telling = [f.name for f in sheet.facts if book.phrases(f.name, "body") and _tells(f.name)]
    openings = _openings(sheet, telling, turn)
    setting = _settings(sheet)
    return LetterPlan(
        openings=openings,
        body=_body(sheet, [name for name in telling if name != openings[0]], turn),
        fillers=["reflection"],
        closings=_closings(sheet, turn),
        wanted=frozenset({"figures", *telling[:1], *setting}),
    )


UNTOLD = frozenset({
    "distance", "pace", "moving_time", "run_number", "elevation_gain", "heart_rate_avg", "typed_in",
})  # fmt: skip
"""Figures that other beats carry along."""


def _tells(name: str) -> bool:
    return name not in UNTOLD


def _openings(sheet: FactSheet, telling: Sequence[str], turn: int) -> list[str]:
    if sheet.tone == "race":
        return ["race", "plain"]
    strong = [name for name in telling[:2] if name in STRONG]
    part = sheet.fact("part_of_day")
    moment = [f"moment_{part.value}"] if part else []
    have = set(telling)

    def among(names: Sequence[str]) -> list[str]:
        return [name for name in names if name in have or name == "plain"]

    plans: tuple[Callable[[], list[str]], ...] = (
        lambda: moment, lambda: among(HIDDEN), lambda: ["thought"], lambda: among(CALENDAR),
        lambda: ["plain"], lambda: among(HABIT), lambda: moment, lambda: among(ROAD),
    )  # fmt: skip
    first = strong if turn % 4 or telling[:1] == strong[:1] else []
    fallback = (["plain"], ["thought"], moment)[turn % 3]
    return [*first, *plans[turn % OPENING_PLANS](), *fallback, "plain", "thought"]


def _reflections(sheet: FactSheet, turn: int) -> list[str]:
    distance = sheet.fact("distance")
    metres = float(distance.value) if distance else 0.0
    kinds = ["reflection"] * 4
    kinds[1] = "reflection_short" if metres < SHORT_M else "reflection_long"
    if SHORT_M <= metres < LONG_M:
        kinds[1] = "reflection"
    if sheet.sport == "running":
        kinds[3] = "reflection_outdoors"
    return [kinds[(turn // 2) % 4], "reflection"]


def _due(names: Sequence[str], turn: int) -> list[str]:
    """What to tell this time: the rare always, the everyday when its turn has come."""
    order = sorted(EVERYDAY)
    due = [n for n in names if n not in EVERYDAY or not (turn + order.index(n)) % EVERYDAY[n]]
    spare = [name for name in names if name not in due]
    start = turn % len(spare) if spare else 0
    lacking = max(0, FEWEST_TOLD - len(due))
    return [*due, *(spare[start:] + spare[:start])[:lacking]][:MOST_TOLD]


def _body(sheet: FactSheet, telling: Sequence[str], turn: int) -> list[str]:
    told = _due(telling, turn)
    first, second = _reflections(sheet, turn)
    setting = _settings(sheet)
    shapes = (
        ["figures", *setting, *told[:2], first, *told[2:], second],
        [*setting, *told[:1], "figures", first, *told[1:], second],
        ["figures", first, *setting, *told, second],
        [*told[:2], *setting, "figures", *told[2:], first, second],
        [first, "figures", *setting, *told, second],
    )
    return shapes[(turn * 3) % len(shapes)]


def _settings(sheet: FactSheet) -> list[str]:
    """What the run was for itself, and that it was typed in: said in every letter."""
    kind = sheet.sport.removesuffix("_running")
    own = sheet.classification if sheet.classification in SETTINGS else kind
    return [name for name in (own,) if name in SETTINGS] + ["typed_in"] * sheet.has("typed_in")


def _closings(sheet: FactSheet, turn: int) -> list[str]:
    distance = sheet.fact("distance")
    is_long = distance is not None and float(distance.value) >= LONG_M
    special = {"race": "close_race", "return": "close_return"}.get(sheet.tone)
    named = ["close_named"] if sheet.reader_name and turn % 3 == 0 else []
    long = ["close_long"] if is_long and turn % 2 else []
    return [*([special] if special else []), *named, *long, "close_plain"]


def _gentle(sheet: FactSheet) -> LetterPlan:
    openings = ["hardship"] if sheet.has("day") else ["nameless"]
    return LetterPlan(
        openings=openings, body=["hardship"] * 4, fillers=["hardship"],
        closings=["hardship"], closing_words=10, wanted=frozenset(),
    )  # fmt: skip


def _doubtful(sheet: FactSheet) -> LetterPlan:
    openings = ["doubtful"] if sheet.has("day") else ["nameless"]
    return LetterPlan(
        openings=openings, body=["doubtful", "reflection", "doubtful"], fillers=["reflection"],
        closings=["doubtful"], closing_words=18, wanted=frozenset({"doubtful"}),
    )  # fmt: skip


def is_without_distance(sheet: FactSheet) -> bool:
    """Whether nothing is wrong with a run but that its machine told no distance."""
    return sheet.classification == "treadmill" and not sheet.has("pace")


def _no_distance(sheet: FactSheet) -> LetterPlan:
    openings = ["no_distance"] if sheet.has("day") else ["nameless"]
    return LetterPlan(
        openings=openings, body=["no_distance", "reflection", "no_distance"],
        fillers=["reflection"], closings=["no_distance"], closing_words=18,
        wanted=frozenset({"no_distance"}),
    )  # fmt: skip
