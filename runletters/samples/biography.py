"""The invented runner's life: races, holidays, illness, injury, and fitness through it all.

Pure. Everything is a function of the seed and the calendar day, never of where a
history starts or ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from typing import Literal, TypeAlias

import numpy as np

from runletters.samples.chance import dice

Phase: TypeAlias = Literal[
    "base", "build", "taper", "recovery", "holiday", "illness", "injury", "return"
]
HALF_M, MARATHON_M = 21_097.5, 42_195.0
HOME_ZONE, AWAY_ZONE = "Atlantic/Azores", "America/Noronha"
_SUNDAY, _SATURDAY = 6, 5


@dataclass(frozen=True, kw_only=True)
class Race:
    """A day with a number on the chest."""

    day: date
    name: str
    distance_m: float
    is_goal: bool


@dataclass(frozen=True, kw_only=True)
class Episode:
    """Days that were not like the others; both ends are part of it."""

    phase: Phase
    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether the day belongs to it."""
        return self.first <= day <= self.last


@dataclass(frozen=True, kw_only=True)
class Year:
    """What one calendar year brought, in order of date."""

    races: tuple[Race, ...]
    episodes: tuple[Episode, ...]


@lru_cache(maxsize=256)
def year_of(seed: int, year: int) -> Year:
    """The races and episodes of one calendar year."""
    episodes = _episodes(seed, year)
    races = tuple(r for r in _races(seed, year) if not _is_out(r.day, episodes))
    return Year(races=races, episodes=episodes)


def episode_on(seed: int, day: date) -> Episode | None:
    """The episode of a day, if it has one."""
    return next((e for e in _episodes_around(seed, day) if e.holds(day)), None)


def race_on(seed: int, day: date) -> Race | None:
    """The race of a day, if it has one."""
    return next((r for r in year_of(seed, day.year).races if r.day == day), None)


def next_goal(seed: int, day: date) -> Race | None:
    """The goal race ahead of a day, this year or next."""
    races = chain(year_of(seed, day.year).races, year_of(seed, day.year + 1).races)
    return next((r for r in races if r.is_goal and r.day >= day), None)


def days_since_race(seed: int, day: date) -> int:
    """Days since the last race; 999 without one in this year and the last."""
    races = chain(year_of(seed, day.year - 1).races, year_of(seed, day.year).races)
    return min(((day - r.day).days for r in races if r.day <= day), default=999)


def phase_on(seed: int, day: date) -> Phase:
    """What kind of training the day belongs to."""
    if episode := episode_on(seed, day):
        return episode.phase
    goal = next_goal(seed, day)
    ahead = (goal.day - day).days if goal else 999
    if ahead <= (14 if goal and goal.distance_m == MARATHON_M else 8):
        return "taper"
    if days_since_race(seed, day) <= 4:
        return "recovery"
    return "build" if ahead <= 91 else "base"


def threshold_speed_m_s(seed: int, day: date) -> float:
    """The speed the runner could hold for about an hour on that day, in m/s.

    Grows over the years, peaks in April and October, falls with injury and illness
    and comes back.
    """
    years = day.year + day.timetuple().tm_yday / 365.25
    chance = dice(seed, "talent")
    talent = 2.95 + float(np.clip(chance.normal(0, 0.18), -0.35, 0.45))
    learned = 0.05 * float(np.clip(years - 2012.0, 0, 18)) + 0.05 * np.sin(years * 1.15)
    season = 0.06 * np.cos(4 * np.pi * (years % 1 - 0.29))
    wobble = 0.025 * np.sin(2 * np.pi * years * 3.7 + chance.uniform(0, 6))
    return float(talent + learned + season + wobble - _lost(seed, day))


def heart_rate_max_bpm(seed: int, day: date) -> float:
    """The runner's own maximum, half a beat lower each year."""
    return float(dice(seed, "heart").integers(184, 195)) - 0.5 * (day.year - 2024)


def heart_rate_rest_bpm(seed: int) -> float:
    """The runner's resting heart rate."""
    return float(dice(seed, "rest").integers(46, 57))


def _lost(seed: int, day: date) -> float:
    depth = {"injury": 0.30, "illness": 0.09}
    slow = {"injury": 40.0, "illness": 12.0}
    gone = 0.0
    for episode in _episodes_around(seed, day):
        if episode.phase in depth and episode.first <= day:
            share = min(1.0, ((day - episode.first).days + 1) / 21)
            after = max(0, (day - episode.last).days)
            gone += depth[episode.phase] * share * float(np.exp(-after / slow[episode.phase]))
    return gone


def _episodes_around(seed: int, day: date) -> chain[Episode]:
    return chain(year_of(seed, day.year).episodes, year_of(seed, day.year - 1).episodes)


def _is_out(day: date, episodes: tuple[Episode, ...]) -> bool:
    return any(e.holds(day) for e in episodes)


def _races(seed: int, year: int) -> tuple[Race, ...]:
    chance = dice(seed, "races", year)
    odd = year % 2 == 1
    spring, autumn = (MARATHON_M, HALF_M) if odd else (HALF_M, MARATHON_M)
    wanted = (
        (date(year, 3, 5), _SATURDAY, "Harbour Mile Five", 5_000.0, False),
        (date(year, 4, 12), _SUNDAY, "Lantern Coast", spring, True),
        (date(year, 5, 24), _SUNDAY, "Two Bridges 10K", 10_000.0, False),
        (date(year, 6, 28), _SATURDAY, "Saltmarsh Evening 5K", 5_000.0, False),
        (date(year, 9, 4), _SUNDAY, "Gull Point 10K", 10_000.0, False),
        (date(year, 10, 8), _SUNDAY, "Islands", autumn, True),
        (date(year, 11, 26), _SATURDAY, "Last Leaf 5K", 5_000.0, False),
    )
    return tuple(
        Race(
            day=_weekday_after(first, weekday),
            name=name + {HALF_M: " Half Marathon", MARATHON_M: " Marathon"}.get(metres, ""),
            distance_m=metres,
            is_goal=goal,
        )
        for first, weekday, name, metres, goal in wanted
        if goal or chance.random() < 0.75
    )


def _weekday_after(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _episodes(seed: int, year: int) -> tuple[Episode, ...]:
    chance = dice(seed, "episodes", year)
    holidays = (
        _span("holiday", date(year, 7, 18) + timedelta(days=int(chance.integers(16))), 13),
        _span("holiday", date(year, 12, 22), 8),
    )
    ill = tuple(
        _span("illness", first + timedelta(days=int(chance.integers(60))), int(length))
        for first, length in zip(
            (date(year, 1, 8), date(year, 10, 24)), chance.integers(4, 10, 2), strict=True
        )
    )
    return tuple(sorted((*_injury(seed, year), *ill, *holidays), key=lambda e: _rank(e.phase)))


def _injury(seed: int, year: int) -> tuple[Episode, ...]:
    """About every other year: three to seven weeks out, then three weeks of coming back."""
    chance = dice(seed, "injury", year)
    if (year + seed) % 2 or chance.random() < 0.15:
        return ()
    first = date(year, 5, 28) + timedelta(days=int(chance.integers(20)))
    out = _span("injury", first, int(chance.integers(21, 50)))
    return (out, _span("return", out.last + timedelta(days=1), 20))


def _span(phase: Phase, first: date, days: int) -> Episode:
    return Episode(phase=phase, first=first, last=first + timedelta(days=days))


def _rank(phase: Phase) -> int:
    return ("injury", "illness", "return", "holiday").index(phase)
