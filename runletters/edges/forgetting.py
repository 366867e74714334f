"""Erases a user in this house: store, history, journal, kept results, published file.

Each place by itself: one that cannot be reached stops no other, and is named with its reason.
A run that is at work for the user meanwhile is named too: the store takes nothing from it any
more, and it clears up after itself. No Prefect and no server is needed. Twice is once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.edges.journal_files import forget_journal
from runletters.edges.publishing import publish_house
from runletters.edges.results import forget_results
from runletters.edges.store import Store
from runletters.errors import Busy, Forgotten, RunlettersError
from runletters.settings import Settings

Counts: TypeAlias = Mapping[str, int]
_AGAIN = "run `forget` again: twice is once"


@dataclass(frozen=True, kw_only=True)
class Farewell:
    """What was erased, and where something may be left."""

    erased: Counts
    left: Mapping[str, str]  # place: why, and what to do

    def __add__(self, other: Farewell) -> Farewell:
        return Farewell(erased={**self.erased, **other.erased}, left={**self.left, **other.left})


def forget_here(settings: Settings, user_id: str, *, now: datetime) -> Farewell:
    """Erase a user from everything that the settings name, and publish what remains."""

    def publish() -> Counts:
        # Last: it writes what store and history hold by then.
        return {"published_tables": len(publish_house(settings, now=now)["tables"])}

    return (
        erase("run at work", lambda: _refuse_if_at_work(settings, user_id, now))
        + erase("store", lambda: _from_store(settings, user_id, now))
        + erase("history", lambda: {"history_files": _from_history(settings, user_id)})
        + erase("journal", lambda: {"journal_files": forget_journal(settings, user_id)})
        + erase("kept results", lambda: {"kept_results": forget_results(settings, user_id)})
        + erase("published file", publish)
    )


def clear_up_after(settings: Settings, user_id: str, *, now: datetime) -> None:
    """Erase what a run wrote of a user who was forgotten meanwhile; of one who is here, nothing.

    Raises:
        Forgotten: the user is not here any more.
    """
    with Store.open(settings.store) as store:
        if not store.clear_traces(user_id, now=now):
            return
    forget_results(settings, user_id)
    Derived.open(settings.history, settings.s3_endpoint_url).forget(user_id)
    raise Forgotten(
        f"{user_id!r} was erased by `forget` while this run was under way; "
        "what it had written of them is gone too."
    )


def erase(place: str, step: Callable[[], Counts]) -> Farewell:
    """What one step erased; where it failed, that place with the reason."""
    try:
        return Farewell(erased=step(), left={})
    except RunlettersError as error:
        return Farewell(erased={}, left={place: str(error)})
    except Exception as error:  # noqa: BLE001 - whatever it is, the other places are erased too
        why = " ".join(str(error).split()).rstrip(".")
        remedy = f"See that it can be reached and changed, then {_AGAIN}."
        return Farewell(erased={}, left={place: f"{type(error).__name__}: {why}. {remedy}"})


def _refuse_if_at_work(settings: Settings, user_id: str, now: datetime) -> Counts:
    with Store.open(settings.store) as store:
        owners = store.at_work_for(user_id, now=now)
    if owners:
        raise Busy(
            f"At work for this user, as host/process/flow run: {', '.join(owners)}. "
            "An ingest may bring them back.",
            remedy=f"Wait for its end or stop it, then {_AGAIN}.",
        )
    return {}


def _from_store(settings: Settings, user_id: str, now: datetime) -> Counts:
    with Store.open(settings.store) as store:
        return store.forget(user_id, now=now)


def _from_history(settings: Settings, user_id: str) -> int:
    return History.open(settings.history, endpoint=settings.s3_endpoint_url).forget(user_id)
