"""Looks after flow runs that died, hang or failed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.states import Crashed, Scheduled

from runletters.edges.operator_mail import tell_operator
from runletters.edges.store import Store
from runletters.settings import Settings
from runletters.tending import Finding, advise

_WHY: dict[Finding, str] = {
    "zombie": "no heartbeat: its process or its machine is gone",
    "pending": "it never began: its worker went away",
    "crashed": "its process died",
    "failed": "it failed",
}


_REST = (
    "It is not started again by itself. What was written and paid is kept; start the same "
    "deployment again to have the rest written."
)


@task(name="tend", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def tend(flow_run_id: str, finding: Finding, settings: Settings) -> dict[str, Any]:
    """Declare it dead, start it again within the bound, or tell the operator."""
    run_id = UUID(flow_run_id.removeprefix("prefect.flow-run."))
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(run_id)
        states = [each.type.value for each in _states(client, run_id)]
        advice = advise(finding, states, is_deployed=run.deployment_id is not None)
        done = f"left alone: it is {states[-1] if states else 'new'} by now"
        if advice == "declare_dead":
            done = _declare_dead(client, run, finding)
        elif advice == "start_again":
            done = _start_again(client, run, settings)
        elif advice == "tell":
            done = _tell(run, finding, settings)
    return {"flow_run": run.name, "finding": finding, "advice": advice, "done": done}


def _states(client: SyncPrefectClient, run_id: UUID) -> list[Any]:
    found = client.read_flow_run_states(run_id)
    return sorted(found, key=lambda each: each.timestamp)


def _declare_dead(client: SyncPrefectClient, run: FlowRun, finding: Finding) -> str:
    client.set_flow_run_state(run.id, Crashed(message=f"Declared dead: {_WHY[finding]}."))
    return "declared dead"


def _start_again(client: SyncPrefectClient, run: FlowRun, settings: Settings) -> str:
    now = datetime.now(UTC)
    with Store.open(settings.store) as store:
        number = store.begin_restart(
            str(run.id), _WHY["crashed"], most=settings.most_restarts, now=now
        )
    if number is None:
        told = _tell(run, "crashed", settings)
        return f"given up after {settings.most_restarts} restarts; {told}"
    state: Any = Scheduled(
        name="AwaitingRetry", message=f"Restart {number} of at most {settings.most_restarts}."
    )
    client.set_flow_run_state(run.id, state, force=True)
    return f"started again, {number} of at most {settings.most_restarts} times"


def _tell(run: FlowRun, finding: Finding, settings: Settings) -> str:
    message = run.state.message if run.state else None
    return tell_operator(
        settings,
        subject=f"{run.name}: {_WHY[finding]}",
        lines=[
            f"Flow run {run.name} ({run.id}): {_WHY[finding]}.",
            f"Its last words: {message or 'none'}",
            _REST,
        ],
        now=datetime.now(UTC),
    )
