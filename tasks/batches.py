"""Message batches as a flow sees them: handed in, waited for, delivered, closed."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from runletters.backfilling import Order
from runletters.content import WorkItem
from runletters.edges.batch_desk import Delivery, deliver
from runletters.edges.batch_rows import BatchRow, BatchRows
from runletters.edges.store import Store
from runletters.edges.writers import open_batches
from runletters.errors import WriterError, WriterStopped
from runletters.progress import Tally, pair_of, stopped_tally
from runletters.settings import Settings
from tasks.promises import whole

if TYPE_CHECKING:
    from runletters.edges.claude_batches import BatchClient


# Not tried again by Prefect: the answer to a submission can be lost, the submission not.
@task(name="submit-batches", cache_policy=NO_CACHE)
def _submit(items: Sequence[WorkItem], order: Order, owner: str, settings: Settings) -> Tally:
    """Write down and create the batches for these items; what is left is given back."""
    with _client(owner, settings) as client, Store.open(settings.store) as store:
        submission = client.submit(items, order.run_id)
        left = [pair_of(item) for item in submission.left]
        store.release(owner, now=datetime.now(UTC), pairs=left)
        return stopped_tally(submission.error, released=len(left))


def submit_batches(
    items: Sequence[WorkItem], order: Order, owner: str, settings: Settings
) -> Tally:
    """Hand in what is to be written, in one task run; nothing to write, nothing is run."""
    return _submit(whole(items), order, owner, whole(settings)) if items else Tally()


@task(name="take-over-batches", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def take_over_batches(order: Order, owner: str, settings: Settings) -> int:
    """Continue the batches of this user whose flow run is gone; how many there are."""
    with _client(owner, settings) as client:
        return len(client.take_over(order.user_id))


@contextmanager
def holding_batches(owner: str, settings: Settings) -> Generator[None]:
    """At the end of the block batches that are still open are anybody's to continue."""
    try:
        yield
    finally:
        with Store.open(settings.store) as store:
            BatchRows(store.engine).let_go(owner)


class Waiting:
    """Batches of this flow run as they end; `tally` says why the waiting was given up."""

    def __init__(self, order: Order, owner: str, settings: Settings) -> None:
        self._order, self._owner, self._settings = order, owner, settings
        self.tally = Tally()

    def as_they_end(self) -> Iterator[BatchRow]:
        """Each batch when it can be read; a live run waits for none that has not ended."""
        with _client(self._owner, self._settings) as client:
            while client.under_way():
                ended = self._look(client)
                yield from ended
                is_over = self.tally.stopped or (self._order.mode == "live" and not ended)
                if is_over:
                    return
                if not ended:
                    time.sleep(self._settings.batch_poll_s)

    def _look(self, client: BatchClient) -> list[BatchRow]:
        try:
            return client.ended()
        except WriterStopped as stop:
            self.tally = stopped_tally(stop)
        except WriterError:
            pass  # the service is away for a while: batches wait, and so do we
        return []


def deliveries(batch: BatchRow, owner: str, settings: Settings) -> Iterator[Delivery]:
    """What came of a batch, some lines at a time, each item claimed by this run."""
    with _client(owner, settings) as client, Store.open(settings.store) as store:
        yield from deliver(client, store, batch, owner=owner, lease_s=settings.lease_s)


def close_batch(batch: BatchRow, owner: str, settings: Settings) -> None:
    """Mark a batch as read: all that came of it is recorded."""
    with _client(owner, settings) as client:
        client.close(batch)


@contextmanager
def _client(owner: str, settings: Settings) -> Generator[BatchClient]:
    with Store.open(settings.store) as store:
        yield open_batches(BatchRows(store.engine), owner, settings)
