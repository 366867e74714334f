"""What a self-hosted Prefect does not do by itself, as automations; run again, nothing doubles.

| automation | when | does |
|---|---|---|
| zombie runs | a running flow run sends no heartbeat | declares it dead |
| hanging runs | a flow run is pending for too long | declares it dead |
| dead runs | a flow run crashed | starts it again, within a bound |
| failures | a flow run failed | mails who runs the house |
| budget | the day's budget for all users is reached | pauses the queues of backfills |

The first four start `tend-run/tend`, which looks at the run before it acts; the last
`steer-backfills/steer`, which the next day's schedule starts again to let them go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound

from deployments.work_pool import prepare
from runletters.errors import SettingsError
from runletters.settings import Settings
from runletters.tending import Finding
from tasks.budgets import DAY_IS_OVER

TEND = "tend-run/tend"
STEER = "steer-backfills/steer"
PREFIX = "Run Letters: "
_OURS: dict[str, Any] = {
    "match": {"prefect.resource.id": "prefect.flow-run.*"},
    "match_related": {"prefect.resource.id": "prefect.tag.run-letters"},
    "for_each": {"prefect.resource.id"},
}
_EXPLAINED: dict[Finding, str] = {
    "zombie": "A run that works says so every three minutes. One that is silent for this long has "
    "lost its process or its machine: it becomes Crashed, and the next automation takes it.",
    "pending": "A worker took the run and went away before it began: it becomes Crashed.",
    "crashed": "The same run once more, within the bound of RUNLETTERS_MOST_RESTARTS; what was "
    "written and paid is kept. Beyond the bound RUNLETTERS_OPERATOR_EMAIL is told.",
    "failed": "RUNLETTERS_OPERATOR_EMAIL is told which run, why, and what to do.",
}
_BEGINS = ("Running", "Completed", "Failed", "Crashed", "Cancelled", "Cancelling", "Scheduled")


def create_automations(settings: Settings) -> list[str]:
    """Make or renew every automation; their names.

    Raises:
        SettingsError: the server does not know the deployments yet.
    """
    prepare()
    with get_client(sync_client=True) as client:
        wanted = [
            *_tending(_deployment(client, TEND), settings),
            _budget(_deployment(client, STEER)),
        ]
        known = {each.name: (each.id, each.enabled) for each in client.read_automations()}
        for one in wanted:
            _keep(client, one, known.get(one.name))
    return [one.name for one in wanted]


def _keep(
    client: SyncPrefectClient, wanted: AutomationCore, known: tuple[UUID, bool] | None
) -> None:
    """One of that name is changed in place, and stays switched off if somebody switched it off."""
    if known is None:
        client.create_automation(wanted)
        return
    automation_id, wanted.enabled = known
    client.update_automation(automation_id, wanted)


def _deployment(client: SyncPrefectClient, name: str) -> UUID:
    try:
        return client.read_deployment_by_name(name).id
    except ObjectNotFound:
        raise SettingsError(
            f"The server knows no deployment {name}.",
            remedy="Bring prefect.yaml there first: make worker, or runletters serve.",
        ) from None


def _tending(deployment: UUID, settings: Settings) -> Iterable[AutomationCore]:
    yield _started(
        deployment,
        "zombie",
        "zombie runs are declared dead",
        EventTrigger(
            # Running as well: one that was resumed after its process had died never beats again.
            after={"prefect.flow-run.heartbeat", "prefect.flow-run.Running"},
            expect={"prefect.flow-run.*"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=settings.zombie_after_s),
            **_OURS,
        ),
    )
    yield _started(
        deployment,
        "pending",
        "runs that never begin are declared dead",
        EventTrigger(
            after={"prefect.flow-run.Pending"},
            expect={f"prefect.flow-run.{name}" for name in _BEGINS},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=settings.pending_after_s),
            **_OURS,
        ),
    )
    yield _started(
        deployment,
        "crashed",
        "dead runs are started again",
        EventTrigger(expect={"prefect.flow-run.Crashed"}, posture=Posture.Reactive, **_OURS),
    )
    yield _started(
        deployment,
        "failed",
        "failures are mailed",
        EventTrigger(expect={"prefect.flow-run.Failed"}, posture=Posture.Reactive, **_OURS),
    )


def _started(
    deployment: UUID, finding: Finding, name: str, trigger: EventTrigger
) -> AutomationCore:
    return AutomationCore(
        name=f"{PREFIX}{name}",
        description=_EXPLAINED[finding],
        trigger=trigger,
        actions=[
            _run(deployment, flow_run_id=_filled("labels.prefect.resource.id"), finding=finding)
        ],
    )


def _budget(deployment: UUID) -> AutomationCore:
    """By a flow run, which says on each queue why it stands still; the next day resumes it."""
    return AutomationCore(
        name=f"{PREFIX}the day's budget is reached: backfills pause",
        description="They go on the next day (UTC), or now: runletters resume",
        trigger=EventTrigger(expect={DAY_IS_OVER}, posture=Posture.Reactive, threshold=1),
        actions=[_run(deployment, step="pause", day=_filled("event.payload.day"))],
    )


def _run(deployment: UUID, **parameters: Any) -> RunDeployment:
    return RunDeployment(
        source="selected", job_variables=None, deployment_id=deployment, parameters=parameters
    )


def _filled(place: str) -> dict[str, str]:
    """A value of the event. In full: a bare template is turned into JSON, which a label is not."""
    return {"__prefect_kind": "jinja", "template": f"{{{{ {place} }}}}"}


if __name__ == "__main__":
    create_automations(Settings())
