"""Keeps what came of one message batch, each text as a task run of its own."""

from __future__ import annotations

from prefect import flow, unmapped
from pydantic import BaseModel

from runletters.backfilling import Order
from runletters.content import Outcome, WorkItem
from runletters.edges.batch_rows import BatchRow
from runletters.progress import Tally
from runletters.settings import Settings
from tasks.batches import close_batch, deliveries
from tasks.coaching import write_coaching
from tasks.letters import write_letter
from tasks.outcomes import UnderWay, record_outcomes
from tasks.promises import SIDE_BY_SIDE, kept_in, whole
from tasks.reports import watching


class Kept(BaseModel):
    """What came of a batch, and the items that are worth a following one."""

    tally: Tally
    again: list[WorkItem] = []


@flow(name="keep-batch", flow_run_name="batch-{batch.name}", task_runner=SIDE_BY_SIDE)
def keep_batch(batch: BatchRow, order: Order, owner: str) -> Kept:
    """Take the results as they stream in; a reply that is not true is repaired live.

    Lines that brought no reply go into a following batch, or are written live if they are few.
    """
    settings = Settings()
    letter, coaching = kept_in(settings, write_letter, write_coaching)
    same, tally = unmapped(whole(settings)), Tally()
    again, halted = list[WorkItem](), list[Outcome]()

    with watching(order.user_id, batch.request_count) as watcher:
        under_way = UnderWay(watcher)

        def write(items: list[WorkItem]) -> None:
            for task, kind in ((letter, "letter"), (coaching, "coaching")):
                some = [item for item in items if item.kind == kind]
                under_way.add(task.map(whole(some), run_id=order.run_id, settings=same), some)

        for part in deliveries(batch, owner, settings):
            write([*part.written])
            again += part.again
            halted += part.halted
            outcomes = [*under_way.take(leave=2 * settings.concurrency), *part.failed]
            tally += record_outcomes(outcomes, owner, settings)
            if tally.stopped:
                break
        is_few = len(again) < settings.batch_from
        if is_few and not tally.stopped and not halted:
            write(again)
        tally += record_outcomes(under_way.take(leave=0), owner, settings)
        if not tally.stopped:
            close_batch(batch, owner, settings)
        # Last, so that a batch in which lines were refused for want of money is read to its end.
        tally += record_outcomes(halted, owner, settings)
        left = [] if is_few else again
        is_ours = batch.flow_run_id == order.run_id
        return Kept(tally=tally if is_ours else tally.inherited(len(left)), again=left)
