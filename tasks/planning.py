"""Reads what is there and decides what is missing."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from runletters.backfilling import Order, Plan, plan_backfill
from runletters.budgeting import nano_usd
from runletters.edges.history_files import History
from runletters.edges.processes import is_dead
from runletters.edges.store import Store
from runletters.edges.writers import open_writer
from runletters.settings import Settings


@task(name="plan-backfill", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def plan(order: Order, settings: Settings) -> Plan:
    """Anti-join the history with what is written, inside the tier and the rights."""
    return read_plan(order, settings)


def check_writer(order: Order, settings: Settings) -> None:
    """Open the writer before anything is claimed, so that a missing key leaves nothing half-done.

    A run is given its limit here, once, also for its chapters.

    Raises:
        SettingsError: the writer cannot work; the message says how to get going.
    """
    open_writer(order.writer, settings).begin(order.run_id, nano_usd(order.max_cost_usd))


def read_plan(order: Order, settings: Settings) -> Plan:
    """The plan of a backfill, without Prefect: the command line asks before it starts a flow.

    Claims of processes of this machine that are gone are given back first, so a killed
    run can be continued at once.

    Raises:
        StoreError: nobody of that name was ingested.
    """
    now = datetime.now(UTC)
    with Store.open(settings.store) as store:
        store.release_if(is_dead, now=now)
        user = store.known_user(order.user_id)
        history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
        activities = history.activities(order.user_id)
        zone = user.preferences.time_zone
        mine = order.model_copy(update={"tier": user.tier, "time_zone": zone})
        away = store.on_their_way(order.user_id)
        return plan_backfill(
            mine, activities, store.status(order.user_id), now=now, on_their_way=away
        )
