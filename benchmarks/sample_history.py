"""How long inventing takes: the demo must not wait for its own runner."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks.measures import Measure, not_measured
from benchmarks.workbench import SEED, UNTIL, YEARS, Workbench, run_measured
from runletters.edges.sample_files import write_strava_export
from runletters.samples import generate_history

NAME, FRAMES = "invent and write the demo", "invent 10 years of frames"
_RUNS_PER_WEEK = 8.0
_FRAMES_SCRIPT = f"""
import json
from datetime import date
from runletters.samples import generate_frame_batches

batches = generate_frame_batches({SEED}, 10, date({UNTIL:%Y, %-m, %-d}), {_RUNS_PER_WEEK})
sizes = [(a["is_run"].sum(), s.height) for a, s in batches]
print(json.dumps(dict(runs=sum(r for r, _ in sizes), rows=sum(n for _, n in sizes))))
"""


def measure(bench: Workbench) -> list[Measure]:
    """Seconds for the demo's export, and for the ten years that scale checks use."""
    return [_demo(bench.folder / "again.zip"), _frames(bench.folder)]


def _demo(target: Path) -> Measure:
    began = time.perf_counter()
    count = write_strava_export(target, generate_history(SEED, YEARS, UNTIL))
    seconds = time.perf_counter() - began
    note = f"{count} activities with streams, {target.stat().st_size / 1e6:.1f} MB, one core"
    return Measure(name=NAME, unit="s", ours=seconds, note=note)


def _frames(folder: Path) -> Measure:
    command = [sys.executable, "-c", _FRAMES_SCRIPT]
    ran = run_measured(command, env={}, folder=folder / "ran-frames")
    if ran.code:
        return not_measured(FRAMES, "s", ran.why_not)
    note = f"{ran.reply['runs']:,} runs, {ran.reply['rows']:,} rows, peak {ran.peak_mb:,.0f} MB"
    return Measure(name=FRAMES, unit="s", ours=ran.seconds, note=note)
