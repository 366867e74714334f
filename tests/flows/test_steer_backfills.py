"""A day's budget at midnight: whose day it is, is passed in; the queues are a real server's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from prefect.client.orchestration import get_client

from deployments.work_pool import POOL, prepare
from flows.steer_backfills import steer_backfills
from runletters.pausing import BACKFILL_QUEUES, paused_for
from tasks.queues import pause_queues, resume

pytestmark = pytest.mark.server
DAY = date(2026, 11, 28)
BOTH = [*BACKFILL_QUEUES]


def moment(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def days() -> list[date | None]:
    """Whose budget each queue of backfills waits for; None: it runs."""
    with get_client(sync_client=True) as client:
        queues = [client.read_work_queue_by_name(name, POOL) for name in BACKFILL_QUEUES]
    assert [each.is_paused for each in queues] == [
        paused_for(each.description) is not None for each in queues
    ]
    return [paused_for(each.description) for each in queues]


def test_a_budget_stops_its_own_day_and_no_other() -> None:
    """News after midnight stops nobody; a stopped queue goes on the next day and not before."""
    prepare()

    late = steer_backfills("pause", day=DAY, at=moment(29, 0, 1))
    after_late_news = days()
    paused = steer_backfills("pause", day=DAY, at=moment(28, 23, 59))
    same_day = resume(DAY)
    on_the_day = days()
    next_day = steer_backfills("resume", at=moment(29, 0, 7))

    assert ([], [None, None]) == (late, after_late_news)
    assert (BOTH, [], [DAY, DAY]) == (paused, same_day, on_the_day)
    assert (BOTH, [None, None]) == (next_day, days())


def test_a_budget_reached_before_the_queues_went_on_stops_the_new_day() -> None:
    """Reached at 00:03, between midnight and the schedule: seven past does not lift it."""
    next_day = DAY + timedelta(days=1)
    prepare()
    pause_queues.fn(DAY, DAY)

    again = pause_queues.fn(next_day, next_day)
    at_seven = resume(next_day)
    on_the_day = days()
    day_after = resume(next_day + timedelta(days=1))

    assert (BOTH, []) == (again, at_seven)
    assert [next_day] * 2 == on_the_day
    assert (BOTH, [None, None]) == (day_after, days())
