"""How hard Prefect tries to write one coaching insight."""

from __future__ import annotations

from typing import Any

from prefect import task

from runletters.content import WorkItem
from runletters.edges.writers import open_writer
from runletters.settings import Settings
from tasks.promises import PAID


@task(name="write-coaching", task_run_name="coaching-{item.activity_id}", **PAID)
def write_coaching(item: WorkItem, run_id: str, settings: Settings) -> dict[str, Any]:
    """Ask the writer for one insight. The reply is durable the moment this returns."""
    return open_writer(item.writer, settings).write(item, run_id).model_dump(mode="json")
