"""prefect.yaml is the truth: every entrypoint loads, every parameter binds, no key is unknown."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.cli.deploy._models import DeploymentConfig
from prefect.utilities.importtools import import_object

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


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=NAMES)
def test_no_key_is_unknown_to_prefect(deployment: dict[str, Any]) -> None:
    """Prefect ignores a misspelt key in silence; here it fails."""
    known = set(DeploymentConfig.model_fields)

    assert set() == set(deployment) - known
    assert {"limit", "collision_strategy"} >= set(deployment.get("concurrency_limit", {}))
    assert {"name", "work_queue_name", "job_variables"} >= set(deployment["work_pool"])


def test_the_file_itself_has_only_known_keys() -> None:
    """Top level: name, version, definitions and deployments."""
    assert {"name", "prefect-version", "definitions", "deployments"} == set(FILE)


def test_names_are_unique() -> None:
    """Two deployments of one name would overwrite each other."""
    assert len(set(NAMES)) == len(NAMES)
