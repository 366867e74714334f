"""What a benchmark says: a number of ours, the same number of peers, and how it was made.

A benchmark whose part of the product is missing says so and holds no number.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One line of the table; `ours` is None when nothing was measured, the note says why."""

    name: str
    unit: str
    ours: float | None
    peers: dict[str, float | None] = field(default_factory=dict[str, float | None])
    note: str = ""


def not_measured(name: str, unit: str, reason: str) -> Measure:
    """A line without a number."""
    return Measure(name=name, unit=unit, ours=None, note=f"not measured: {reason}")


def median_seconds(
    contestants: dict[str, Callable[[], object]], *, rounds: int
) -> dict[str, float]:
    """Median wall seconds of each, taken in turns so that a busy machine is unfair to all."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, work in contestants.items():
            began = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def as_json(measures: list[Measure]) -> str:
    """The list that build/bench.json holds."""
    return json.dumps([asdict(m) for m in measures], indent=1, ensure_ascii=False) + "\n"


def write_json(measures: list[Measure], target: Path) -> None:
    """Write build/bench.json whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_suffix(".half")
    half.write_text(as_json(measures), encoding="utf-8")
    half.replace(target)


def as_table(measures: list[Measure]) -> Table:
    """The same for people."""
    table = Table(title="Run Letters beside others, on this machine", show_lines=True)
    for heading, side in (("what", "left"), ("ours", "right"), ("unit", "left")):
        table.add_column(heading, justify=side)
    table.add_column("peers")
    table.add_column("how", overflow="fold", ratio=1)
    for m in measures:
        peers = "\n".join(f"{name} {_figure(value)}" for name, value in m.peers.items())
        table.add_row(m.name, _figure(m.ours), m.unit, peers or "–", m.note)
    return table


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"
