"""Publishes this house: its store and its history, as the settings name them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from runletters.edges import warehouse
from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.edges.warehouse_figures import read_figures
from runletters.settings import Settings


def publish_house(settings: Settings, *, now: datetime) -> dict[str, Any]:
    """Write store and history into one DuckDB file and swap it in: rows by table, bytes, place."""
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    derived = Derived.open(settings.history, settings.s3_endpoint_url)
    with Store.open(settings.store) as store:
        return warehouse.publish(
            store,
            history,
            settings.published,
            now=now,
            extra=read_figures(history, derived, store.users()),
            s3_endpoint_url=settings.s3_endpoint_url,
        )
