"""What the form of the UI sends untouched is what the server accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.utilities.importtools import import_object
from prefect.utilities.schema_tools.validation import validate

REPOSITORY = Path(__file__).resolve().parents[2]
ENTRYPOINTS = [
    each["entrypoint"]
    for each in yaml.safe_load((REPOSITORY / "prefect.yaml").read_text("utf-8"))["deployments"]
]
ASKED = {"user": "ada", "activity": "1", "path": "export.zip", "flow_run_id": 36 * "0"}


@pytest.mark.parametrize("entrypoint", ENTRYPOINTS)
def test_a_form_with_only_the_required_fields_filled_in_is_accepted(entrypoint: str) -> None:
    """Every field has a default that its own schema allows, and that the flow understands."""
    flow = import_object(entrypoint)
    assert isinstance(flow, Flow)
    schema: dict[str, Any] = flow.parameters.model_dump_for_openapi()
    properties = schema["properties"]
    defaults = {name: field["default"] for name, field in properties.items() if "default" in field}
    asked = {name: ASKED[name] for name in schema.get("required", [])}

    # The form asks for all errors, which also looks at formats; the server for the first.
    assert [] == [error.message for error in validate(defaults | asked, schema)]
    validate(defaults | asked, schema, raise_on_error=True)

    assert set(properties) == set(flow.validate_parameters(defaults | asked))


@pytest.mark.parametrize("entrypoint", ENTRYPOINTS)
def test_no_field_is_a_switch_between_types(entrypoint: str) -> None:
    """`date | None` shows as two buttons and the words: Property is type None."""
    flow = import_object(entrypoint)
    assert isinstance(flow, Flow)

    assert [] == [name for name, field in flow.parameters.properties.items() if "anyOf" in field]
