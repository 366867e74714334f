"""Ten years of metrics from streams, and ten new runs on top of them."""

from __future__ import annotations

import sys

from benchmarks.measures import Measure, not_measured
from benchmarks.workbench import SEED, UNTIL, Ran, Workbench, run_measured

WHOLE, MORE = "metrics of ten years", "metrics of ten new runs"
_RUNS_PER_WEEK = 8.0
_FILL = f"""
import json, sys
from datetime import date
import polars as pl
from runletters.edges.history_files import History
from runletters.parts import DEVICE_TOTALS_SCHEMA, LAPS_SCHEMA, Parts
from runletters.samples import generate_frame_batches

history, new = History.open(sys.argv[1]), History.open(sys.argv[2])
rows = runs = 0
batches = list()
for a, s in generate_frame_batches({SEED}, 10, date({UNTIL:%Y, %-m, %-d}), {_RUNS_PER_WEEK}):
    a = a.filter(pl.col("is_run"))
    s = s.join(a, on="activity_id", how="semi")
    empty = dict(laps=pl.DataFrame(schema=LAPS_SCHEMA), device_totals=pl.DataFrame(
        schema=DEVICE_TOTALS_SCHEMA))
    late = a.tail(10 if a["started_at"].max().date() > date({UNTIL.year}, 11, 1) else 0)
    for keep, where in ((a.join(late, on="activity_id", how="anti"), history), (late, new)):
        if keep.height:
            where.append("ada", Parts(activities=keep.with_columns(user_id=pl.lit("ada")),
                streams=s.join(keep, on="activity_id", how="semi"), **empty))
    rows, runs = rows + s.height, runs + a.height
print(json.dumps(dict(runs=runs, rows=rows)))
"""
_MOVE = """
import sys
from runletters.edges.history_files import History
from runletters.parts import DEVICE_TOTALS_SCHEMA, LAPS_SCHEMA, Parts
import polars as pl
history, new = History.open(sys.argv[1]), History.open(sys.argv[2])
a = new.activities("ada")
history.append("ada", Parts(activities=a, streams=new.streams("ada", a["activity_id"].to_list()),
    laps=pl.DataFrame(schema=LAPS_SCHEMA), device_totals=pl.DataFrame(schema=DEVICE_TOTALS_SCHEMA)))
print("{}")
"""
_COMPUTE = """
import json, sys, time
from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.users import User

began = time.perf_counter()
history, derived = History.open(sys.argv[1]), Derived.open(sys.argv[1])
computed = derived.refresh("ada", history)
seconds = time.perf_counter() - began
training = derived.training(User(user_id="ada"), history.activities("ada"))
whole = time.perf_counter() - began
print(json.dumps(dict(computed=computed, seconds=seconds, whole=whole,
    runs=training.metrics.height)))
"""


def measure(bench: Workbench) -> list[Measure]:
    """Seconds and peak memory of both; loads, classes and form of all runs included."""
    history, new = str(bench.folder / "metrics"), str(bench.folder / "metrics-new")
    filled = _run(bench, "fill", _FILL, history, new)
    if filled.code:
        return [not_measured(WHOLE, "s", filled.why_not)]
    first = _run(bench, "compute", _COMPUTE, history)
    _run(bench, "move", _MOVE, history, new)
    second = _run(bench, "more", _COMPUTE, history)
    size = f"{filled.reply['runs']:,} runs, {filled.reply['rows']:,} rows"
    return [_measure(WHOLE, first, size), _measure(MORE, second, size)]


def _run(bench: Workbench, name: str, script: str, *arguments: str) -> Ran:
    command = [sys.executable, "-c", script, *arguments]
    return run_measured(command, env={}, folder=bench.folder / f"ran-metrics-{name}")


def _measure(name: str, ran: Ran, size: str) -> Measure:
    if ran.code:
        return not_measured(name, "s", ran.why_not)
    note = (
        f"{ran.reply['computed']:,} runs computed of {size}; with loads, classes and form of all "
        f"{ran.reply['whole']:.1f} s; peak {ran.peak_mb:,.0f} MB"
    )
    return Measure(name=name, unit="s", ours=ran.reply["seconds"], note=note)
