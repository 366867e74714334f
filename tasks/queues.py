"""Pauses the queues of backfills when the day's budget is reached, and lets them go on."""

from __future__ import annotations

from datetime import UTC, date, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import WorkQueue
from prefect.exceptions import ObjectNotFound

from runletters.pausing import (
    BACKFILL_QUEUES,
    is_due,
    paused_for,
    pauses,
    with_reason,
    without_reason,
)

POOL = "run-letters"


@task(name="pause-queues", cache_policy=NO_CACHE, retries=4, retry_delay_seconds=[1, 2, 4, 8])
def pause_queues(day: date, today: date) -> list[str]:
    """Pause them for that UTC day and say so on them, unless that day is over.

    Returns:
        Names of the queues that now wait for that day's end and did not before.
    """
    with get_client(sync_client=True) as client:
        stopped = [
            each
            for each in _queues(client)
            if pauses(is_paused=each.is_paused, description=each.description, day=day, today=today)
        ]
        for queue in stopped:
            reason = with_reason(queue.description, day)
            client.update_work_queue(queue.id, is_paused=True, description=reason)
    return [queue.name for queue in stopped]


@task(name="resume-queues", cache_policy=NO_CACHE, retries=4, retry_delay_seconds=[1, 2, 4, 8])
def resume_queues(today: date | None = None) -> list[str]:
    """Let go on what another day's budget paused; without a day: all that is paused, by whom ever.

    Returns:
        Names of the queues that were paused until now.
    """
    return resume(today)


def resume(today: date | None = None) -> list[str]:
    """The same without Prefect's task."""
    with get_client(sync_client=True) as client:
        found = _queues(client)
        due = [
            each
            for each in found
            if each.is_paused and (today is None or is_due(each.description, today))
        ]
        # One that somebody resumed by hand still says why it once stood still.
        stale = [
            each
            for each in found
            if not each.is_paused and paused_for(each.description) is not None
        ]
        for queue in due + stale:
            said = without_reason(queue.description)
            client.update_work_queue(queue.id, is_paused=False, description=said)
    return [queue.name for queue in due]


def utc_day(at: datetime | None = None) -> date:
    """The day of the budget at that moment; now if None."""
    return (at or datetime.now(UTC)).astimezone(UTC).date()


def _queues(client: SyncPrefectClient) -> list[WorkQueue]:
    found: list[WorkQueue] = []
    for name in BACKFILL_QUEUES:
        try:
            found.append(client.read_work_queue_by_name(name, work_pool_name=POOL))
        except ObjectNotFound:
            continue  # a server that no worker of ours ever came to
    return found
