"""prefect.yaml is the truth: every entrypoint loads, every parameter binds, no key is unknown."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.cli.deploy._models import (
    ConcurrencyLimitSpec,
    DeploymentConfig,
    RawScheduleConfig,
    WorkPoolConfig,
)
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.client.schemas.schedules import CronSchedule
from prefect.events import DeploymentEventTrigger
from prefect.utilities.importtools import import_object

from deployments.serving import served_deployments
from deployments.work_pool import QUEUES
from runletters.edges.checkup_server import TAGS

REPOSITORY = Path(__file__).resolve().parents[2]
FILE: dict[str, Any] = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS: list[dict[str, Any]] = FILE["deployments"]
NAMES = [deployment["name"] for deployment in DEPLOYMENTS]


def flow_of(deployment: dict[str, Any]) -> Flow[..., Any]:
    flow = import_object(deployment["entrypoint"])
    assert isinstance(flow, Flow)
    return flow


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=NAMES)
def test_every_entrypoint_is_a_flow_that_explains_its_parameters(
    deployment: dict[str, Any],
) -> None:
    """The form in the UI has a description for each field, and the deployment has one itself."""
    properties = flow_of(deployment).parameters.properties

    undescribed = [name for name, field in properties.items() if not field.get("description")]

    assert [] == undescribed
    assert deployment["description"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=NAMES)
def test_every_deployment_and_schedule_binds_its_parameters(deployment: dict[str, Any]) -> None:
    """Parameters that the file sets exist; what has no default is set or asked in the form."""
    signature = inspect.signature(flow_of(deployment).fn)
    schedules = deployment.get("schedules", [])

    sets = [deployment.get("parameters", {}), *(each.get("parameters", {}) for each in schedules)]

    for parameters in sets:
        signature.bind_partial(**parameters)
    for schedule in schedules:
        signature.bind(**{**deployment.get("parameters", {}), **schedule.get("parameters", {})})


def test_the_doctor_counts_every_deployment() -> None:
    """It knows them by their tags, among what else may be on the server."""
    assert [] == [each["name"] for each in DEPLOYMENTS if not TAGS & set(each["tags"])]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=NAMES)
def test_no_key_is_unknown_to_prefect(deployment: dict[str, Any]) -> None:
    """Prefect ignores a misspelt key in silence; here it fails."""
    known = set(DeploymentConfig.model_fields)

    assert set() == set(deployment) - known
    assert set(ConcurrencyLimitSpec.model_fields) >= set(deployment.get("concurrency_limit", {}))
    assert set(WorkPoolConfig.model_fields) >= set(deployment["work_pool"])
    for schedule in deployment.get("schedules", []):
        assert set(RawScheduleConfig.model_fields) >= set(schedule)
    for trigger in deployment.get("triggers", []):
        assert set(DeploymentEventTrigger.model_fields) | {"type"} >= set(trigger)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=NAMES)
def test_limits_queues_and_schedules_are_what_prefect_understands(
    deployment: dict[str, Any],
) -> None:
    """A limit says what happens at a collision; a schedule names its zone; the queue exists."""
    limit, schedules = deployment.get("concurrency_limit"), deployment.get("schedules", [])

    assert deployment["work_pool"]["work_queue_name"] in QUEUES
    assert limit is None or ConcurrencyLimitConfig(**limit).collision_strategy
    assert [each["slug"] for each in schedules] == list(
        dict.fromkeys(each["slug"] for each in schedules)
    )
    for schedule in schedules:
        CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])


def test_the_file_itself_has_only_known_keys() -> None:
    """Top level: name, version, definitions and deployments."""
    assert {"name", "prefect-version", "pull", "definitions", "deployments"} == set(FILE)
    assert {"pools"} == set(FILE["definitions"])


def test_the_pull_step_leads_to_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that starts anywhere works where the code lies."""
    monkeypatch.chdir(tmp_path)
    (step,) = FILE["pull"]

    ((name, inputs),) = step.items()
    output = import_object(name)(**inputs)

    assert (REPOSITORY, {"directory": str(REPOSITORY)}) == (Path.cwd(), output)


def test_what_is_served_is_what_is_deployed() -> None:
    """The one local process has every deployment with its schedules, limit and triggers."""
    served = {each.name: each for each in served_deployments()}

    assert NAMES == list(served)
    for deployment in DEPLOYMENTS:
        one, limit = served[deployment["name"]], deployment.get("concurrency_limit", {})
        assert deployment["entrypoint"] == one.entrypoint
        assert [
            (each["slug"], each["cron"], each["timezone"], each.get("parameters", {}))
            for each in deployment.get("schedules", [])
        ] == [
            (each.slug, each.schedule.cron, each.schedule.timezone, each.parameters)
            for each in one.schedules or []
        ]
        assert limit.get("limit") == one.concurrency_limit
        assert len(deployment.get("triggers", [])) == len(one.triggers)


def test_the_order_has_the_form_of_the_backfill() -> None:
    """A field that the backfill gains, the order has too."""
    order, backfill = (
        flow_of(each)
        for name in ("order", "backfill")
        for each in DEPLOYMENTS
        if name == each["name"]
    )

    assert backfill.parameters.model_dump() == order.parameters.model_dump()


def test_names_are_unique() -> None:
    """Two deployments of one name would overwrite each other."""
    assert len(set(NAMES)) == len(NAMES)
