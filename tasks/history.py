"""How hard Prefect tries to bring a history in."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from prefect import Task, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import flow_run

from runletters.activities import Rights
from runletters.edges.history_files import History
from runletters.edges.loading import load_history
from runletters.edges.processes import owner_name
from runletters.edges.store import Store
from runletters.errors import RunlettersError
from runletters.ingest_reports import Loaded, ingest_markdown
from runletters.parts import writable_runs
from runletters.settings import Settings
from runletters.users import ingest_lock, user_key
from tasks.claims import keeping_claims

_LEASE_S = 60
"""A killed ingest keeps others out for this long at most; a living one renews in time."""


def may_pass(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """What our own rules refused is refused again; a network or a disk may recover."""
    del task, run  # Prefect passes them by position
    return not isinstance(state.data, RunlettersError)


@contextmanager
def only_one_ingest(user: str, settings: Settings) -> Generator[None]:
    """Keep a second ingest of the same user out while the block runs.

    Raises:
        Busy: another one is at work.
    """
    owner, now = owner_name(str(flow_run.id)), datetime.now(UTC)
    brief = settings.model_copy(update={"lease_s": _LEASE_S})
    name = ingest_lock(user)
    with (
        Store.open(settings.store) as store,
        store.lock(name, owner=owner, lease_s=_LEASE_S, now=now),
        keeping_claims(owner, brief),
    ):
        yield


@task(
    name="load-history",
    task_run_name="load-{user}",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[5, 20],
    retry_condition_fn=may_pass,
)
def load(path: str, user: str, rights: Rights | None, settings: Settings) -> Loaded:
    """Load what is new; what was loaded before a retry is known to it."""
    now = datetime.now(UTC)
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    with Store.open(settings.store) as store:
        loaded = load_history(
            path,
            user,
            history,
            quarantined=frozenset(store.quarantined_hashes(user)),
            rights=rights,
            endpoint=settings.s3_endpoint_url,
            now=now,
        )
        store.ensure_user(user, now=now)
        store.quarantine(user, loaded.problems, now=now)
        store.ensure_status(user, writable_runs(history.activities(user)), now=now)
        return loaded


@task(name="close-ingest", cache_policy=NO_CACHE, retries=4, retry_delay_seconds=[1, 2, 4, 8])
def close_ingest(loaded: Loaded, user: str, settings: Settings) -> dict[str, Any]:
    """Keep the summary in the store and show it in the UI."""
    summary, now = loaded.summary(user), datetime.now(UTC)
    with Store.open(settings.store) as store:
        store.record_flow(
            str(flow_run.id),
            flow_run.flow_name or "",
            user,
            started_at=flow_run.scheduled_start_time or now,
            ended_at=now,
            summary=summary,
            state="completed",
        )
    create_markdown_artifact(
        markdown=ingest_markdown(summary, loaded.problems),
        key=f"ingest-summary-{user_key(user)}",
        description="What was loaded, known, merged and quarantined",
    )
    return summary
