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
9. Of a tempo day at most 20 minutes and a tenth of the base go at its pace, of a day for
   intervals at most 20 minutes and 8 %; the way there and back is easy.
"""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import Field

from runletters.metrics.form import RACES_M
from runletters.metrics.plan_rules import (
    CUTBACK,
    GROWTH,
    HIGHEST_MONOTONY,
    SHORTEST_RUN_M,
    Frozen,
    PlanKind,
    PlanState,
    base_m,
    hard_days_allowed,
    hard_part_s,
    is_return,
    is_worn,
    longest_allowed_m,
    paces,
    run_days,
)

ROUND_M = 100.0
_EASY: PlanKind = "easy"


class Race(Frozen):
    """A race to plan for."""

    local_date: date
    distance_m: float = Field(gt=0)


class PlanDay(Frozen):
    """One day; a rest day has no distance."""

    local_date: date
    kind: PlanKind
    distance_m: float = 0.0
    pace_fast_s_per_km: float | None = None
    pace_slow_s_per_km: float | None = None
    hard_s: float = 0.0  # of a tempo day or one for intervals: how long at that pace


class PlanWeek(Frozen):
    """Seven days and why the week has this length."""

    week_start: date
    distance_m: float
    rule: str  # build, cutback, taper, race, return
    days: tuple[PlanDay, ...]

    @property
    def training_m(self) -> float:
        """Distance without a race: what growth is measured by."""
        return sum(day.distance_m for day in self.days if day.kind != "race")


class Plan(Frozen):
    """The weeks, what they start from and what to be told about them."""

    weeks: tuple[PlanWeek, ...]
    base_week_m: float
    race: Race | None = None
    caveats: tuple[str, ...] = ()


def race_on(name: str, day: date | None) -> Race | None:
    """The race of that name on that day; None for "none".

    Raises:
        ValueError: a race without a day, a day without a race, or an unknown name.
    """
    if name == "none" and day is None:
        return None
    if name not in RACES_M or day is None:
        raise ValueError(
            f"race {name!r} on {day}; expected one of {', '.join(RACES_M)} together with its day"
        )
    return Race(local_date=day, distance_m=RACES_M[name])


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
    if number == 3 or (number == 0 and (is_worn(state) or uneven)):
        return "cutback"
    return "build"


def _target_m(state: PlanState, rule: str, number: int, before: PlanWeek | None) -> float:
    base = base_m(state)
    factor = {"race": 0.5, "taper": 0.8, "cutback": CUTBACK}.get(rule)
    if factor:
        return base * factor
    if number == 0 and rule == "return":
        return base
    return max(base, before.training_m if before else base) * GROWTH


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
    kinds: dict[int, PlanKind] = dict.fromkeys(offsets, _EASY)
    if rule not in {"race", "return"}:
        kinds[offsets[-1]] = "long"
    for offset in _hard_offsets(state, offsets, rule, first=first):
        kinds[offset] = "tempo" if offset == 1 else "intervals"
    if race:
        kinds = _around_race(kinds, (race.local_date - start).days)
    metres = _shared_out(state, kinds, target_m)
    return [
        _day(state, start + timedelta(days=offset), kinds.get(offset, "rest"), metres, race)
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
        offset: _EASY if day - 3 <= offset < day else kind
        for offset, kind in kinds.items()
        if offset != day - 1 and not day < offset <= day + 2
    }
    if 0 <= day < 7:
        calm[day] = "race"
    return calm


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
    race: Race | None,
) -> PlanDay:
    distance_m = race.distance_m if race and kind == "race" else metres.get(kind, 0.0)
    fast, slow = paces(state, kind)
    return PlanDay(
        local_date=day,
        kind=kind,
        distance_m=distance_m,
        pace_fast_s_per_km=fast,
        pace_slow_s_per_km=slow,
        hard_s=hard_part_s(state, kind),
    )


def _rounded(metres: float) -> float:
    return metres // ROUND_M * ROUND_M


def _caveats(state: PlanState, race: Race | None) -> tuple[str, ...]:
    told = [
        (is_return(state), "return"),
        (len(state.recent_week_m) < 4, "short_history"),
        (state.vdot is None, "no_paces"),
        (is_worn(state), "low_form"),
        (bool(race and race.distance_m > 3 * max(state.longest_28d_m, 1.0)), "race_far_beyond"),
    ]
    return tuple(code for holds, code in told if holds)
