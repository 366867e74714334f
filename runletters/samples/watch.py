"""What the watch makes of it: faults of strap and satellite, and fewer samples.

Pure. A channel that was not recorded is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

import numpy as np

from runletters.samples.chance import Floats, smooth_noise
from runletters.samples.routes import METRES_PER_DEGREE

StrapFault: TypeAlias = Literal["none", "forgotten", "cadence_lock", "spikes", "frozen", "dropout"]
Sampling: TypeAlias = Literal["smart", "every_second"]
_MOST_BPM = 238.0
_STRAP_SHARES: tuple[tuple[StrapFault, float], ...] = (
    ("forgotten", 0.07),
    ("cadence_lock", 0.09),
    ("spikes", 0.105),
    ("frozen", 0.115),
    ("dropout", 0.135),
)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """The device of a day and what went wrong with it."""

    name: str
    pauses_by_itself: bool
    has_power: bool
    strap_fault: StrapFault
    loses_satellites: bool


def watch_on(day: date, chance: np.random.Generator) -> Watch:
    """The watch the runner owned then; a new one every few years."""
    lucky, satellites = chance.random(2)
    name = ("Tidal One", "Tidal Two", "Heron 300", "Heron 500")[
        (day.year >= 2018) + (day.year >= 2021) + (day.year >= 2024)
    ]
    return Watch(
        name=name,
        pauses_by_itself=name.startswith("Heron"),
        has_power=name == "Heron 500",
        strap_fault=_strap_fault(float(lucky)),
        loses_satellites=bool(satellites < 0.03),
    )


def _strap_fault(luck: float) -> StrapFault:
    for fault, share in _STRAP_SHARES:
        if luck < share:
            return fault
    return "none"


def strapped(
    fault: StrapFault, heart_rate: Floats, cadence: Floats, chance: np.random.Generator
) -> Floats:
    """The heart rate as the strap told it."""
    told = heart_rate.copy()
    if fault == "forgotten":
        told[:] = np.nan
    elif fault == "cadence_lock":
        until = min(told.size, int(chance.integers(240, 700)))
        told[:until] = np.where(cadence[:until] > 0, cadence[:until] * 2, told[:until])
    elif fault == "spikes":
        for window in _windows(chance, told.size, count=3, longest=20):
            told[window] = np.rint(chance.uniform(214, _MOST_BPM))
    elif fault == "frozen":
        window = _windows(chance, told.size, count=1, longest=420)[0]
        told[window] = told[window.start]
    elif fault == "dropout":
        for window in _windows(chance, told.size, count=2, longest=180):
            told[window] = np.nan
    return told


def located(
    watch: Watch, latitude: Floats, longitude: Floats, chance: np.random.Generator
) -> tuple[Floats, Floats]:
    """Positions in degrees with a few metres of wander, and a hole where the sky was lost."""
    wander = 1.7 / METRES_PER_DEGREE
    north = latitude + wander * smooth_noise(chance, latitude.size, memory=30.0)
    east = longitude + wander * smooth_noise(chance, longitude.size, memory=30.0)
    if watch.loses_satellites:
        hole = _windows(chance, latitude.size, count=1, longest=240)[0]
        north[hole], east[hole] = np.nan, np.nan
    return np.round(north, 7), np.round(east, 7)


def kept(
    stopped: Floats,
    chance: np.random.Generator,
    *,
    sampling: Sampling,
    seconds_apart: int,
    must_keep: tuple[int, ...],
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], Floats]:
    """Which seconds are written, and the segment of each.

    Args:
        stopped: 1 for each second in which the watch had paused itself, else 0.
        chance: Where the gaps of smart recording come from.
        sampling: smart writes a sample every few seconds.
        seconds_apart: Mean distance of samples under smart recording.
        must_keep: Seconds that are written in any case (ends of laps).

    Returns:
        Indices in rising order, and the segment (from 0) at each.
    """
    size = stopped.size
    if sampling == "every_second" or seconds_apart <= 1:
        chosen = np.ones(size, dtype=np.bool_)
    else:
        chosen = np.zeros(size, dtype=np.bool_)
        steps = chance.integers(1, 2 * seconds_apart, size // seconds_apart + 8)
        marks = np.cumsum(steps)
        chosen[marks[marks < size]] = True
    edges = np.flatnonzero(np.diff(stopped))
    chosen[np.concatenate([[0, size - 1], must_keep, edges, edges + 1]).astype(np.int64)] = True
    chosen &= stopped == 0
    segment = np.cumsum(np.diff(stopped, prepend=0.0) > 0).astype(np.float64)
    indices = np.flatnonzero(chosen)
    return indices, segment[indices]


def _windows(chance: np.random.Generator, size: int, *, count: int, longest: int) -> list[slice]:
    starts = chance.integers(size // 10, max(size // 10 + 1, size - longest), count)
    lengths = chance.integers(max(3, longest // 4), longest, count)
    return [
        slice(int(start), int(start + length))
        for start, length in zip(starts, lengths, strict=True)
    ]
