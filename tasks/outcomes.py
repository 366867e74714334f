"""The only tasks that write what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run

from runletters.backfilling import Plan
from runletters.content import Outcome, WorkItem
from runletters.edges.forgetting import clear_up_after
from runletters.edges.store import Store
from runletters.errors import WriterStopped
from runletters.progress import Tally, is_stop, pair_of, tally
from runletters.quoting import Quote
from runletters.settings import Settings
from runletters.summaries import summary
from tasks.budgets import tell_of_budget
from tasks.mailing import tell_by_mail
from tasks.promises import whole
from tasks.reports import Watcher, publish_summary


@task(name="record-outcomes", cache_policy=NO_CACHE, retries=4, retry_delay_seconds=[1, 2, 4, 8])
def _record(outcomes: Sequence[Outcome], owner: str, settings: Settings) -> Tally:
    """Keep texts and reasons in one transaction; items of a stopped run go back unharmed."""
    now = datetime.now(UTC)
    with Store.open(settings.store) as store:
        store.record(
            [outcome for outcome in outcomes if not is_stop(outcome)], owner=owner, now=now
        )
        store.release(owner, now=now, pairs=[pair_of(item) for item in outcomes if is_stop(item)])
    return tally(outcomes)


def record_outcomes(outcomes: Sequence[Outcome], owner: str, settings: Settings) -> Tally:
    """Keep what came out, in one task run; nothing came out, nothing is run."""
    return _record(whole(outcomes), owner, whole(settings)) if outcomes else Tally()


class UnderWay:
    """Texts that are being written; gives back what came of them in the order they finish."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._items: dict[PrefectFuture[Any], WorkItem] = {}
        self._finished: SimpleQueue[PrefectFuture[Any]] = SimpleQueue()

    def add(self, futures: Sequence[PrefectFuture[Any]], items: Sequence[WorkItem]) -> None:
        """Watch these futures, one for each item."""
        for future, item in zip(futures, items, strict=True):
            self._items[future] = item
            future.add_done_callback(self._finished.put)

    def take(self, *, leave: int) -> list[Outcome]:
        """Wait until at most `leave` texts are open; what came of all that are not.

        A failed one becomes a reason.
        """
        outcomes: list[Outcome] = []
        while len(self._items) > leave or not self._finished.empty():
            future = self._finished.get()
            outcomes.append(self._watcher.finished(_outcome(future, self._items.pop(future))))
        return outcomes


def _outcome(future: PrefectFuture[Any], item: WorkItem) -> Outcome:
    result = future.result(raise_on_failure=False)
    return Outcome.model_validate(result) if isinstance(result, dict) else item.failed(result)


def close_account(
    plan: Plan, tally: Tally, settings: Settings, quote: Quote | None = None
) -> dict[str, Any]:
    """Write the run's summary into the store and the UI; what was paid comes from the ledger.

    Raises:
        WriterStopped: the model service ended the run; everything written is kept.
        Forgotten: the user was erased meanwhile; nothing of them is kept.
    """
    clear_up_after(settings, plan.order.user_id, now=datetime.now(UTC))
    result = _account(plan, tally, settings, quote)
    publish_summary(result)
    tell_of_budget(tally.stopped)
    if plan.order.activity_id is None:  # a single activity is no news for a mail
        tell_by_mail(result, settings)
    if tally.stopped_by == WriterStopped.__name__:
        raise WriterStopped(tally.stopped or "")
    return result


@task(name="close-account", cache_policy=NO_CACHE, retries=4, retry_delay_seconds=[1, 2, 4, 8])
def _account(plan: Plan, tally: Tally, settings: Settings, quote: Quote | None) -> dict[str, Any]:
    run, now = plan.order.run_id, datetime.now(UTC)
    with Store.open(settings.store) as store:
        spent = store.spent_by_run(run)
        started_at = flow_run.scheduled_start_time or now
        seconds = (now - started_at).total_seconds()
        result = summary(plan, tally, spent, seconds=seconds, model=settings.model, quote=quote)
        store.record_flow(
            run,
            flow_run.flow_name or "",
            plan.order.user_id,
            started_at=started_at,
            ended_at=now,
            summary=result,
            state="stopped" if tally.stopped else "completed",
        )
    return result
