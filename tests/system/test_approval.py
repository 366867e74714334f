"""A dear backfill on a worker: it asks in the UI, and an answer is heard whoever died meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from servers.claude_api import ClaudeApiServer
from servers.homes import move_in
from servers.prefect_house import REPOSITORY, House, house, worker
from servers.processes import until

from runletters.edges.store import Store
from runletters.settings import Settings

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def claude() -> Generator[ClaudeApiServer]:
    with ClaudeApiServer() as running:
        yield running


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory, claude: ClaudeApiServer) -> Generator[House]:
    """A house whose claude writer talks to the fake and asks for every dollar."""
    with house(tmp_path_factory.mktemp("asking")) as made:
        made.environment.update(
            ANTHROPIC_API_KEY="test-key",
            ANTHROPIC_BASE_URL=claude.url,
            RUNLETTERS_ASK_ABOVE_USD="0.0001",
        )
        yield made


@pytest.fixture
def settings(asking: House) -> Settings:
    return Settings(_env_file=None, home=asking.home)


def paused(asking: House, user: str) -> dict[str, Any]:
    """A backfill by Claude that waits for leave."""
    flow_run_id = asking.start("backfill", user=user, writer="claude")

    def look() -> dict[str, Any] | None:
        run = httpx.get(f"{asking.api}/flow_runs/{flow_run_id}", timeout=30).json()
        assert run["state_type"] not in {"COMPLETED", "FAILED", "CRASHED"}, run["state"]
        return run if run["state_type"] == "PAUSED" else None

    return until(look, within_s=240, what="the question")


def answer(asking: House, flow_run_id: str, said: str) -> None:
    """As the form of the UI sends it."""
    asking.ask(f"flow_runs/{flow_run_id}/resume", run_input={"answer": said})


def paid_and_written(settings: Settings, user: str) -> tuple[int, int]:
    with Store.open(settings.store) as store:
        ledger = store.attempts()
        mine = ledger.filter(ledger["user_id"] == user)
        return mine.height, store.contents(user).height


def kill(*processes: int) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def worker_process(asking: House) -> int:
    """The one `prefect worker start` of this house."""
    mine = f"PREFECT_API_URL={asking.api}".encode()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (path / "cmdline").read_bytes()
            if b"worker\0start" in command and mine in (path / "environ").read_bytes():
                return int(path.name)
    raise AssertionError("no worker")


def test_a_run_that_asks_goes_on_when_somebody_says_so(asking: House, settings: Settings) -> None:
    """Paused with nothing paid; resumed by the API as the UI does; then it writes."""
    move_in(settings, "ann", runs=2)
    with worker(asking):
        run = paused(asking, "ann")
        before = paid_and_written(settings, "ann")
        answer(asking, run["id"], "continue")
        ended = asking.ended(run["id"], within_s=240)

    assert (0, 0) == before
    assert "COMPLETED" == ended["state_type"]
    assert 4 == paid_and_written(settings, "ann")[1]


def test_a_run_outlives_the_worker_that_started_it(asking: House, settings: Settings) -> None:
    """The worker is killed while the run waits; another is started; the answer is heard once.

    A run cannot write its log to a worker that is gone: it ends as Crashed with the answer
    unheard, and the automation starts it again.
    """
    move_in(settings, "ben", runs=2)
    with worker(asking):
        run = paused(asking, "ben")
        kill(worker_process(asking))
        with worker(asking):
            answer(asking, run["id"], "continue")
            until(
                lambda: states_of(asking, run["id"])[-1] == "Completed" or None,
                within_s=300, what="the run to be written",
            )  # fmt: skip

    assert 1 == states_of(asking, run["id"]).count("Paused")
    assert 4 == paid_and_written(settings, "ben")[1]


def test_an_answer_that_no_process_heard_counts_for_the_next(
    asking: House, settings: Settings
) -> None:
    """Worker and run are killed while it waits: it is found, and nobody is asked twice."""
    move_in(settings, "cas", runs=2)
    with worker(asking):
        run = paused(asking, "cas")
        kill(worker_process(asking), int(str(run["infrastructure_pid"]).rpartition(":")[2]))
        with worker(asking):
            automations(asking, RUNLETTERS_ZOMBIE_AFTER_S="20")
            answer(asking, run["id"], "continue")
            until(
                lambda: "Crashed" in states_of(asking, run["id"]) or None,
                within_s=240, what="the run to be declared dead",
            )  # fmt: skip
            automations(asking)  # else the window of this test would find living runs, too
            until(
                lambda: states_of(asking, run["id"])[-1] == "Completed" or None,
                within_s=240, what="the run to be written by another process",
            )  # fmt: skip

    states = states_of(asking, run["id"])
    assert (1, "AwaitingRetry") == (
        states.count("Paused"), states[states.index("Crashed") + 1]
    )  # fmt: skip
    assert 4 == paid_and_written(settings, "cas")[1]


def automations(asking: House, **environment: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "deployments.cli", "automations"],
        env=asking.environment | environment, cwd=REPOSITORY, timeout=120, check=True,
    )  # fmt: skip


def states_of(asking: House, flow_run_id: str) -> list[str]:
    """Names of the run's states until now, oldest first."""
    answer = httpx.get(
        f"{asking.api}/flow_run_states/", params={"flow_run_id": flow_run_id}, timeout=30
    )
    answer.raise_for_status()
    return [each["name"] for each in sorted(answer.json(), key=lambda each: each["timestamp"])]
