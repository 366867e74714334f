"""`python -m benchmarks.run`: measure, print a table, write build/bench.json."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from benchmarks import (
    backfill_offline,
    fit_reading,
    gpx_reading,
    ingest_export,
    live,
    metrics_ten_years,
    sample_history,
)
from benchmarks.measures import Measure, as_table, not_measured, write_json
from benchmarks.workbench import REPOSITORY, Workbench

_NARROWEST = 120
"""Columns of the table where nobody says how wide the screen is, as in a log."""

Bench = Callable[[Workbench], list[Measure]]
BENCHES: dict[str, Bench] = {
    "fit_reading": fit_reading.measure,
    "gpx_reading": gpx_reading.measure,
    "sample_history": sample_history.measure,
    "metrics_ten_years": metrics_ten_years.measure,
    "ingest_export": ingest_export.measure,
    "backfill_offline": backfill_offline.measure,
    "live": live.measure,
}
FULL: dict[str, Bench] = {"live_full": live.measure_full}


def run(benches: dict[str, Bench], bench: Workbench, console: Console) -> list[Measure]:
    """All measures of these benches; one that breaks is a line that says so."""
    measures: list[Measure] = []
    for name, measure in benches.items():
        console.print(f"[dim]measuring {name}[/dim]")
        try:
            measures += measure(bench)
        except Exception as error:  # noqa: BLE001 - the other benches still have something to say
            measures.append(not_measured(name, "", f"{type(error).__name__}: {error}"))
    return measures


def main(arguments: list[str] | None = None) -> None:
    """The command of `make bench`."""
    parser = argparse.ArgumentParser(description="Measure Run Letters beside its peers.")
    parser.add_argument("--only", nargs="*", choices=[*BENCHES, *FULL], default=list(BENCHES))
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build" / "bench.json")
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    # Asked to stop, it leaves its blocks in order: servers and fake end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="runletters-bench-") as folder:
        chosen = {name: (BENCHES | FULL)[name] for name in options.only}
        measures = run(chosen, Workbench(Path(folder)), console)
    write_json(measures, options.out)
    paper = Console()
    Console(width=max(paper.width, _NARROWEST)).print(as_table(measures))


if __name__ == "__main__":
    main()
