"""The only tasks that write what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, as_completed
from prefect.runtime import flow_run

from runletters.assignments import Assigned
from runletters.backfilling import Plan
from runletters.content import Outcome, WorkItem
from runletters.edges.store import Store
from runletters.errors import WriterStopped
from runletters.progress import Tally, is_stop, pair_of, tally
from runletters.settings import Settings
from runletters.summaries import summary
from tasks.reports import Watcher, publish_summary


@task(name="record-outcomes", cache_policy=NO_CACHE, retries=4, retry_delay_seconds=[1, 2, 4, 8])
def record_outcomes(
    outcomes: Sequence[Outcome], todo: Assigned, owner: str, settings: Settings
) -> Tally:
    """Keep texts and reasons in one transaction; items of a stopped run go back unharmed."""
    now = datetime.now(UTC)
    with Store.open(settings.store) as store:
        store.record(
            [outcome for outcome in outcomes if not is_stop(outcome)], owner=owner, now=now
        )
        store.release(owner, now=now, pairs=[pair_of(item) for item in outcomes if is_stop(item)])
    return tally(outcomes) + Tally(unchanged=len(todo.unchanged))


def gather(
    futures: Sequence[PrefectFuture[Any]], items: Sequence[WorkItem], watcher: Watcher
) -> list[Outcome]:
    """Wait for every future, in the order they finish; a failed one becomes a reason."""
    of = dict(zip(futures, items, strict=True))
    return [watcher.finished(_outcome(future, of[future])) for future in as_completed(list(of))]


def _outcome(future: PrefectFuture[Any], item: WorkItem) -> Outcome:
    result = future.result(raise_on_failure=False)
    return Outcome.model_validate(result) if isinstance(result, dict) else item.failed(result)


def close_account(plan: Plan, tally: Tally, settings: Settings) -> dict[str, Any]:
    """Write the run's summary into the store and the UI; what was paid comes from the ledger.

    Raises:
        WriterStopped: the model service ended the run; everything written is kept.
    """
    result = _account(plan, tally, settings)
    publish_summary(result)
    if tally.stopped_by == WriterStopped.__name__:
        raise WriterStopped(tally.stopped or "")
    return result


@task(name="close-account", cache_policy=NO_CACHE, retries=4, retry_delay_seconds=[1, 2, 4, 8])
def _account(plan: Plan, tally: Tally, settings: Settings) -> dict[str, Any]:
    run, now = plan.order.run_id, datetime.now(UTC)
    with Store.open(settings.store) as store:
        spent = store.spent_by_run(run)
        started_at = flow_run.scheduled_start_time or now
        result = summary(plan, tally, spent, seconds=(now - started_at).total_seconds())
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
