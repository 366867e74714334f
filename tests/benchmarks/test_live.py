"""The live benchmark counts what the fake saw, and says when there was nothing to count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.live import SHORT, as_lines
from benchmarks.racing import Race
from benchmarks.stage import KEY, fake_api, per_second

_RACE = Race(
    code=0, done=90, failed=10, seconds=50.0, whole_s=52.0, cpu_s=1.0, server_cpu_s=2.0,
    fake_cpu_s=0.1, peak_mb=300.0, by_status={200: 100, 429: 7}, starts=(0.1, 0.2, 1.5),
    recorded={"completed": 90, "failed": 5, "running": 5},
)  # fmt: skip
_RACES = {"ours": _RACE, "plain asyncio": _RACE, "plain Prefect": replace(_RACE, done=45)}


def test_every_figure_is_a_line_beside_its_peers() -> None:
    """Rates count texts that came; states in which nothing ends are not recorded."""
    lines = {line.name: line for line in as_lines("live", SHORT, _RACES)}

    assert lines["live: texts"].ours == 90 / 50
    assert lines["live: texts"].peers["plain Prefect"] == 45 / 50
    assert lines["live: CPU of the process"].ours == 10.0
    assert lines["live: task runs recorded"].ours == 95.0
    assert lines["live: answers of 429"].ours == 7
    assert "ours: 2 1" in lines["live: of the limit, steady"].note
    assert "plain asyncio" not in lines["live: task runs recorded"].peers


def test_a_backfill_that_broke_has_no_figures() -> None:
    """A race that was not run to its end is a reason, not a result."""
    broken = replace(_RACE, code=1, done=0, errors="Traceback\nValueError: no home")

    (line,) = as_lines("live", SHORT, _RACES | {"ours": broken})

    assert line.ours is None
    assert line.note == "not measured: ValueError: no home"


def test_calls_are_counted_by_the_second() -> None:
    """Seconds without a call are zeros, so that a pause can be seen."""
    assert per_second([10.0, 10.9, 13.2, 13.3]) == [2, 0, 0, 2]
    assert per_second([]) == []


def test_the_fake_runs_as_its_own_process(tmp_path: Path) -> None:
    """Its limits are in force, and it ends with the block."""
    with fake_api(tmp_path, *SHORT.latencies) as fake:
        seen = fake.stats()

    assert seen["starts"] == []
    assert KEY not in str(seen)
