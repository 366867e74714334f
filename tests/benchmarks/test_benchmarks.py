"""The benchmark harness says what it measured, and says so when it measured nothing."""

from __future__ import annotations

import io
import json
import sys
from itertools import islice
from pathlib import Path

from rich.console import Console

from benchmarks import run as runner
from benchmarks.measures import Measure, as_table, median_seconds, not_measured, write_json
from benchmarks.workbench import UNTIL, Ran, Workbench, run_measured
from runletters.edges.sample_files import write_strava_export
from runletters.samples import generate_history


def _ran(**changes: object) -> Ran:
    plain = {"code": 0, "seconds": 2.0, "peak_mb": 100.0, "reply": {}, "errors": ""}
    return Ran(**(plain | changes))


def test_the_json_is_a_list_with_the_agreed_keys(tmp_path: Path) -> None:
    """Each line holds name, unit, ours, peers and note, and nothing else."""
    target = tmp_path / "build" / "bench.json"

    write_json([Measure(name="a", unit="s", ours=1.5, peers={"b": 3.0}, note="c")], target)

    assert json.loads(target.read_text()) == [
        {"name": "a", "unit": "s", "ours": 1.5, "peers": {"b": 3.0}, "note": "c"}
    ]


def test_what_was_not_measured_has_a_reason_and_no_number() -> None:
    """Nobody can take a missing part of the product for a result."""
    line = not_measured("x", "s", "it is not there yet")

    assert line.ours is None
    assert line.note == "not measured: it is not there yet"
    assert line.peers == {}


def test_a_bench_that_breaks_is_a_line_and_the_others_still_run(tmp_path: Path) -> None:
    """One failure hides nothing."""

    def broken(_: Workbench) -> list[Measure]:
        raise RuntimeError("no such luck")

    sound = Measure(name="sound", unit="s", ours=1.0)
    benches: dict[str, runner.Bench] = {"broken": broken, "sound": lambda _: [sound]}

    lines = runner.run(benches, Workbench(tmp_path), Console(quiet=True))

    assert lines[0].note == "not measured: RuntimeError: no such luck"
    assert lines[1] == sound


def test_a_command_is_measured_in_its_own_process(tmp_path: Path) -> None:
    """Exit code, answer, wall time and peak memory are those of the command."""
    script = "x = bytearray(150_000_000); print('log'); print('{\"done\": 3}')"

    ran = run_measured([sys.executable, "-c", script], env={}, folder=tmp_path)

    assert ran.code == 0
    assert ran.reply == {"done": 3}
    # No upper bound: until it starts the command, the child is a fork of this test process.
    assert 150 < ran.peak_mb
    assert ran.seconds > 0


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    """The last line on stderr is the reason, unless the answer has a message."""
    script = "import sys; sys.exit('boom')"

    ran = run_measured([sys.executable, "-c", script], env={}, folder=tmp_path)

    assert ran.why_not == "exit code 1: boom"
    assert _ran(code=4, reply={"message": "no file"}, errors="x").why_not == "exit code 4: no file"


def test_contestants_take_turns() -> None:
    """Rounds alternate, so a slow minute of the machine hits everybody."""
    order: list[str] = []

    seconds = median_seconds(
        {"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=3
    )

    assert order == ["a", "b"] * 3
    assert set(seconds) == {"a", "b"}


def test_backfill_without_ingest_measures_nothing(tmp_path: Path) -> None:
    """A part of the product that fails leads to lines with its own words, and no figures."""
    bench = Workbench(tmp_path)
    bench.export = tmp_path / "nobody-wrote-this.zip"

    lines = runner.BENCHES["backfill_offline"](bench)

    assert [m.ours for m in lines] == [None, None, None]
    assert all(m.note.startswith("not measured: runletters ingest: exit code") for m in lines)


def test_the_readers_are_measured_beside_their_peers(tmp_path: Path) -> None:
    """Both sides read the same files to the same number of samples."""
    bench = Workbench(tmp_path)
    bench.export = tmp_path / "short.zip"
    write_strava_export(bench.export, islice(generate_history(7, 1, UNTIL), 40))

    lines = runner.BENCHES["gpx_reading"](bench)

    assert len(lines) == 1
    assert (lines[0].ours or 0) > 0
    assert (lines[0].peers["gpxpy"] or 0) > 0
    assert "counts equal" in lines[0].note


def test_the_table_shows_every_line() -> None:
    """People see numbers, peers, and what is missing."""
    console = Console(record=True, width=160, file=io.StringIO())
    console.print(
        as_table([Measure(name="a", unit="s", ours=1234.0), not_measured("b", "s", "absent")])
    )

    shown = console.export_text()

    assert "1,234" in shown
    assert "not measured: absent" in shown
