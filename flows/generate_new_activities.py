"""Notices new activities in runners' sources, and has them written about."""

from __future__ import annotations

from typing import Any

from prefect import flow, unmapped

from flows.forms import Unset
from runletters.settings import Settings
from tasks.promises import SIDE_BY_SIDE
from tasks.sources import (
    find_users_with_sources,
    gather_polled,
    look_at_sources,
    polling_summary,
)


@flow(
    name="generate-new-activities",
    flow_run_name="new-activities",
    task_runner=SIDE_BY_SIDE,
)
def generate_new_activities(user: str | Unset = "") -> dict[str, Any]:
    """Look at every source once: load what is new, and tell of it so that it is written about.

    Safe to repeat: each source remembers how far it was read, and what is known is not read
    again. A source that fails keeps its reason in `source_polls` and stops no other. New runs
    are told of by the event `runletters.runs.new`, on which the order of a backfill waits.

    Args:
        user: Only this user's sources; everybody's if empty.
    """
    settings = Settings()
    users = find_users_with_sources(user or "", settings)
    futures = look_at_sources.map(users, settings=unmapped(settings))

    return polling_summary(gather_polled(futures, users))
