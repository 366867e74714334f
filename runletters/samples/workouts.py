"""From a session to its parts: warm-up, repetitions, recoveries, cool-down.

Pure. Intensity is a share of the speed the runner can hold for an hour that day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from runletters.samples.biography import HALF_M, MARATHON_M
from runletters.samples.calendar import Session

Unit: TypeAlias = Literal["m", "s"]
_EASY, _STEADY, _JOG = 0.76, 0.80, 0.58
_RACE_INTENSITY = {5_000.0: 1.065, 10_000.0: 1.015, HALF_M: 0.955, MARATHON_M: 0.885}


@dataclass(frozen=True, kw_only=True)
class Block:
    """One part of a session; `is_lap` when the runner pressed the lap button after it."""

    intensity: float
    amount: float
    unit: Unit = "m"
    is_lap: bool = False
    grade: float = 0.0  # hill repetitions bring their own hill


def blocks_of(session: Session, chance: np.random.Generator) -> tuple[Block, ...]:
    """What the session is made of."""
    day_form = float(chance.normal(1.0, 0.015))
    match session.kind:
        case "race":
            intensity = _RACE_INTENSITY[session.distance_m] * day_form
            return _race(session.distance_m, intensity, chance)
        case "intervals":
            return _intervals(chance, day_form)
        case "hills":
            return _hills(chance, day_form)
        case "tempo":
            return _tempo(chance, day_form)
        case _:
            return _steady(session, day_form + float(chance.normal(0, 0.025)))


def _steady(session: Session, day_form: float) -> tuple[Block, ...]:
    intensity = {"recovery": 0.70, "long": _EASY, "ride": 0.72, "walk": 0.80}.get(
        session.kind, _STEADY
    )
    if session.kind == "long" and session.phase == "build" and session.day.day % 2:
        return (  # every other long run of a build-up ends at the goal's speed
            Block(intensity=_EASY * day_form, amount=session.distance_m * 0.7),
            Block(intensity=0.89 * day_form, amount=session.distance_m * 0.3),
        )
    return (Block(intensity=intensity * day_form, amount=session.distance_m),)


def _race(distance_m: float, intensity: float, chance: np.random.Generator) -> tuple[Block, ...]:
    """Ten parts, from too careful to too brave; now and then a marathon ends in a walk."""
    tilt = float(chance.normal(-0.005, 0.02))
    shares = intensity * (1 + tilt * np.linspace(1, -1, 10))
    if distance_m == MARATHON_M and chance.random() < 0.4:
        shares[8:] *= chance.uniform(0.82, 0.92)
    return tuple(Block(intensity=float(s), amount=distance_m / 10) for s in shares)


def _intervals(chance: np.random.Generator, day_form: float) -> tuple[Block, ...]:
    count, metres, intensity, rest_s = (
        (6, 800.0, 1.075, 120.0),
        (5, 1_000.0, 1.06, 150.0),
        (10, 400.0, 1.12, 75.0),
        (4, 1_600.0, 1.03, 180.0),
        (12, 300.0, 1.14, 60.0),
    )[int(chance.integers(5))]
    pair = (
        Block(intensity=intensity * day_form, amount=metres, is_lap=True),
        Block(intensity=_JOG, amount=rest_s, unit="s", is_lap=True),
    )
    return _between(pair * count, day_form)


def _hills(chance: np.random.Generator, day_form: float) -> tuple[Block, ...]:
    climb_s = float(chance.choice([45.0, 60.0, 90.0]))
    pair = (
        Block(intensity=1.04 * day_form, amount=climb_s, unit="s", is_lap=True, grade=0.065),
        Block(intensity=0.62, amount=climb_s * 1.25, unit="s", is_lap=True, grade=-0.065),
    )
    return _between(pair * int(chance.integers(6, 11)), day_form)


def _tempo(chance: np.random.Generator, day_form: float) -> tuple[Block, ...]:
    if chance.random() < 0.5:
        minutes = float(chance.choice([20.0, 25.0, 30.0, 40.0]))
        piece = Block(intensity=0.965 * day_form, amount=minutes * 60, unit="s", is_lap=True)
        return _between((piece,), day_form)
    piece = Block(intensity=0.985 * day_form, amount=900.0, unit="s", is_lap=True)
    rest = Block(intensity=_JOG, amount=180.0, unit="s", is_lap=True)
    return _between((piece, rest, piece), day_form)


def _between(middle: tuple[Block, ...], day_form: float) -> tuple[Block, ...]:
    return (
        Block(intensity=0.74 * day_form, amount=2_200.0, is_lap=True),
        *middle,
        Block(intensity=0.70 * day_form, amount=1_600.0, is_lap=True),
    )
