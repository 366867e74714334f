"""Runs every deployment of prefect.yaml in one local process, without a worker."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import yaml
from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.deployments.runner import RunnerDeployment
from prefect.events import DeploymentEventTrigger
from prefect.exceptions import TerminationSignal
from prefect.runner import Runner
from prefect.schedules import Schedule
from prefect.types.entrypoint import EntrypointType
from prefect.utilities.importtools import import_object

from deployments.automations import create_automations
from deployments.checkout import CHECKOUT
from deployments.receiver import is_wanted, start_receiver
from runletters.settings import Settings

_OUR_KEYS = ("description", "tags", "parameters")


def read_deployments(file: Path = CHECKOUT / "prefect.yaml") -> list[dict[str, Any]]:
    """The deployments of prefect.yaml, as they stand there."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]


def served_deployments() -> list[RunnerDeployment]:
    """The same deployments for this process: schedules, limits and triggers, no work pool."""
    return [_served(each) for each in read_deployments()]


def _served(spec: dict[str, Any]) -> RunnerDeployment:
    flow = cast("Flow[..., Any]", import_object(spec["entrypoint"]))
    limit = spec.get("concurrency_limit")
    return cast(
        "RunnerDeployment",
        flow.to_deployment(
            spec["name"],
            schedules=[Schedule(**each) for each in spec.get("schedules", [])],
            concurrency_limit=ConcurrencyLimitConfig(**limit) if limit else None,
            triggers=[
                DeploymentEventTrigger.model_validate(each) for each in spec.get("triggers", [])
            ],
            entrypoint_type=EntrypointType.MODULE_PATH,
            **{key: spec[key] for key in _OUR_KEYS if key in spec},
        ),
    )


def serve_all(*, limit: int, receiver_port: int) -> None:
    """Serve until interrupted; schedules stay on, so a restart misses nothing that is made up."""
    settings = Settings()
    runner = Runner(pause_on_shutdown=False, limit=limit)
    for deployment in served_deployments():
        runner.add_deployment(deployment)
    create_automations(settings)
    if is_wanted(settings):
        start_receiver(settings, host="127.0.0.1", port=receiver_port)
    with suppress(KeyboardInterrupt, TerminationSignal):
        asyncio.run(runner.start())
