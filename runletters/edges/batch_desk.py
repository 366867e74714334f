"""From the lines of a batch to work that flows can hand out: texts to keep, lines to repeat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runletters.batching import MOST_BATCHES
from runletters.content import Kind, Outcome, WorkItem
from runletters.edges.batch_rows import BatchRow
from runletters.edges.store import Store
from runletters.errors import WriterRefused, WriterStopped

if TYPE_CHECKING:
    from runletters.edges.claude_batches import BatchClient, Result


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Some lines of a batch.

    `written` have a reply that was paid: it is kept, or repaired, or gives way; or they came
    back from too many batches without one, and are asked live. `again` have none and cost
    nothing. `failed` are not worth asking again. `halted` say that nothing can be written now.
    """

    written: tuple[WorkItem, ...] = ()
    again: tuple[WorkItem, ...] = ()
    failed: tuple[Outcome, ...] = ()
    halted: tuple[Outcome, ...] = ()


def deliver(
    client: BatchClient, store: Store, batch: BatchRow, *, owner: str, lease_s: float
) -> Iterator[Delivery]:
    """Read a batch and claim what it is about.

    What was recorded before a crash, or belongs to somebody who was forgotten, is left out.

    Raises:
        WriterError: the results cannot be had now.
    """
    for results in client.read(batch):
        ours = _claimed(store, results, batch, owner, lease_s)
        for item, result in ours:
            if result.draft is not None:
                client.remember(item, result.draft)
        back = [item for item, result in ours if result.verdict == "again"]
        tried = store.times_in_batches(batch.flow_run_id, [item.fingerprint for item in back])
        weary = [item for item in back if tried.get(item.fingerprint, 0) >= MOST_BATCHES]
        yield Delivery(
            written=(*(item for item, result in ours if result.verdict == "read"), *weary),
            again=tuple(item for item in back if item not in weary),
            failed=tuple(_refused(item, r) for item, r in ours if r.verdict == "fail"),
            halted=tuple(_halted(item, r) for item, r in ours if r.verdict == "stop"),
        )


def _refused(item: WorkItem, result: Result) -> Outcome:
    return item.failed(WriterRefused(f"Claude API, in a batch: {result.error}."))


def _halted(item: WorkItem, result: Result) -> Outcome:
    message = f"Claude API, in a batch: {result.error}."
    return item.failed(WriterStopped(message, remedy=result.remedy))


def _claimed(
    store: Store, results: Sequence[Result], batch: BatchRow, owner: str, lease_s: float
) -> list[tuple[WorkItem, Result]]:
    items = [(result.item, result) for result in results if result.item is not None]
    mine: list[tuple[WorkItem, Result]] = []
    for user_id in sorted({item.user_id for item, _ in items}):
        theirs = [(item, result) for item, result in items if item.user_id == user_id]
        written = store.fingerprints(user_id)
        fresh = [each for each in theirs if written.get(_pair(each[0])) != each[0].fingerprint]
        held = store.claim(
            user_id,
            [_pair(item) for item, _ in fresh],
            owner=owner,
            lease_s=lease_s,
            now=datetime.now(UTC),
            refresh=True,
            batch_key=batch.batch_key,
        )
        mine += [each for each in fresh if _pair(each[0]) in held]
    return mine


def _pair(item: WorkItem) -> tuple[str, Kind]:
    return item.activity_id, item.kind
