"""Axes that people can read: round ticks over a range, and where a value lies on them.

Pure: no clock, no network, no database, no files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

PACE_STEPS = (5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)
COUNT_STEPS = tuple(base * 10.0**power for power in range(-1, 6) for base in (1, 2, 5))


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A range of values on a range of pixels; `start_px` belongs to `low`."""

    low: float
    high: float
    start_px: float
    end_px: float
    ticks: tuple[float, ...] = ()

    def px(self, value: float) -> float:
        """Where a value lies, held within the range, to a tenth of a pixel."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start_px + share * (self.end_px - self.start_px), 1)


def axis(
    values: Sequence[float],
    start_px: float,
    end_px: float,
    *,
    steps: Sequence[float] = COUNT_STEPS,
    most: int = 3,
    from_zero: bool = False,
) -> Axis:
    """An axis that holds all values, with at most `most` round ticks inside.

    The range ends at the values, widened to one step where they hardly differ.
    """
    low, high = (0.0 if from_zero else min(values)), max(values)
    low, high = _widened(low, high, steps[0], from_zero=from_zero)
    return Axis(
        low=low, high=high, start_px=start_px, end_px=end_px, ticks=_ticks(low, high, steps, most)
    )


def length_axis(length: float, end_px: float, *, most: int = 8) -> Axis:
    """An axis from 0 to exactly this length, with round whole ticks."""
    ticks = _ticks(0.0, length, COUNT_STEPS[3:], most)
    return Axis(low=0.0, high=length, start_px=0.0, end_px=end_px, ticks=ticks)


def _ticks(low: float, high: float, steps: Sequence[float], most: int) -> tuple[float, ...]:
    step = next((each for each in steps if _count(low, high, each) <= most), high - low)
    first = math.ceil(low / step - 1e-9)
    return tuple(round(step * n, 6) for n in range(first, first + _count(low, high, step)))


def _widened(low: float, high: float, step: float, *, from_zero: bool) -> tuple[float, float]:
    missing = 4 * step - (high - low)
    if missing <= 0:
        return low, high
    return (low, high + missing) if from_zero else (low - missing / 2, high + missing / 2)


def _count(low: float, high: float, step: float) -> int:
    """How many multiples of a step lie within the range."""
    return math.floor(high / step + 1e-9) - math.ceil(low / step - 1e-9) + 1
