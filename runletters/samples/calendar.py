"""Which day holds which session: the invented runner's training diary.

Pure. One calendar year is planned at a time and always comes out the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

import numpy as np

from runletters.samples import biography
from runletters.samples.chance import dice

Kind: TypeAlias = Literal[
    "easy",
    "recovery",
    "long",
    "tempo",
    "intervals",
    "hills",
    "trail",
    "treadmill",
    "race",
    "ride",
    "walk",
]
RUN_KINDS = frozenset[Kind](
    {"easy", "recovery", "long", "tempo", "intervals", "hills", "trail", "treadmill", "race"}
)

_WEEKDAY_WEIGHT = (0.25, 0.85, 0.45, 0.75, 0.20, 0.55, 0.95)  # Monday to Sunday; sums to 4
_PHASE_SHARE: dict[biography.Phase, float] = {
    "base": 1.0,
    "build": 1.22,
    "taper": 0.95,
    "recovery": 0.55,
    "holiday": 0.75,
    "illness": 0.0,
    "injury": 0.0,
    "return": 0.75,
}
_LIFE_GETS_IN_THE_WAY = 1.03  # makes up for illness and injury, so the wished mean is met
_SURE = 0.97  # no weekday is certain
_DARK_MONTHS = frozenset({11, 12, 1, 2})
_TUESDAY, _THURSDAY, _SUNDAY = 1, 3, 6


@dataclass(frozen=True, kw_only=True)
class Session:
    """One entry of the diary: what was set out to do on a day."""

    day: date
    part: int  # 0 the day's first session, 1 the second
    kind: Kind
    phase: biography.Phase
    distance_m: float
    race: biography.Race | None = None
    is_injected: bool = False  # its notes hold an instruction for a language model


def plan_year(seed: int, year: int, runs_per_week: float) -> Iterator[Session]:
    """All sessions of one calendar year, in order of time."""
    day, summer_runs = date(year, 1, 1), 0
    while day.year == year:
        for session in _plan_day(seed, day, runs_per_week):
            is_run = session.kind in RUN_KINDS and session.kind != "race"
            summer_runs += is_run and day >= date(year, 9, 1)
            yield _injected(session) if is_run and summer_runs == 3 else session
        day += timedelta(days=1)


def _injected(session: Session) -> Session:
    return Session(
        day=session.day,
        part=session.part,
        kind=session.kind,
        phase=session.phase,
        distance_m=session.distance_m,
        is_injected=True,
    )


def _plan_day(seed: int, day: date, runs_per_week: float) -> Iterator[Session]:
    chance = dice(seed, "diary", day.toordinal())
    phase = biography.phase_on(seed, day)
    race = biography.race_on(seed, day)
    if race:
        yield Session(
            day=day, part=0, kind="race", phase=phase, distance_m=race.distance_m, race=race
        )
        return
    wish = _wish(day, phase, runs_per_week)
    ran, ran_twice, crossed = chance.random(3)
    if ran < min(wish, _SURE):
        yield _run(chance, seed, day, phase)
    elif crossed < (0.22 if phase in {"injury", "return"} else 0.07):
        yield _other_sport(chance, day, phase)
    if ran_twice < wish - _SURE:
        yield _short_evening_run(chance, day, phase)


def _wish(day: date, phase: biography.Phase, runs_per_week: float) -> float:
    weight = _WEEKDAY_WEIGHT[day.weekday()] * runs_per_week / sum(_WEEKDAY_WEIGHT)
    even = runs_per_week / 7.0  # whoever runs every day has no empty weekday
    share = min(1.0, runs_per_week / 8.0)
    return (weight * (1 - share) + even * share) * _PHASE_SHARE[phase] * _LIFE_GETS_IN_THE_WAY


def _run(chance: np.random.Generator, seed: int, day: date, phase: biography.Phase) -> Session:
    kind = _kind(chance, day, phase)
    return Session(
        day=day,
        part=0,
        kind=kind,
        phase=phase,
        distance_m=_distance_m(chance, seed, day, phase, kind),
    )


def _kind(chance: np.random.Generator, day: date, phase: biography.Phase) -> Kind:
    luck = float(chance.random())
    if phase in {"return", "recovery"}:
        return "recovery"
    if day.weekday() == _SUNDAY:
        return "trail" if luck < 0.2 and phase == "base" else "long"
    if day.weekday() == _TUESDAY and phase != "holiday":
        return _first_below(luck, (("intervals", 0.55), ("hills", 0.7)))
    if day.weekday() == _THURSDAY and phase != "holiday":
        return _first_below(luck, (("tempo", 0.45),))
    indoors = 0.22 if day.month in _DARK_MONTHS else 0.03
    return _first_below(luck, (("treadmill", indoors), ("recovery", indoors + 0.15)))


def _first_below(luck: float, shares: tuple[tuple[Kind, float], ...]) -> Kind:
    for kind, share in shares:
        if luck < share:
            return kind
    return "easy"


def _distance_m(
    chance: np.random.Generator, seed: int, day: date, phase: biography.Phase, kind: Kind
) -> float:
    middle = {
        "recovery": 5_400.0,
        "easy": 8_000.0,
        "treadmill": 7_000.0,
        "trail": 13_500.0,
        "long": _long_m(seed, day, phase),
    }.get(kind, 10_000.0)
    return float(np.clip(middle * chance.normal(1.0, 0.14), 3_000.0, 34_000.0))


def _long_m(seed: int, day: date, phase: biography.Phase) -> float:
    goal = biography.next_goal(seed, day)
    if goal is None or phase not in {"build", "taper"}:
        return 13_000.0
    weeks_done = 13 - (goal.day - day).days / 7
    top = 31_000.0 if goal.distance_m == biography.MARATHON_M else 19_500.0
    climb = 13_000.0 + (top - 13_000.0) * min(1.0, max(0.0, weeks_done) / 10)
    easier_week = 0.75 if day.isocalendar().week % 4 == 0 else 1.0
    return climb * easier_week * (0.6 if phase == "taper" else 1.0)


def _other_sport(chance: np.random.Generator, day: date, phase: biography.Phase) -> Session:
    kind: Kind = "ride" if chance.random() < 0.55 else "walk"
    middle = 27_000.0 if kind == "ride" else 4_800.0
    distance_m = float(middle * np.clip(chance.normal(1.0, 0.3), 0.4, 1.9))
    return Session(day=day, part=0, kind=kind, phase=phase, distance_m=distance_m)


def _short_evening_run(chance: np.random.Generator, day: date, phase: biography.Phase) -> Session:
    distance_m = float(chance.uniform(4_500, 8_500))
    return Session(day=day, part=1, kind="recovery", phase=phase, distance_m=distance_m)
