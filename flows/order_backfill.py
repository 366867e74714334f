"""Starts a backfill in the queue of its runner's tier."""

from __future__ import annotations

import inspect
from typing import Any

from prefect import flow

from flows.backfill_history import backfill_history
from flows.forms import with_form_of
from runletters.settings import Settings
from tasks.ordering import start_in_queue


@flow(name="order-backfill", flow_run_name="order-{user}")
@with_form_of(backfill_history)
def order_backfill(*args: Any, **parameters: Any) -> dict[str, Any]:
    """Take what a backfill takes, and leave at once: the backfill itself is another run."""
    given = inspect.signature(backfill_history.fn).bind(*args, **parameters)
    return start_in_queue(dict(given.arguments), Settings())
