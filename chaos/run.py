"""`python -m chaos.run`: break everything, then prove what was promised.

Two flow runs of one runner at once write against the strict fake, which spoils 15 % of its
answers in every way it knows; flow processes are killed with -9 at random moments; keys and
spend limits fail; a budget is watched all the while. At the end the ledger, the store and
the fake's own bill are compared. The exit code says whether every promise held.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from benchmarks.stage import (
    REPOSITORY,
    Fake,
    PrefectServer,
    fake_api,
    move_in,
    prefect_server,
    writing_environment,
)
from chaos.proof import Books, Item, Trial, Verdict, by_fault, verdict
from chaos.watch import BudgetWatch
from runletters.backfilling import runs_newest_first
from runletters.content import KINDS
from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.settings import Settings

USER = "ada"
CONCURRENCY = 16
STOPS = ("401", "402", "403", "spend_429", "spend_400")
RESTART_S = 0.5
LOOK_S = 0.25
LAST_RUN_S = 600.0  # what still runs when all is written, or at the budget, ends by itself
ENDED_WELL = {0, 7, 10}  # done, budget reached, done with some failures that have reasons
AMPLE_USD = 1_000.0
BATCHES_S = 25.0  # kills fall into so many seconds of the part that writes by batches


@dataclass
class Options:
    """How much chaos."""

    activities: int = 1_000
    kills: int = 10
    share: float = 0.15
    seed: int = 7
    tight_usd: float = 0.0  # the first budget; 0: about a third of what everything costs
    most_s: float = 1_500.0
    out: Path = REPOSITORY / "build" / "chaos.json"


@dataclass
class Stage:
    """Where it happens."""

    options: Options
    folder: Path
    fake: Fake
    server: PrefectServer
    dice: random.Random
    kills: int = 0
    stops: int = 0
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = Settings(_env_file=None, home=self.folder / "home")

    def environment(self, **settings: object) -> dict[str, str]:
        """What a flow process is told."""
        patience: dict[str, object] = {
            "concurrency": CONCURRENCY,
            "call_timeout_s": 3,
            "window": 50,
            "batch_poll_s": 0.5,
            "batch_in_doubt_s": 20,
            "batch_from": 20,
            "batch_requests": 100,
        }
        named = writing_environment(self.folder / "home", self.fake, **(patience | settings))
        return {**os.environ, **self.server.environment, **named}

    def settled(self) -> int:
        """Items that are completed or failed by now."""
        engine = sa.create_engine(self.settings.store)
        query = " + ".join(f"sum({kind}_status IN ('completed', 'failed'))" for kind in KINDS)
        try:
            with engine.connect() as connection:
                found = connection.exec_driver_sql(f"SELECT {query} FROM generation_status")
                return int(found.scalar() or 0)
        finally:
            engine.dispose()


class Writers:
    """Flow processes that are started again whenever they are gone, until nothing is left."""

    def __init__(self, stage: Stage, commands: list[list[str]], **settings: object) -> None:
        self._stage, self._commands, self._settings = stage, commands, settings
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._again_at = dict.fromkeys(range(len(commands)), 0.0)
        self.codes: list[int] = []

    def tend(self) -> None:
        """Start who is not there and note how those who ended did."""
        for number, command in enumerate(self._commands):
            process = self._running.get(number)
            if process is not None and process.poll() is not None:
                self.codes.append(process.returncode)
                del self._running[number]
                self._again_at[number] = time.monotonic() + RESTART_S
            if number not in self._running and time.monotonic() >= self._again_at[number]:
                self._running[number] = self._start(number, command)

    def kill_one(self) -> bool:
        """Kill -9 a flow process that runs, if one does."""
        alive = [process for process in self._running.values() if process.poll() is None]
        if alive:
            self._stage.dice.choice(alive).send_signal(signal.SIGKILL)
        return bool(alive)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._running.values():
            process.kill()

    def end(self) -> None:
        """Wait for those that run to end by themselves; what does not end is killed."""
        for process in self._running.values():
            try:
                self.codes.append(process.wait(LAST_RUN_S))
            except subprocess.TimeoutExpired:
                process.kill()
                self.codes.append(process.wait())
        self._running.clear()

    def _start(self, number: int, command: list[str]) -> subprocess.Popen[bytes]:
        log = self._stage.folder / f"writer-{number}.log"
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "deployments.cli", *command, "--json"],
                cwd=REPOSITORY, env=self._stage.environment(**self._settings),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip


def spend_to_the_limit(stage: Stage, limit_usd: float, most: int) -> BudgetWatch:
    """Two runs at once under a budget that is too small: both end with what is left to do."""
    with (
        Writers(stage, [_backfill("live", most)] * 2, max_cost_usd_per_day=limit_usd) as writers,
        BudgetWatch(stage.settings.store, stage.fake, limit_usd) as watch,
    ):
        writers.tend()
        writers.end()
    if not set(writers.codes) <= ENDED_WELL:
        watch.broken.append(f"a run did not end well at the budget: exit codes {writers.codes}")
    return watch


def write_all(
    stage: Stage, mode: str, most: int, *, kills: int, stops: int, limit_usd: float
) -> BudgetWatch:
    """Two runs at once, killed and stopped at random moments, until so many are settled."""
    begun, began, until_settled = stage.settled(), time.monotonic(), 2 * most
    points = sorted(stage.dice.random() * 0.95 for _ in range(kills))
    halts = sorted(stage.dice.random() * 0.9 for _ in range(stops))
    ends_at = began + stage.options.most_s
    with (
        Writers(stage, [_backfill(mode, most)] * 2, max_cost_usd_per_day=limit_usd) as writers,
        BudgetWatch(stage.settings.store, stage.fake, limit_usd) as watch,
    ):
        while (settled := stage.settled()) < until_settled or points:
            if time.monotonic() > ends_at:
                left = until_settled - settled
                watch.broken.append(f"{left} items were open at the end of the time")
                break
            writers.tend()
            # Batches come all at once: there time says how far it is.
            by_time = (time.monotonic() - began) / BATCHES_S
            by_count = (settled - begun) / max(1, until_settled - begun)
            share = by_time if mode == "batch" else by_count
            if points and share >= points[0] and writers.kill_one():
                points.pop(0)
                stage.kills += 1
            if halts and share >= halts[0]:
                halts.pop(0)
                stage.stops += 1
                fault = STOPS[stage.stops % len(STOPS)]
                httpx.post(f"{stage.fake.url}/fake/script", json=[fault], timeout=30)
            time.sleep(LOOK_S)
        writers.end()
    return watch


def _backfill(mode: str, most: int) -> list[str]:
    return [
        *("backfill", "--user", USER, "--writer", "claude"),
        *("--mode", mode, "--max-activities", f"{most}"),
    ]


def books(stage: Stage, ids: list[str]) -> Books:
    """What is left when everything has ended."""
    with Store.open(stage.settings.store) as store:
        status = {
            (row["activity_id"], kind): (row[f"{kind}_status"], row[f"{kind}_error"])
            for row in store.status(USER).to_dicts()
            for kind in KINDS
        }
        texts: dict[Item, int] = {}
        for row in store.contents(USER).to_dicts():
            item = (row["activity_id"], row["kind"])
            texts[item] = texts.get(item, 0) + 1
        ledger = store.attempts().drop("reply").to_dicts()
    met = httpx.get(f"{stage.fake.url}/fake/faults", timeout=60).json()
    return Books(
        items=[(each, kind) for each in ids for kind in KINDS],
        status=status,
        current_texts=texts,
        ledger=ledger,
        bill=stage.fake.bill()["lines"],
        met=[(fault, body) for fault, body in met],
    )


def _newest(home: Path, count: int) -> list[str]:
    """Ids of the newest runs. Invented histories hold doubles, so a few more move in."""
    move_in(home, USER, count + 20)
    settings = Settings(_env_file=None, home=home)
    runs = runs_newest_first(History.open(settings.history).activities(USER))
    return runs.head(count)["activity_id"].to_list()


@contextmanager
def stage_of(options: Options) -> Generator[tuple[Stage, list[str]]]:
    """A home with a history, the fake with its faults, a Prefect server."""
    with tempfile.TemporaryDirectory(prefix="runletters-chaos-") as name:
        folder = Path(name)
        ids = _newest(folder / "home", options.activities)
        fake_options = [
            "--letter-latency", "0.05", "0.3", "--insight-latency", "0.1", "0.5", "--hang", "4",
            "--faults", f"{options.share}", "--seed", f"{options.seed}",
            "--batch", "3", "--batch-errored", "0.1", "--batch-expired", "0.05",
        ]  # fmt: skip
        with (
            fake_api(folder, *fake_options) as fake,
            prefect_server(folder / "prefect") as server,
        ):
            dice = random.Random(options.seed)
            yield Stage(options=options, folder=folder, fake=fake, server=server, dice=dice), ids


def chaos(options: Options, say: Callable[[str], None]) -> tuple[list[Trial], list[str], Verdict]:
    """All of it; the lines of the table, the promises that were broken, and the books."""
    began = time.monotonic()
    with stage_of(options) as (stage, ids):
        total, live, in_batches = 2 * len(ids), len(ids) * 3 // 4, options.kills // 4
        tight = options.tight_usd or 0.001 * len(ids) + 0.02
        say(f"{len(ids):,} activities; first a budget of ${tight:.2f} that is too small")
        watches = [spend_to_the_limit(stage, tight, live)]
        at_limit_s = time.monotonic() - began
        say(f"{stage.settled():,} of {total:,} texts; now live, with kills and refused keys")
        kills, stops = options.kills - in_batches, min(len(STOPS), options.kills // 2)
        watches.append(
            write_all(stage, "live", live, kills=kills, stops=stops, limit_usd=AMPLE_USD)
        )
        say(f"{stage.settled():,} of {total:,} texts; the rest by message batches")
        watches.append(
            write_all(stage, "batch", len(ids), kills=in_batches, stops=0, limit_usd=AMPLE_USD)
        )
        bound = 2 * CONCURRENCY * 2 + stage.kills * CONCURRENCY
        left = books(stage, ids)
    found = verdict(left, in_flight_bound=bound)
    seconds = time.monotonic() - began
    trials = by_fault(left, found, in_flight_bound=bound, seconds=seconds)
    lost, twice = len(found.lost), len(found.paid_twice)
    looks = sum(watch.looks for watch in watches)
    named = (
        ("kill -9 of a flow process", stage.kills, seconds),
        ("two flow runs of one user at once", len(ids), seconds),
        ("budget watched: spent + reserved <= limit", looks, at_limit_s),
    )
    trials += [
        Trial(
            fault=fault, trials=count, lost=lost, paid_twice=twice, in_flight_bound=bound,
            seconds=round(of, 1),
        )
        for fault, count, of in named
    ]  # fmt: skip
    broken = [*found.broken, *(said for watch in watches for said in watch.broken)]
    return trials, broken, found


def show(trials: list[Trial], broken: list[str], found: Verdict, console: Console) -> None:
    """The table for people."""
    table = Table(title="Chaos")
    names = list(trials[0].as_row())
    for name in names:
        table.add_column(name.replace("_", " "), justify="left" if name == "fault" else "right")
    for trial in trials:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else f"{value}"
                        for value in trial.as_row().values()))  # fmt: skip
    console.print(table)
    console.print(
        f"{found.completed:,} completed, {found.failed:,} failed with a reason, "
        f"{len(found.lost)} lost, {len(found.paid_twice)} paid twice"
    )
    console.print(
        f"ledger ${found.ledger_nano_usd / 1e9:.6f}; "
        f"the fake's bill ${found.bill_nano_usd / 1e9:.6f}, "
        f"of it ${found.unknown_nano_usd / 1e9:.6f} for answers that never arrived and "
        f"{len(found.in_flight)} calls in flight at a kill:"
    )
    for line in found.in_flight:
        console.print(f"  {line['request_id']} {line['cost_nano_usd']:,} nano-dollars")
    for promise in broken:
        console.print(f"[red]BROKEN: {promise}[/red]")


def main(arguments: list[str] | None = None) -> int:
    """The command of `make chaos`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--activities", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--share", type=float, default=0.15, help="of answers that are spoilt")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Options.out)
    given: dict[str, Any] = vars(parser.parse_args(arguments))
    console = Console()
    # Ended from outside, it ends what it started: blocks are left in order.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    trials, broken, found = chaos(
        Options(**given), lambda text: console.print(f"[dim]{text}[/dim]")
    )
    target: Path = given["out"]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps([t.as_row() for t in trials], indent=1) + "\n", encoding="utf-8")
    show(trials, broken, found, console)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
