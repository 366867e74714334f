"""A whole Strava export, loaded by the command people use."""

from __future__ import annotations

import zipfile

from benchmarks.measures import Measure, not_measured
from benchmarks.workbench import USER, Workbench

NAME, AGAIN = "ingest an export", "ingest it again"


def measure(bench: Workbench) -> list[Measure]:
    """Files per second with Prefect, store and Parquet around it; then once more, for nothing."""
    first = bench.ingested
    if first.code:
        return [
            not_measured(NAME, "files/s", f"runletters ingest: {first.why_not}"),
            not_measured(AGAIN, "s", "the first time did not work"),
        ]
    with zipfile.ZipFile(bench.export) as archive:
        files = len(archive.namelist()) - 1
    second = bench.runletters("ingest", str(bench.export), "--user", USER)
    how = f"{files} files of 3 invented years, whole command: {first.seconds:.1f} s wall, all cores"
    return [
        Measure(
            name=NAME,
            unit="files/s",
            ours=files / first.seconds,
            note=f"{how}, Prefect's own server started inside",
        ),
        Measure(name=f"{NAME}: peak memory", unit="MB", ours=first.peak_mb, note="largest process"),
        Measure(name=AGAIN, unit="s", ours=second.seconds, note=f"said: {_said(second.reply)}")
        if second.code == 0
        else not_measured(AGAIN, "s", second.why_not),
    ]


def _said(reply: dict[str, object]) -> str:
    return ", ".join(f"{k} {v}" for k, v in reply.items() if isinstance(v, int))[:160]
