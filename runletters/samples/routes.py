"""Invented loops on open water, with hills made of waves.

Pure. A loop is a closed curve that starts and ends at the runner's door; its relief
comes from a smooth landscape, so loops that cross agree on the height there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from runletters.samples.chance import Floats, dice

METRES_PER_DEGREE = 111_195.0
TRACK_M = 400.0
_HOME_LOOPS_M = (5_200.0, 6_400.0, 7_600.0, 8_900.0, 10_400.0, 12_300.0, 15_200.0, 18_600.0)
_TRAIL_LOOPS_M = (7_800.0, 11_500.0, 16_400.0, 21_300.0)
_AWAY_LOOPS_M = (5_800.0, 8_200.0, 11_000.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Loop:
    """A closed route, sampled about every 10 m; `along_m` runs from 0 to its length."""

    along_m: Floats
    latitude_deg: Floats
    longitude_deg: Floats
    altitude_m: Floats

    @property
    def length_m(self) -> float:
        """Once around."""
        return float(self.along_m[-1])


@dataclass(frozen=True, kw_only=True)
class Place:
    """Somewhere to run: its door and how hilly it is."""

    name: str
    latitude_deg: float
    longitude_deg: float
    relief_m: float
    loops_m: tuple[float, ...]


def place_named(seed: int, name: str) -> Place:
    """home, ridge (trails), track, or away (holidays). All of them lie on the ocean."""
    shift = dice(seed, "place").uniform(0.1, 0.4, 2)
    latitude, longitude = float(shift[0]), -float(shift[1])
    if name == "away":
        return Place(
            name=name,
            latitude_deg=-1.5 - latitude,
            longitude_deg=-24.0 + longitude,
            relief_m=14.0,
            loops_m=_AWAY_LOOPS_M,
        )
    relief, loops, offset = {
        "home": (5.0, _HOME_LOOPS_M, 0.0),
        "ridge": (60.0, _TRAIL_LOOPS_M, 0.08),
        "track": (0.3, (TRACK_M,), 0.02),
    }.get(name, (4.0, _HOME_LOOPS_M, 0.05))
    return Place(
        name=name,
        latitude_deg=latitude + offset,
        longitude_deg=longitude,
        relief_m=relief,
        loops_m=loops,
    )


def nearest_loop(seed: int, place: str, distance_m: float) -> Loop:
    """The loop of a place whose length is nearest to the wanted distance."""
    lengths = place_named(seed, place).loops_m
    return loop(seed, place, min(lengths, key=lambda length: abs(length - distance_m)))


@lru_cache(maxsize=128)
def loop(seed: int, place: str, length_m: float) -> Loop:
    """The loop of that length: the same whenever it is asked for."""
    where = place_named(seed, place)
    chance = dice(seed, place, int(length_m))
    angle = np.linspace(0, 2 * np.pi, max(81, int(length_m / 10) + 1))
    east, north = _outline(chance, angle, is_track=length_m == TRACK_M)
    steps = np.hypot(np.diff(east), np.diff(north))
    scale = length_m / float(steps.sum())
    east, north = (east - east[0]) * scale, (north - north[0]) * scale
    return Loop(
        along_m=np.concatenate([[0.0], np.cumsum(steps) * scale]),
        latitude_deg=where.latitude_deg + north / METRES_PER_DEGREE,
        longitude_deg=where.longitude_deg
        + east / (METRES_PER_DEGREE * np.cos(np.radians(where.latitude_deg))),
        altitude_m=_height(seed, place, east, north, where.relief_m),
    )


def _outline(
    chance: np.random.Generator, angle: Floats, *, is_track: bool
) -> tuple[Floats, Floats]:
    radius = np.ones_like(angle)
    for wave in range(2, 6):
        bump = 0.0 if is_track else chance.uniform(0.1, 0.45) / wave
        radius += bump * np.cos(wave * angle + chance.uniform(0, 6.3))
    turn = angle + chance.uniform(0, 6.3)
    return radius * np.cos(turn), radius * np.sin(turn) * (0.55 if is_track else 1.0)


def _height(seed: int, place: str, east: Floats, north: Floats, relief_m: float) -> Floats:
    chance = dice(seed, "land", len(place))
    height = np.full_like(east, 24.0 + 2.2 * relief_m)
    for length_m in (5_200.0, 3_100.0, 1_900.0, 1_100.0, 640.0):
        towards, phase = chance.uniform(0, 6.3, 2)
        wave = np.cos(towards) * east + np.sin(towards) * north
        share = relief_m * (length_m / 5_200.0) ** 0.75
        height += share * np.sin(2 * np.pi * wave / length_m + phase)
    return height
