"""What a plan may and may not ask of a runner: the limits, from the runner's last weeks.

Pure: no clock, no network, no database, no files. The rules are listed in `plan`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from runletters.metrics.form import pace_at_share_s_per_km

PlanKind: TypeAlias = Literal["rest", "easy", "long", "tempo", "intervals", "race"]
HARD: frozenset[PlanKind] = frozenset({"tempo", "intervals", "race"})

HARD_CLASSES = ("race", "tempo", "intervals")
"""Classes of runs that count as hard days behind the runner."""

GROWTH = 1.08
CUTBACK = 0.75
LOWEST_TSB = -30.0
HIGHEST_MONOTONY = 2.0
LONG_SHARE, LONG_SHARE_FEW_DAYS = 0.35, 0.50
LONG_GROWTH = 1.10
BEGINNER_M = 12_000.0
RETURN_M = 6_000.0
SHORTEST_RUN_M = 2_000.0
SHARES: dict[PlanKind, tuple[float, float]] = {
    "easy": (0.59, 0.74),
    "long": (0.59, 0.74),
    "tempo": (0.83, 0.88),
    "intervals": (0.95, 1.00),
}


HARD_SHARES: dict[PlanKind, float] = {"tempo": 0.10, "intervals": 0.08}
"""Of the week's distance at that pace, at most (Daniels' limits for threshold and intervals)."""
LONGEST_HARD_S, SHORTEST_HARD_S = 1_200.0, 300.0
UNKNOWN_PACE_S_PER_KM = 360.0


class Frozen(BaseModel):
    """A value of a plan: it never changes and takes no unknown field."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlanState(Frozen):
    """What the plan starts from: figures of the history, nothing guessed."""

    recent_week_m: tuple[float, ...] = Field(description="Up to four whole weeks, newest last.")
    days_per_week: float = Field(ge=0, description="Mean of the same weeks.")
    longest_28d_m: float = 0.0
    tsb: float | None = None
    monotony_7d: float | None = None
    vdot: float | None = None
    hard_days_before: int = Field(default=0, description="Hard days in a row up to yesterday.")


def base_m(state: PlanState) -> float:
    """What the runner is used to in a week."""
    recent = state.recent_week_m[-4:]
    mean = sum(recent) / len(recent) if recent else 0.0
    return max(mean, RETURN_M)


def hard_days_allowed(state: PlanState) -> int:
    """Hard days a week that the rules admit."""
    if is_return(state) or base_m(state) < BEGINNER_M or is_worn(state):
        return 0
    return 1 if run_days(state) < 4 else 2


def run_days(state: PlanState) -> int:
    """Days with a run in a week: the habit, between two and six, of 2 km at least."""
    if is_return(state):
        return 3
    return min(_most_days(base_m(state)), max(2, round(state.days_per_week)))


def _most_days(week_m: float) -> int:
    """Days among which a week can be shared out beside its long run, 2 km at least each."""
    beside_long = 1.0 - LONG_SHARE
    many = 1 + int(week_m * beside_long // SHORTEST_RUN_M)
    if many >= 4:
        return min(6, many)
    return 3 if week_m * (1.0 - LONG_SHARE_FEW_DAYS) >= 2 * SHORTEST_RUN_M else 2


def is_return(state: PlanState) -> bool:
    """Whether the last weeks hold next to nothing."""
    recent = state.recent_week_m[-4:]
    return not recent or sum(recent) / len(recent) < RETURN_M


def longest_allowed_m(state: PlanState, week_m: float) -> float:
    """The most the long run may have."""
    share = LONG_SHARE if run_days(state) >= 4 else LONG_SHARE_FEW_DAYS
    known = state.longest_28d_m * LONG_GROWTH
    return max(SHORTEST_RUN_M, min(week_m * share, known or week_m * share))


def is_worn(state: PlanState) -> bool:
    """Whether the form is too low for anything hard."""
    return state.tsb is not None and state.tsb < LOWEST_TSB


def paces(state: PlanState, kind: PlanKind) -> tuple[float | None, float | None]:
    """Fastest and slowest pace of a kind of day; none without VDOT."""
    if state.vdot is None or kind not in SHARES:
        return None, None
    low, high = SHARES[kind]
    return (
        round(pace_at_share_s_per_km(state.vdot, high), 1),
        round(pace_at_share_s_per_km(state.vdot, low), 1),
    )


def hard_part_s(state: PlanState, kind: PlanKind) -> float:
    """Seconds of a hard day at its pace, whole minutes; what is around them is easy."""
    if kind not in HARD_SHARES:
        return 0.0
    slow = paces(state, kind)[1] or UNKNOWN_PACE_S_PER_KM
    seconds = base_m(state) * HARD_SHARES[kind] / 1_000 * slow
    return max(SHORTEST_HARD_S, min(LONGEST_HARD_S, seconds)) // 60 * 60
