"""One to four weeks of training by stated rules, inside limits that are checked.

Pure: no clock, no network, no database, no files. Not medical advice, and no promise.

Rules, in the order in which they bind:
1. Base: mean distance of the last four whole weeks, weeks without runs included; at
   least three easy runs of 2 km for somebody who comes back.
2. Growth: at most 8 % a week on the higher of base and the week before in the plan.
3. Every fourth week, and the first one when the form is very low (TSB below -30) or the
   load stood out (monotony above 2), drops to 75 %.
4. Days: as many as in the last weeks, two at least, six at most; one day of rest a week.
5. Hard days: none on return, at TSB below -30 or for beginners below 12 km a week; one
   a week below four days, else two; never on neighbouring days, never after two.
6. The long run: at most 35 % of the week (50 % with two or three days) and at most 10 %
   longer than the longest of the last 28 days.
7. A race: 80 % of the base in the week before its week, 50 % besides the race in its week,
   the day before it is rest or easy, no hard day in the three days before.
8. Paces come from VDOT (easy 59-74 %, tempo 83-88 %, intervals 95-100 %); without one no
   pace is given.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from runletters.metrics.form import pace_at_share_s_per_km

PlanKind: TypeAlias = Literal["rest", "easy", "long", "tempo", "intervals", "race"]
HARD: frozenset[PlanKind] = frozenset({"tempo", "intervals", "race"})

GROWTH = 1.08
CUTBACK = 0.75
LOWEST_TSB = -30.0
HIGHEST_MONOTONY = 2.0
LONG_SHARE, LONG_SHARE_FEW_DAYS = 0.35, 0.50
LONG_GROWTH = 1.10
BEGINNER_M = 12_000.0
RETURN_M = 6_000.0
SHORTEST_RUN_M = 2_000.0
ROUND_M = 100.0
SHARES: dict[PlanKind, tuple[float, float]] = {
    "easy": (0.59, 0.74),
    "long": (0.59, 0.74),
    "tempo": (0.83, 0.88),
    "intervals": (0.95, 1.00),
}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlanState(_Frozen):
    """What the plan starts from: figures of the history, nothing guessed."""

    recent_week_m: tuple[float, ...] = Field(description="Up to four whole weeks, newest last.")
    days_per_week: float = Field(ge=0, description="Mean of the same weeks.")
    longest_28d_m: float = 0.0
    tsb: float | None = None
    monotony_7d: float | None = None
    vdot: float | None = None
    hard_days_before: int = Field(default=0, description="Hard days in a row up to yesterday.")


class Race(_Frozen):
    """A race to plan for."""

    local_date: date
    distance_m: float = Field(gt=0)


class PlanDay(_Frozen):
    """One day; a rest day has no distance."""

    local_date: date
    kind: PlanKind
    distance_m: float = 0.0
    pace_fast_s_per_km: float | None = None
    pace_slow_s_per_km: float | None = None


class PlanWeek(_Frozen):
    """Seven days and why the week has this length."""

    week_start: date
    distance_m: float
    rule: str  # build, cutback, taper, race, return
    days: tuple[PlanDay, ...]


class Plan(_Frozen):
    """The weeks, what they start from and what to be told about them."""

    weeks: tuple[PlanWeek, ...]
    base_week_m: float
    race: Race | None = None
    caveats: tuple[str, ...] = ()


def plan(state: PlanState, *, start: date, weeks: int, race: Race | None = None) -> Plan:
    """A plan of one to four weeks.

    Args:
        state: the runner's last weeks.
        start: first day; weeks run seven days from here.
        weeks: 1 to 4.
        race: a goal inside or behind the plan; behind it, nothing changes yet.

    Raises:
        ValueError: weeks outside 1..4.
    """
    if not 1 <= weeks <= 4:
        raise ValueError(f"weeks is {weeks}; a plan has 1 to 4")
    made: list[PlanWeek] = []
    for number in range(weeks):
        before = made[-1] if made else None
        made.append(_week(state, start + timedelta(days=7 * number), number, before, race))
    inside = race if race and race.local_date < start + timedelta(days=7 * weeks) else None
    return Plan(
        weeks=tuple(made), base_week_m=base_m(state), race=inside, caveats=_caveats(state, race)
    )


def base_m(state: PlanState) -> float:
    """What the runner is used to in a week."""
    recent = state.recent_week_m[-4:]
    mean = sum(recent) / len(recent) if recent else 0.0
    return max(mean, RETURN_M)


def hard_days_allowed(state: PlanState) -> int:
    """Hard days a week that the rules admit."""
    if is_return(state) or base_m(state) < BEGINNER_M or _is_worn(state):
        return 0
    return 1 if run_days(state) < 4 else 2


def run_days(state: PlanState) -> int:
    """Days with a run in a week: the habit, between two and six."""
    return 3 if is_return(state) else min(6, max(2, round(state.days_per_week)))


def is_return(state: PlanState) -> bool:
    """Whether the last weeks hold next to nothing."""
    recent = state.recent_week_m[-4:]
    return not recent or sum(recent) / len(recent) < RETURN_M


def longest_allowed_m(state: PlanState, week_m: float) -> float:
    """The most the long run may have."""
    share = LONG_SHARE if run_days(state) >= 4 else LONG_SHARE_FEW_DAYS
    known = state.longest_28d_m * LONG_GROWTH
    return max(SHORTEST_RUN_M, min(week_m * share, known or week_m * share))


def _is_worn(state: PlanState) -> bool:
    return state.tsb is not None and state.tsb < LOWEST_TSB


def _week(
    state: PlanState, start: date, number: int, before: PlanWeek | None, race: Race | None
) -> PlanWeek:
    rule = _rule(state, start, number, race)
    target_m = _target_m(state, rule, number, before)
    days = _days(state, start, rule, target_m, race, first=number == 0)
    return PlanWeek(
        week_start=start,
        distance_m=sum(day.distance_m for day in days),
        rule=rule,
        days=tuple(days),
    )


def _rule(state: PlanState, start: date, number: int, race: Race | None) -> str:
    if race and start <= race.local_date < start + timedelta(days=7):
        return "race"
    if race and start + timedelta(days=7) <= race.local_date < start + timedelta(days=14):
        return "taper"
    if is_return(state):
        return "return"
    uneven = state.monotony_7d is not None and state.monotony_7d > HIGHEST_MONOTONY
    if number == 3 or (number == 0 and (_is_worn(state) or uneven)):
        return "cutback"
    return "build"


def _target_m(state: PlanState, rule: str, number: int, before: PlanWeek | None) -> float:
    base = base_m(state)
    factor = {"race": 0.5, "taper": 0.8, "cutback": CUTBACK}.get(rule)
    if factor:
        return base * factor
    if number == 0 and rule == "return":
        return base
    return max(base, before.distance_m if before else base) * GROWTH


_WEEK_SHAPES: dict[int, tuple[int, ...]] = {
    2: (1, 5),
    3: (1, 3, 5),
    4: (1, 3, 4, 6),
    5: (0, 1, 3, 4, 6),
    6: (0, 1, 2, 3, 4, 6),
}
"""Offsets of the running days; the last is the long run, hard days are taken at 1 and 3."""


def _days(
    state: PlanState, start: date, rule: str, target_m: float, race: Race | None, *, first: bool
) -> list[PlanDay]:
    offsets = _WEEK_SHAPES[run_days(state)]
    kinds: dict[int, PlanKind] = dict.fromkeys(offsets, "easy")
    if rule not in {"race", "return"}:
        kinds[offsets[-1]] = "long"
    for offset in _hard_offsets(state, offsets, rule, first=first):
        kinds[offset] = "tempo" if offset == 1 else "intervals"
    if race:
        kinds = _around_race(kinds, (race.local_date - start).days)
    metres = _shared_out(state, kinds, target_m)
    return [
        _day(state, start + timedelta(days=offset), kinds.get(offset, "rest"), metres, offset, race)
        for offset in range(7)
    ]


def _hard_offsets(
    state: PlanState, offsets: tuple[int, ...], rule: str, *, first: bool
) -> list[int]:
    allowed = hard_days_allowed(state) if rule in {"build", "taper"} else 0
    tired = first and state.hard_days_before >= 2
    usable = [offset for offset in (1, 3) if offset in offsets[:-1] and not (tired and offset == 1)]
    return usable[: 1 if rule == "taper" else allowed][:allowed]


def _around_race(kinds: dict[int, PlanKind], day: int) -> dict[int, PlanKind]:
    """Nothing hard or long in the three days before, rest the day before, the race itself."""
    calm: dict[int, PlanKind] = {
        offset: "easy" if day - 3 <= offset < day and kind != "easy" else kind
        for offset, kind in kinds.items()
        if offset != day - 1 and not day < offset <= day + 2
    }
    return calm | ({day: "race"} if 0 <= day < 7 else {})


def _shared_out(
    state: PlanState, kinds: dict[int, PlanKind], target_m: float
) -> dict[PlanKind, float]:
    """Metres of a day of each kind."""
    others = [kind for kind in kinds.values() if kind not in {"long", "race"}]
    long_m = longest_allowed_m(state, target_m) if "long" in kinds.values() else 0.0
    rest_m = (target_m - long_m) / len(others) if others else 0.0
    # No ordinary day outgrows the long run: what does not fit is not run.
    cap_m = longest_allowed_m(state, target_m)
    each = _rounded(max(SHORTEST_RUN_M, min(rest_m, cap_m)))
    return {"easy": each, "tempo": each, "intervals": each, "long": _rounded(long_m)}


def _day(
    state: PlanState,
    day: date,
    kind: PlanKind,
    metres: dict[PlanKind, float],
    offset: int,
    race: Race | None,
) -> PlanDay:
    del offset
    distance_m = race.distance_m if race and kind == "race" else metres.get(kind, 0.0)
    fast, slow = _paces(state, kind)
    return PlanDay(
        local_date=day,
        kind=kind,
        distance_m=distance_m,
        pace_fast_s_per_km=fast,
        pace_slow_s_per_km=slow,
    )


def _paces(state: PlanState, kind: PlanKind) -> tuple[float | None, float | None]:
    if state.vdot is None or kind not in SHARES:
        return None, None
    low, high = SHARES[kind]
    return (
        round(pace_at_share_s_per_km(state.vdot, high), 1),
        round(pace_at_share_s_per_km(state.vdot, low), 1),
    )


def _rounded(metres: float) -> float:
    return metres // ROUND_M * ROUND_M


def _caveats(state: PlanState, race: Race | None) -> tuple[str, ...]:
    told = [
        (is_return(state), "return"),
        (len(state.recent_week_m) < 4, "short_history"),
        (state.vdot is None, "no_paces"),
        (_is_worn(state), "low_form"),
        (bool(race and race.distance_m > 3 * max(state.longest_28d_m, 1.0)), "race_far_beyond"),
    ]
    return tuple(code for holds, code in told if holds)


def violations(made: Plan, state: PlanState) -> list[str]:
    """Which limits a plan breaks: the last gate before words, empty for every sound plan."""
    found: list[str] = []
    before_m = base_m(state)
    for week in made.weeks:
        runs = [day for day in week.days if day.kind != "rest"]
        own_m = sum(day.distance_m for day in runs if day.kind != "race")
        if own_m > max(before_m, base_m(state)) * 1.10 + 1 and own_m > 3 * SHORTEST_RUN_M:
            found.append(f"{week.week_start}: more than 10 % above the week before")
        if len(runs) > 6:
            found.append(f"{week.week_start}: no day of rest")
        if sum(day.kind in HARD for day in runs) > max(2, hard_days_allowed(state)):
            found.append(f"{week.week_start}: too many hard days")
        before_m = own_m
    days = [day for week in made.weeks for day in week.days]
    for one, other in zip(days, days[1:], strict=False):
        if one.kind in HARD and other.kind in HARD:
            found.append(f"{other.local_date}: hard on neighbouring days")
    return found
