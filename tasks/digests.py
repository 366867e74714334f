"""Finds the digests whose time has come, writes and sends each, and says what became of them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from prefect import get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, wait

from runletters.content import Outcome, WorkItem, WriterName
from runletters.digests.periods import Window, last_whole, period_ending
from runletters.digests.sending import Due, Sent, zone_of
from runletters.digests.writing import DrawnDigest, WrittenDigest
from runletters.edges import digest_desk
from runletters.edges.post_office import sender_of
from runletters.edges.store import Store
from runletters.edges.writers import open_writer
from runletters.errors import SettingsError, WriterStopped
from runletters.settings import Settings
from tasks.claims import keeping_claims
from tasks.promises import PAID

HELD = "another run is writing it at this moment"


@task(name="find-due-digests", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def find_due_digests(window: Window, now: datetime, settings: Settings) -> list[Due]:
    """Whose six in the morning it is, and who has not been told yet."""
    with Store.open(settings.store) as store:
        return digest_desk.find_due(store, window, now=now)


@task(
    name="draw-digest",
    task_run_name="digest-{due.user_id}",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=2,
)
def draw_digest(
    due: Due, writer: WriterName, owner: str, now: datetime, settings: Settings
) -> DrawnDigest:
    """Look whether it was written before, else claim it and put its facts together; pays nothing.

    What another run holds at this moment is left to that run.
    """
    with Store.open(settings.store) as store:
        return digest_desk.draw(store, settings, due, writer, owner=owner, now=now)


@contextmanager
def keeping_digests(owner: str, settings: Settings) -> Generator[None]:
    """Hold what this run has claimed while the block runs, and give it back at its end."""
    with keeping_claims(owner, settings):
        try:
            yield
        finally:
            with Store.open(settings.store) as store:
                store.release_digests(owner)


@task(name="write-digest", task_run_name="digest-{item.user_id}", **PAID)
def write_digest(item: WorkItem, run_id: str, settings: Settings) -> dict[str, Any]:
    """Ask the writer for the words. The reply is durable the moment this returns."""
    return open_writer(item.writer, settings).write(item, run_id).model_dump(mode="json")


# Trying again is safe: the row of the first attempt stands in the way of a second mail.
@task(
    name="send-digest",
    task_run_name="digest-{drawn.due.user_id}",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[2, 8],
)
def send_digest(
    drawn: DrawnDigest, outcome: Outcome | None, now: datetime | None, settings: Settings
) -> Sent:
    """Keep the words, draw the pictures, and hand the mail to its server at most once."""
    due = drawn.due
    if drawn.is_held:
        return Sent(user_id=due.user_id, item=due.item, state="already", note=HELD)
    problem = drawn.problem or ("" if outcome is None or outcome.is_done else f"{outcome.error}")
    if problem:
        return Sent(user_id=due.user_id, item=due.item, state="unsent", note=problem)
    with Store.open(settings.store) as store:
        if outcome is not None:
            digest_desk.keep(store, drawn, outcome, now=now or datetime.now(UTC))
        return digest_desk.send(store, settings, due, clock=lambda: now or datetime.now(UTC))


def begin_writing(writer: WriterName, run_id: str, settings: Settings) -> None:
    """Open the writer before anything is drawn: the run spends at most what the settings say.

    Raises:
        SettingsError: the writer cannot work; the message says how to get going.
    """
    open_writer(writer, settings).begin(run_id, None)


def gather_drawn(futures: Sequence[PrefectFuture[Any]], due: Sequence[Due]) -> list[DrawnDigest]:
    """Wait for the facts of every digest; where they failed the reason stands in their place."""
    wait(list(futures))
    results = [future.result(raise_on_failure=False) for future in futures]
    return [
        result
        if isinstance(result, DrawnDigest)
        else DrawnDigest(due=each, problem=f"{result}"[:500])
        for result, each in zip(results, due, strict=True)
    ]


def gather_words(
    futures: Sequence[PrefectFuture[Any]], drawn: Sequence[DrawnDigest]
) -> list[Outcome | None]:
    """Wait for the words of every digest that has some to come; a failure is a reason."""
    wait(list(futures))
    results = iter(future.result(raise_on_failure=False) for future in futures)
    return [None if each.item is None else _outcome(next(results), each.item) for each in drawn]


def _outcome(result: object, item: WorkItem) -> Outcome:
    return Outcome.model_validate(result) if isinstance(result, dict) else item.failed(result)


def raise_if_stopped(words: Sequence[Outcome | None]) -> None:
    """End the run as failed where the model service lets nothing through; what could be, is sent.

    Raises:
        WriterStopped: nothing can be written until somebody acts.
    """
    for outcome in words:
        if outcome is not None and outcome.error_type == WriterStopped.__name__:
            raise WriterStopped(outcome.error or "")


def chosen(
    user: str, window: Window, ending: date | None, now: datetime, settings: Settings
) -> Due:
    """The digest somebody asked for: that user's, of the days that end there.

    Raises:
        StoreError: no such user.
    """
    with Store.open(settings.store) as store:
        known = store.known_user(user)
    today = now.astimezone(zone_of(known)).date()
    period = period_ending(window, ending) if ending else last_whole(window, today)
    return Due(user_id=user, period=period)


def read_digest(due: Due, now: datetime, settings: Settings) -> WrittenDigest:
    """The digest for the eyes of who asked; nothing is kept and nothing is sent."""
    with Store.open(settings.store) as store:
        return digest_desk.written(store, settings, due, now=now, keep=False)


def check_mail(settings: Settings) -> None:
    """Know before anything starts that mails can be sent.

    Raises:
        SettingsError: mail is not configured; the message says how to do it.
    """
    sender_of(settings)


def why_no_mail(settings: Settings) -> str:
    """Which setting of mail is missing; empty where mails can be sent."""
    try:
        check_mail(settings)
    except SettingsError as error:
        return str(error)
    return ""


def no_digests(why: str) -> dict[str, Any]:
    """The summary of a run that had no way to send anything: counts of zero and the reason."""
    get_run_logger().warning("No digest was sent: %s", why)
    return digest_summary([]) | {"notes": [{"state": "skipped", "note": why}]}


def gather_sent(futures: Sequence[PrefectFuture[Any]], due: Sequence[Due]) -> list[Sent]:
    """Wait for every digest; one that failed becomes a reason and stops no other."""
    wait(list(futures))
    return [
        _sent(future.result(raise_on_failure=False), each)
        for future, each in zip(futures, due, strict=True)
    ]


def _sent(result: object, due: Due) -> Sent:
    if isinstance(result, Sent):
        return result
    return Sent(user_id=due.user_id, item=due.item, state="unsent", note=f"{result}"[:500])


def digest_summary(sent: Sequence[Sent]) -> dict[str, Any]:
    """Counts by state, and what went wrong; shown in the UI where there was anything to do."""
    states = [each.state for each in sent]
    result: dict[str, Any] = {state: states.count(state) for state in SHOWN}
    result["notes"] = [
        {"user": each.user_id, "item": each.item, "state": each.state, "note": each.note}
        for each in sent
        if each.state != "sent"
    ]
    if sent:
        create_table_artifact(
            table=[each.model_dump() for each in sent],
            key="digests",
            description="Digests of this run: what was sent, skipped and failed",
        )
    return result


SHOWN = ("sent", "skipped", "already", "unsent", "rejected", "ambiguous")
