"""Starts deployments where they belong: premium before free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from prefect import task
from prefect.artifacts import create_link_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.runtime import flow_run

from runletters.edges.store import Store
from runletters.settings import Settings
from runletters.users import Tier, user_key

BACKFILLS: Mapping[Tier, str] = {
    "premium": "backfill-history/backfill-premium",
    "free": "backfill-history/backfill",
}


# A retry gives the same run: the key names the order, not the attempt.
@task(name="start-backfill", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def start_in_queue(parameters: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Start the backfill deployment of the user's tier; what was not given stays the default.

    Raises:
        StoreError: nobody of that name was ingested.
    """
    with Store.open(settings.store) as store:
        user = store.known_user(parameters["user"])
    name = BACKFILLS[user.tier]
    started = cast(
        "FlowRun",
        run_deployment(
            name,
            parameters={key: value for key, value in parameters.items() if value is not None},
            timeout=0,
            flow_run_name=f"backfill-{user.user_id}",  # else a random one until it starts
            idempotency_key=f"order-{flow_run.id}",
        ),
    )
    create_link_artifact(
        link=f"/runs/flow-run/{started.id}",
        link_text=started.name,
        key=f"ordered-backfill-{user_key(user.user_id)}",
        description=f"The backfill that was started: {name}",
    )
    return {
        "user": user.user_id,
        "tier": user.tier,
        "deployment": name,
        "flow_run_id": str(started.id),
    }
