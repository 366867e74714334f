"""Makes the work pool and its queues on the server; run again, it changes nothing.

One process where four calls of Prefect's command line would take half a minute.
"""

from __future__ import annotations

from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists
from prefect.workers.process import ProcessWorker

POOL = "run-letters"
QUEUES = {"interactive": 1, "scheduled": 3, "premium": 5, "backfill": 10}
"""Priorities: somebody waits for the first; the last may take all night, and are free."""


def prepare() -> None:
    """Make what is missing of the pool and the queues, and set the priorities."""
    with get_client(sync_client=True) as client:
        _make_pool(client)
        for name, priority in QUEUES.items():
            client.update_work_queue(_queue(client, name), priority=priority)


def _make_pool(client: SyncPrefectClient) -> None:
    template = ProcessWorker.get_default_base_job_template()
    pool = WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template)
    try:
        client.create_work_pool(pool)
    except ObjectAlreadyExists:
        return  # a template that somebody changed stays as it is


def _queue(client: SyncPrefectClient, name: str) -> UUID:
    try:
        return client.create_work_queue(name, work_pool_name=POOL).id
    except ObjectAlreadyExists:
        return client.read_work_queue_by_name(name, work_pool_name=POOL).id


if __name__ == "__main__":
    prepare()
