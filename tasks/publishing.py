"""Publishes the file that analysts read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from runletters.edges import warehouse
from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.edges.warehouse_figures import read_figures
from runletters.settings import Settings


@task(name="publish-tables", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def publish_tables(settings: Settings) -> dict[str, Any]:
    """Write store and history into one DuckDB file and swap it in: rows by table, bytes, place."""
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    derived = Derived.open(settings.history, settings.s3_endpoint_url)
    with Store.open(settings.store) as store:
        return warehouse.publish(
            store,
            history,
            settings.published,
            now=datetime.now(UTC),
            extra=read_figures(history, derived, store.users()),
            s3_endpoint_url=settings.s3_endpoint_url,
        )
