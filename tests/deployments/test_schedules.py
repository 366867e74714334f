"""A simulated year of the schedules in prefect.yaml, as Prefect's server would make the runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from prefect.server.schemas.schedules import CronSchedule

from deployments.serving import read_deployments

QUARTER = timedelta(minutes=15)
SCHEDULES = [
    (f"{deployment['name']}/{schedule['slug']}", schedule)
    for deployment in read_deployments()
    for schedule in deployment.get("schedules", [])
]
LOOK = dict(SCHEDULES)["new-activities/every-quarter-hour"]
CHANGES = [  # the nights on which clocks change: Berlin, New York, Lord Howe (by half an hour)
    datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC),
]  # fmt: skip


def runs(schedule: dict[str, Any], start: datetime, days: int) -> list[datetime]:
    """When runs would be made."""
    made = CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
    dates = asyncio.run(made.get_dates(n=97 * days, start=start, end=start + timedelta(days=days)))
    return [datetime.fromtimestamp(date.timestamp(), UTC) for date in dates]


@pytest.mark.parametrize("start", CHANGES)
def test_looks_go_on_every_quarter_of_an_hour_when_clocks_change(start: datetime) -> None:
    """No hour without a look, and none with twice as many."""
    made = runs(LOOK, start, 2)

    assert {QUARTER} == {after - before for before, after in pairwise(made)}
    assert len(made) in {192, 193}


def test_no_two_schedules_fall_on_one_moment() -> None:
    """Prefect makes one run of two at the same instant; and all at once is a rush."""
    week = {
        name: set(runs(each, datetime(2026, 12, 28, tzinfo=UTC), 7)) for name, each in SCHEDULES
    }

    together = [
        (one, other)
        for one in week
        for other in week
        if one < other and week[one] & week[other]
    ]  # fmt: skip
    assert [] == together


@pytest.mark.slow
def test_a_year_of_looks() -> None:
    """365 days of 96 looks, wherever the clocks are."""
    made = [
        each
        for month in range(365 // 5)
        for each in runs(LOOK, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=5 * month), 5)
    ]

    assert 365 * 96 == len(set(made))
    assert {QUARTER} == {after - before for before, after in pairwise(sorted(set(made)))}
