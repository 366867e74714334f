"""Publishes the file that analysts read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from runletters.edges.publishing import publish_house
from runletters.settings import Settings


@task(name="publish-tables", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def publish_tables(settings: Settings) -> dict[str, Any]:
    """Write store and history into one DuckDB file and swap it in: rows by table, bytes, place."""
    return publish_house(settings, now=datetime.now(UTC))
