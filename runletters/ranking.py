"""Ranks, last times and usuals of a sequence, as of each of its rows.

Pure: no clock, no network, no database. Nothing looks ahead; each function is one pass
with sorted lists or stacks, never a scan per row.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from datetime import date
from statistics import median

USUAL_RUNS = 20  # the usual is the median of the last twenty
USUAL_MIN_RUNS = 5  # fewer are no usual


def running_rank(
    values: Sequence[float | None], groups: Sequence[Hashable]
) -> list[tuple[int, int] | None]:
    """Rank from the top (equal values share) and count, within the group and up to each row."""
    seen: dict[Hashable, list[float]] = defaultdict(list)
    ranks: list[tuple[int, int] | None] = []
    for value, group in zip(values, groups, strict=True):
        if value is None:
            ranks.append(None)
            continue
        insort(seen[group], value)
        n = len(seen[group])
        ranks.append((n - bisect_right(seen[group], value) + 1, n))
    return ranks


def previous_at_least(
    values: Sequence[float | None], groups: Sequence[Hashable]
) -> list[int | None]:
    """Index of the latest earlier row of the group whose value is at least as high."""
    stacks: dict[Hashable, list[int]] = defaultdict(list)
    found: list[int | None] = []
    for index, (value, group) in enumerate(zip(values, groups, strict=True)):
        if value is None:
            found.append(None)
            continue
        stack = stacks[group]
        while stack and (values[stack[-1]] or 0.0) < value:
            stack.pop()
        found.append(stack[-1] if stack else None)
        stack.append(index)
    return found


def usual(values: Sequence[float | None], groups: Sequence[Hashable]) -> list[float | None]:
    """Median of the last twenty earlier values of the group; null below five."""
    last: dict[Hashable, deque[float]] = defaultdict(lambda: deque(maxlen=USUAL_RUNS))
    medians: list[float | None] = []
    for value, group in zip(values, groups, strict=True):
        earlier = last[group]
        medians.append(median(earlier) if len(earlier) >= USUAL_MIN_RUNS else None)
        if value is not None:
            earlier.append(value)
    return medians


def day_streak(days: Sequence[date]) -> list[int]:
    """Consecutive local days with a run, ending on each row's day."""
    streaks: list[int] = []
    for index, day in enumerate(days):
        gap = (day - days[index - 1]).days if index else None
        before = streaks[-1] if streaks else 0
        streaks.append(1 if gap is None or gap > 1 else before + gap)
    return streaks
