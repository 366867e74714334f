"""Looks after one flow run that died, hangs or failed."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from runletters.settings import Settings
from runletters.tending import Finding
from tasks.tending import tend


@flow(name="tend-run", flow_run_name="tend-{finding}")
def tend_run(
    flow_run_id: Annotated[
        str, Field(min_length=36, examples=["0195a2f0-7a4c-7000-8000-000000000000"])
    ],
    finding: Finding = "crashed",
) -> dict[str, Any]:
    """Start a run that died again, at most as often as the settings say; else tell who runs it.

    A run that waits for an approval is left alone, and one that died waiting is never started
    again by itself. A run that is started again keeps its id, its budget and its approvals.

    Args:
        flow_run_id: The flow run to look after.
        finding: What was seen: zombie (no heartbeat), pending (never began), crashed, failed.
    """
    return tend(flow_run_id, finding, Settings())
