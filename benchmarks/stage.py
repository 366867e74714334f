"""Where paid writing is measured: a home with a long history, the fake API, a Prefect server.

Each is a process of its own, so that its CPU time and memory can be told apart. The fake
and the server come from `tests/servers` (`PYTHONPATH=tests`, as `make bench` sets it).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import psutil
from servers.processes import free_port, running, until

from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.parts import DEVICE_TOTALS_SCHEMA, LAPS_SCHEMA, Parts
from runletters.samples.frames import Frames, generate_frame_batches
from runletters.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[1]
KEY = "test-key"
UNTIL = date(2026, 11, 22)
RUNS_PER_YEAR = 500


@dataclass(frozen=True, kw_only=True)
class Fake:
    """The strict fake of the Claude API, alone in a process."""

    url: str
    pid: int

    def stats(self) -> dict[str, Any]:
        """What it saw: requests, statuses, moments of accepted calls, faults drawn."""
        return httpx.get(f"{self.url}/fake/stats", timeout=60).json()

    def bill(self) -> dict[str, Any]:
        """Every charge, and their sum."""
        return httpx.get(f"{self.url}/fake/bill", timeout=60).json()


@dataclass(frozen=True, kw_only=True)
class PrefectServer:
    """A Prefect server of our own on loopback."""

    api: str
    pid: int
    environment: dict[str, str] = field(repr=False)

    def task_runs(self, *names: str) -> dict[str, int]:
        """How many task runs are recorded in which state, of tasks whose name begins so."""
        counts: dict[str, int] = {}
        for state in ("COMPLETED", "CACHED", "FAILED", "CRASHED", "RUNNING", "PENDING"):
            chosen = {"state": {"name": {"any_": [state.title()]}}}
            total = 0
            for name in names:
                asked = {"task_runs": chosen | {"name": {"like_": name}}}
                answer = httpx.post(f"{self.api}/task_runs/count", json=asked, timeout=120)
                total += int(answer.raise_for_status().json())
            if total:
                counts[state.lower()] = total
        return counts


@contextmanager
def fake_api(folder: Path, *options: str) -> Generator[Fake]:
    """The fake with these options; it ends with the block."""
    port = free_port()
    command = [sys.executable, "-m", "servers.claude_api", "--port", str(port), "--key", KEY]
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'tests'}"}
    log = folder / f"fake-{port}.log"
    with running([*command, *options], log, environment=environment, folder=REPOSITORY) as process:
        made = Fake(url=f"http://127.0.0.1:{port}", pid=process.pid)
        until(lambda: _answers(f"{made.url}/fake/stats"), within_s=60, what=f"the fake, see {log}")
        yield made


@contextmanager
def prefect_server(folder: Path, *, is_ours: bool = True) -> Generator[PrefectServer]:
    """A server as `make server` starts it, or one as Prefect comes, without our prefect.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
    command += ["--port", str(port)]
    log, place = folder / "server.log", REPOSITORY if is_ours else folder
    with running(command, log, environment=environment, folder=place) as process:
        until(lambda: _answers(f"{api}/health"), within_s=180, what=f"the server, see {log}")
        yield PrefectServer(api=api, pid=process.pid, environment=environment)


def _answers(url: str) -> bool | None:
    try:
        return httpx.get(url, timeout=5).is_success or None
    except httpx.TransportError:
        return None


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and of what it started, so far."""
    return sum(sum(each.cpu_times()[:2]) for each in _family(pid))


def memory_mb(pid: int) -> float:
    """Resident memory of a process and of what it started, now."""
    return sum(each.memory_info().rss for each in _family(pid)) / 1e6


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def load_average() -> float:
    """How busy the machine is with everybody's work: the average of the last minute."""
    return round(os.getloadavg()[0], 2)


def move_in(home: Path, user: str, runs: int, seed: int = 7) -> list[str]:
    """Give a premium user the newest `runs` of an invented history; their ids.

    The figures of all runs are computed here: that is the work of the ingest and of the
    first backfill after it, and it is measured elsewhere.
    """
    settings = Settings(_env_file=None, home=home)
    history, ids, left = History.open(settings.history), list[str](), runs
    for activities, streams in _newest_first(runs, seed):
        chosen = activities.filter(pl.col("is_run")).tail(left)
        left -= chosen.height
        ids += chosen["activity_id"].to_list()
        history.append(user, _parts(chosen, streams, user))
        if left <= 0:
            break
    now = datetime.now(UTC)
    with Store.open(settings.store) as store:
        store.ensure_user(user, now=now)
        store.set_user(user, tier="premium", now=now)
    Derived.open(settings.history).refresh(user, History.open(settings.history))
    return ids


def _newest_first(runs: int, seed: int) -> Iterator[Frames]:
    years = -(-runs // RUNS_PER_YEAR) + 1
    batches = generate_frame_batches(seed, years, UNTIL, 12.0, batch_size=500, sampling="smart")
    return reversed(list(batches))


def _parts(activities: pl.DataFrame, streams: pl.DataFrame, user: str) -> Parts:
    ids = activities["activity_id"].to_list()
    return Parts(
        activities=activities.with_columns(user_id=pl.lit(user)),
        streams=streams.filter(pl.col("activity_id").is_in(ids)),
        laps=pl.DataFrame(schema=LAPS_SCHEMA),
        device_totals=pl.DataFrame(schema=DEVICE_TOTALS_SCHEMA),
    )


def fresh_copy(home: Path, target: Path) -> Path:
    """The same home once more, untouched."""
    shutil.copytree(home, target)
    return target


def writing_environment(home: Path, fake: Fake, **settings: object) -> dict[str, str]:
    """What a flow process needs to write with the claude writer against the fake."""
    named = {f"RUNLETTERS_{name.upper()}": str(value) for name, value in settings.items()}
    return {
        "RUNLETTERS_HOME": str(home),
        "RUNLETTERS_WRITER": "claude",
        "RUNLETTERS_ASK_ABOVE_USD": "1000000",  # nobody is there to ask
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": fake.url,
        **named,
    }


def per_second(moments: Sequence[float]) -> list[int]:
    """How many of these moments fall into each second from the first on."""
    if not moments:
        return []
    start = min(moments)
    counts = [0] * (int(max(moments) - start) + 1)
    for moment in moments:
        counts[int(moment - start)] += 1
    return counts
