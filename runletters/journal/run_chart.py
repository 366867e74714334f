"""Pace and heart rate along one run, as the geometry of a small chart.

Pure: no clock, no network, no database, no files. Faster is up. The last stretch of a
run may be a few metres long; too short to set the range, it is drawn within it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from runletters.journal.model import Split
from runletters.journal.scales import COUNT_STEPS, PACE_STEPS, Axis, axis, length_axis
from runletters.wording import Wording

WIDTH = 340
PLOT = 296  # the rest is for the labels of the axes
PACE_TOP, PACE_BOTTOM = 8.0, 66.0
RATE_TOP, RATE_BOTTOM = 84.0, 124.0
FEWEST_SPLITS = 2
COUNTED_M = 300.0


@dataclass(frozen=True, kw_only=True)
class Label:
    """A line of an axis and what it says."""

    at: float
    text: str


@dataclass(frozen=True, kw_only=True)
class RunChart:
    """Everything the template draws; `rate_line` is empty without heart rate."""

    height: int
    baseline: float
    pace_line: str
    pace_area: str
    pace_labels: tuple[Label, ...]
    rate_line: str
    rate_labels: tuple[Label, ...]
    distance_labels: tuple[Label, ...]
    slowest: str
    fastest: str
    lowest_bpm: str
    highest_bpm: str


def run_chart(splits: Sequence[Split], wording: Wording) -> RunChart | None:
    """The chart of a run; None with fewer than two splits."""
    if len(splits) < FEWEST_SPLITS:
        return None
    counted = [split for split in splits if split.distance_m >= COUNTED_M] or list(splits)
    factor = wording.unit_m / 1000.0
    paces = [split.pace_s_per_km * factor for split in counted]
    rates = [split.heart_rate_bpm for split in counted if split.heart_rate_bpm is not None]
    has_rate = len(rates) >= FEWEST_SPLITS
    along = _along(splits, wording)
    pace = axis(paces, PACE_TOP, PACE_BOTTOM, steps=PACE_STEPS)
    rate = axis(rates, RATE_BOTTOM, RATE_TOP, steps=COUNT_STEPS[3:]) if has_rate else None
    line = _steps([split.pace_s_per_km * factor for split in splits], splits, along, pace)
    bottom = RATE_BOTTOM if rate else PACE_BOTTOM
    return RunChart(
        height=int(bottom) + 22,
        baseline=bottom + 6,
        pace_line=line,
        pace_area=f"{line}V{PACE_BOTTOM + 4:g}H0Z",
        pace_labels=tuple(Label(at=pace.px(at), text=wording.clocked(at)) for at in pace.ticks),
        rate_line=_rate_line(splits, along, rate) if rate else "",
        rate_labels=_counts(rate, wording) if rate else (),
        distance_labels=_counts(along, wording),
        slowest=wording.pace_of(max(paces)),
        fastest=wording.pace_of(min(paces)),
        lowest_bpm=wording.bpm(min(rates)) if rates else "",
        highest_bpm=wording.bpm(max(rates)) if rates else "",
    )


def _along(splits: Sequence[Split], wording: Wording) -> Axis:
    total_m = sum(split.distance_m for split in splits)
    return length_axis(total_m / wording.unit_m, PLOT)


def _counts(scale: Axis, wording: Wording) -> tuple[Label, ...]:
    return tuple(Label(at=scale.px(at), text=wording.count(at)) for at in scale.ticks)


def _steps(values: Sequence[float], splits: Sequence[Split], along: Axis, scale: Axis) -> str:
    """A line that is level within each split."""
    ends = _ends(splits, along)
    steps = (
        f"V{scale.px(value):g}H{right:g}" for value, (_, right) in zip(values, ends, strict=True)
    )
    drawn = "".join(steps)
    return "M0 " + drawn.removeprefix("V")


def _rate_line(splits: Sequence[Split], along: Axis, scale: Axis) -> str:
    """A line through the middle of each split; a split without heart rate leaves a hole."""
    drawn, pen = "", "M"
    for split, (left, right) in zip(splits, _ends(splits, along), strict=True):
        if split.heart_rate_bpm is None:
            pen = "M"
            continue
        drawn += f"{pen}{(left + right) / 2:.1f} {scale.px(split.heart_rate_bpm):g}"
        pen = "L"
    return drawn


def _ends(splits: Sequence[Split], along: Axis) -> list[tuple[float, float]]:
    """Left and right of each split in pixels."""
    total_m = sum(split.distance_m for split in splits)
    metres = accumulate((split.distance_m for split in splits), initial=0.0)
    return list(pairwise(along.px(metre / total_m * along.high) for metre in metres))
