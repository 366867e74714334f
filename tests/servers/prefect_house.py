"""The whole house as `make server` and `make worker` start it, on a free port of loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from servers.processes import free_port, running, until

REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOYED = {
    "ingest",
    "order",
    "backfill",
    "process-activity",
    "new-activities",
    "tend",
    "steer",
    "publish",
    "digest",
}
_ENDS = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass(frozen=True, kw_only=True)
class House:
    """A Prefect server, and a home folder that its worker writes to."""

    url: str  # of the UI
    home: Path
    logs: Path
    environment: dict[str, str]

    @property
    def api(self) -> str:
        return f"{self.url}/api"

    def ask(self, path: str, **body: Any) -> Any:
        """The answer of the server's API to a POST; busy (503) is asked again, as clients do."""
        response = until(
            lambda: _unless_busy(httpx.post(f"{self.api}/{path}", json=body, timeout=30)),
            within_s=30, what=f"an answer of {path}",
        )  # fmt: skip
        response.raise_for_status()
        return response.json()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Prefect's command line, as a person would type it."""
        return subprocess.run(
            [sys.executable, "-m", "prefect", *arguments],
            env=self.environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=90,
            check=False,
        )  # fmt: skip

    def start(self, deployment: str, **parameters: Any) -> str:
        """Start a deployment at once; the id of the flow run."""
        found = self.ask("deployments/filter", deployments={"name": {"any_": [deployment]}})
        made = self.ask(f"deployments/{found[0]['id']}/create_flow_run", parameters=parameters)
        return str(made["id"])

    def ended(self, flow_run_id: str, *, within_s: float = 90) -> dict[str, Any]:
        """The flow run once it is over.

        Raises:
            TimeoutError: it was not over in time.
        """
        return until(
            lambda: self._over(flow_run_id), within_s=within_s, what=f"flow run {flow_run_id}"
        )

    def _over(self, flow_run_id: str) -> dict[str, Any] | None:
        run = httpx.get(f"{self.api}/flow_runs/{flow_run_id}", timeout=30).json()
        return run if run["state_type"] in _ENDS else None

    def task_runs(self, flow_run_id: str, *, at_least: int) -> dict[str, str]:
        """State by name of a flow run's task runs; they arrive as events, a little later."""

        def look() -> dict[str, str] | None:
            chosen = {"id": {"any_": [flow_run_id]}}
            runs = self.ask("task_runs/filter", flow_runs=chosen)
            states = {run["name"]: run["state_name"] for run in runs}
            is_all = len(runs) >= at_least and set(states.values()) <= {"Completed", "Cached"}
            return states if is_all else None

        return until(look, within_s=30, what=f"{at_least} task runs of {flow_run_id}")

    def artifacts(self, key: str) -> list[dict[str, Any]]:
        """All artifacts of that key, newest first."""
        return self.ask("artifacts/filter", artifacts={"key": {"any_": [key]}}, sort="CREATED_DESC")


def _unless_busy(response: httpx.Response) -> httpx.Response | None:
    return None if response.status_code == httpx.codes.SERVICE_UNAVAILABLE else response


@contextmanager
def house(folder: Path) -> Generator[House]:
    """A server on a port of its own; it ends with the block."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": f"{url}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "RUNLETTERS_HOME": str(folder / "home"),
    }
    (folder / "home").mkdir(parents=True)
    made = House(url=url, home=folder / "home", logs=folder, environment=environment)
    command = [
        sys.executable, "-m", "prefect", "server", "start",
        "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    with running(command, folder / "server.log", environment=environment, folder=REPOSITORY):
        until(lambda: _is_up(made.api), within_s=180, what=f"the server, see {folder}/server.log")
        yield made


def _is_up(api: str) -> bool | None:
    try:
        return httpx.get(f"{api}/health", timeout=5).status_code == 200 or None
    except httpx.TransportError:
        return None


@contextmanager
def worker(of: House) -> Generator[None]:
    """The worker of `make worker`, with what it brings to the server."""
    prefix = Path(sys.prefix)
    # The environment is here already; make is told not to look whether it is the newest.
    make = ["make", "-o", f"{prefix}/.run", f"VENV={prefix}", "worker"]
    log = of.logs / "worker.log"
    before = _starts(log)
    with running(make, log, environment=of.environment, folder=REPOSITORY):
        # A pool is ready while the last worker's heartbeat is fresh: the log tells of this one.
        until(
            lambda: (_starts(log) > before and _is_working(of)) or None,
            within_s=120, what=f"the worker, see {log}",
        )  # fmt: skip
        yield


def _starts(log: Path) -> int:
    """How many workers said in that log that they have begun."""
    return log.read_bytes().count(b" started!") if log.exists() else 0


def _is_working(of: House) -> bool | None:
    names = {each["name"] for each in of.ask("deployments/filter")}
    pools = of.ask("work_pools/filter")
    return (names >= DEPLOYED and any(pool["status"] == "READY" for pool in pools)) or None
