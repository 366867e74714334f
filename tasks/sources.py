"""Looks at runners' sources, and says what came in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event
from prefect.futures import PrefectFuture, wait
from pydantic import TypeAdapter

from runletters.edges.history_files import History
from runletters.edges.source_desk import Desk
from runletters.edges.store import Store
from runletters.settings import Settings
from runletters.sources import Announcement, Polled, shown
from runletters.users import Tier, user_key
from tasks.history import only_one_ingest
from tasks.secrets import secret

NEW_RUNS = "runletters.runs.new"
"""The event that says: these runs came in, write about them. prefect.yaml listens to it."""


@task(name="find-sources", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def find_users_with_sources(user: str, settings: Settings) -> list[str]:
    """Whose sources are to be looked at: that user's, or everybody's if empty."""
    with Store.open(settings.store) as store:
        return sorted({each.user_id for each in store.sources(user or None)})


# A user whose history is being ingested is left to the next look: the lock says so.
@task(name="look-at-sources", task_run_name="sources-{user}", cache_policy=NO_CACHE)
def look_at_sources(user: str, settings: Settings) -> list[Polled]:
    """Look at one user's sources, one after the other, and tell of the runs that are new."""
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    with only_one_ingest(user, settings), Store.open(settings.store) as store:
        desk = Desk(
            store=store, history=history, settings=settings, secret=secret, now=datetime.now(UTC)
        )
        polled = [desk.poll(source) for source in store.sources(user)]
        if (news := desk.announce(user)) is not None:
            _tell(news, store.known_user(user).tier)
            store.announced(news)
    return polled


def _tell(news: Announcement, tier: Tier) -> None:
    emit_event(
        NEW_RUNS,
        resource={
            "prefect.resource.id": f"runletters.user.{user_key(news.user_id)}",
            "prefect.resource.name": news.user_id,
            "runletters.tier": tier,
        },
        payload={
            "user": news.user_id,
            "since": news.since,
            "until": news.until,
            "runs": news.runs,
        },
    )


def gather_polled(futures: Sequence[PrefectFuture[Any]], users: Sequence[str]) -> list[Polled]:
    """Wait for all; a user that could not be looked at becomes a reason and stops no other."""
    wait(list(futures))
    return [
        polled
        for future, user in zip(futures, users, strict=True)
        for polled in _of(future.result(raise_on_failure=False), user)
    ]


def _of(result: object, user: str) -> list[Polled]:
    if isinstance(result, list):
        return _POLLED.validate_python(result)
    return [Polled(user_id=user, source="all", state="failed", reason=f"{result}"[:500])]


def polling_summary(polled: Sequence[Polled]) -> dict[str, Any]:
    """Counts, and what failed or was withheld; shown in the UI where there was anything to say."""
    result = {
        "sources": len(polled),
        "failed": sum(each.state == "failed" for each in polled),
        **{name: sum(getattr(each, name) for each in polled) for name in _COUNTS},
    }
    told = [each for each in polled if each.state == "failed" or each.found or each.withheld]
    if told:
        create_table_artifact(
            table=[shown(each) for each in told],
            key="new-activities",
            description="Sources that had something new, withheld something or failed, and why",
        )
    return {**result, "notes": [each.model_dump(exclude={"watermark"}) for each in told]}


_POLLED = TypeAdapter(list[Polled])
_COUNTS = ("found", "loaded", "withheld", "quarantined")
