"""Letters and insights for a whole history, offline; then the second run."""

from __future__ import annotations

from benchmarks.measures import Measure, not_measured
from benchmarks.workbench import USER, Ran, Workbench

NAME, MEMORY, AGAIN = "backfill offline", "backfill offline: peak memory", "second run"


def measure(bench: Workbench) -> list[Measure]:
    """Texts per second of the whole command, its peak memory, and seconds of doing nothing."""
    if bench.ingested.code:
        reason = f"runletters ingest: {bench.ingested.why_not}"
        return [not_measured(n, u, reason) for n, u in _LINES]
    first = bench.runletters("backfill", "--user", USER)
    if first.code or not first.reply.get("done"):
        return [not_measured(n, u, f"runletters backfill: {first.why_not}") for n, u in _LINES]
    return [*_first(first), _again(bench.runletters("backfill", "--user", USER))]


_LINES = ((NAME, "items/s"), (MEMORY, "MB"), (AGAIN, "s"))


def _first(ran: Ran) -> list[Measure]:
    done, failed = int(ran.reply["done"]), int(ran.reply.get("failed", 0))
    inside = float(ran.reply.get("seconds", 0.0))
    note = (
        f"{done:,} texts, {failed} failed, each its own Prefect task run; whole command "
        f"{ran.seconds:.1f} s wall, of these the flow {inside:.1f} s"
    )
    return [
        Measure(name=NAME, unit="items/s", ours=done / ran.seconds, note=note),
        Measure(name=MEMORY, unit="MB", ours=ran.peak_mb, note="largest process (flow or server)"),
    ]


def _again(ran: Ran) -> Measure:
    if ran.code or ran.reply.get("done") != 0:
        return not_measured(AGAIN, "s", f"{ran.why_not}; done {ran.reply.get('done')}")
    note = f"whole command; {ran.reply.get('skipped')} skipped, nothing written"
    return Measure(name=AGAIN, unit="s", ours=ran.seconds, note=note)
