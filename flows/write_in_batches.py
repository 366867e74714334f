"""Writes a backfill by message batches: half the price, within a day."""

from __future__ import annotations

from prefect import flow
from prefect.runtime import flow_run

from flows.keep_batch import keep_batch
from runletters.backfilling import Order
from runletters.content import WorkItem
from runletters.edges.processes import owner_name
from runletters.progress import Tally
from runletters.settings import Settings
from tasks.batches import Waiting, holding_batches, submit_batches, take_over_batches
from tasks.claims import claim_window, keeping_claims
from tasks.planning import plan
from tasks.promises import SIDE_BY_SIDE


@flow(name="write-in-batches", flow_run_name="batches-{order.user_id}", task_runner=SIDE_BY_SIDE)
def write_in_batches(order: Order) -> Tally:
    """Hand in what is missing, and keep what comes back; batches of killed runs go on here.

    An order that is not for batches hands in nothing new; a live one waits for nothing either.
    """
    settings = Settings()
    owner, tally = owner_name(str(flow_run.id)), Tally()

    with keeping_claims(owner, settings), holding_batches(owner, settings):
        take_over_batches(order, owner, settings)
        ahead, items = plan(order, settings), list[WorkItem]()
        for window in ahead.windows(settings.window) if order.mode == "batch" else ():
            todo = claim_window(window, order, owner, settings)
            items += todo.items
            tally += Tally(unchanged=len(todo.unchanged))
        tally += submit_batches(items, order, owner, settings)

        waiting = Waiting(order, owner, settings)
        for batch in waiting.as_they_end():
            kept = keep_batch(batch, order, owner)
            tally += kept.tally
            if kept.tally.stopped:
                break
            tally += submit_batches(kept.again, order, owner, settings)
        return tally + waiting.tally
