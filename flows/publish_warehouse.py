"""Publishes what analysts read: one DuckDB file, swapped in whole."""

from __future__ import annotations

from typing import Any

from prefect import flow

from runletters.settings import Settings
from tasks.publishing import publish_tables


@flow(name="publish-warehouse", flow_run_name="publish-warehouse")
def publish_warehouse() -> dict[str, Any]:
    """Write activities, splits, texts, statuses, calls and outcomes into one DuckDB file.

    The file takes the place of the old one at once; who has the old one open keeps it. Other
    flows may run meanwhile: what is published is the state of one moment.
    """
    return publish_tables(Settings())
