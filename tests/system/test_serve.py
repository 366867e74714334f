"""`runletters serve`: all deployments in one process, also where workers had them before."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from servers.prefect_house import REPOSITORY, House, house
from servers.processes import free_port, running, until

from deployments.serving import read_deployments

pytestmark = pytest.mark.system
NAMES = {each["name"] for each in read_deployments()}


@contextmanager
def serving(folder: Path, environment: dict[str, str], *arguments: str) -> Generator[None]:
    """The command in a process of its own; it ends with the block."""
    command = [sys.executable, "-m", "deployments.cli", "serve", *arguments]
    log = folder / "serve.log"
    with running(command, log, environment=environment, folder=REPOSITORY):
        yield


def served(api: str) -> dict[str, Any] | None:
    """Deployments by name once all are served."""
    try:
        found = httpx.post(f"{api}/deployments/filter", json={}, timeout=30).json()
    except (httpx.TransportError, ValueError):
        return None
    ready = {each["name"]: each for each in found if each["status"] == "READY"}
    return ready if set(ready) == NAMES else None


def test_a_server_of_its_own_has_a_ui_that_asks_it(tmp_path: Path) -> None:
    """On a port that is not Prefect's usual one; every deployment of prefect.yaml is served."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "RUNLETTERS_HOME": str(tmp_path / "home"),
    }

    with serving(tmp_path, environment, "--port", str(port)):
        until(lambda: served(f"{url}/api"), within_s=240, what="all deployments served")
        settings = httpx.get(f"{url}/ui-settings", timeout=30).json()

    assert f"{url}/api" == settings["api_url"]


def test_runs_that_wait_in_the_pool_are_taken_over(tmp_path: Path) -> None:
    """No worker came for it; the process that serves begins it, paused queue or not."""
    with house(tmp_path) as made:
        brought(made)
        flow_run_id = made.start("publish")
        made.command("work-queue", "pause", "interactive", "--pool", "run-letters")

        with serving(tmp_path, made.environment, "--receiver-port", str(free_port())):
            deployments = until(lambda: served(made.api), within_s=240, what="all served")
            run = made.ended(flow_run_id, within_s=240)

    assert ("COMPLETED", "interactive") == (run["state_type"], run["work_queue_name"])
    assert ("run-letters", None) == (
        deployments["publish"]["work_pool_name"], deployments["publish"]["pull_steps"],
    )  # fmt: skip


def brought(made: House) -> None:
    """The pool, and one deployment in it, as `make worker` brings them."""
    arguments = ("--no-prompt", "deploy", "--name", "publish")
    with running(
        [sys.executable, "-m", "deployments.work_pool"], made.logs / "pool.log",
        environment=made.environment, folder=REPOSITORY,
    ) as process:  # fmt: skip
        assert 0 == process.wait(120)
    done = made.command(*arguments)
    assert 0 == done.returncode, done.stderr
