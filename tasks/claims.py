"""Takes items for this flow run alone, and keeps them while it lives."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from runletters.assignments import Assigned, assign
from runletters.backfilling import Order, Pair
from runletters.edges.store import Store
from runletters.edges.writers import hands
from runletters.settings import Settings
from tasks.facts import read_fact_sheets


@task(name="claim-window", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def claim_window(pairs: tuple[Pair, ...], order: Order, owner: str, settings: Settings) -> Assigned:
    """Claim what is still open of a window and lay out its facts; nobody else gets the same."""
    now = datetime.now(UTC)
    ids = list(dict.fromkeys(activity_id for activity_id, _ in pairs))
    with Store.open(settings.store) as store:
        store.ensure_status(order.user_id, ids, now=now)
        won = store.claim(
            order.user_id,
            pairs,
            owner=owner,
            lease_s=settings.lease_s,
            now=now,
            refresh=order.refresh,
        )
        user = store.known_user(order.user_id)
        sheets = read_fact_sheets(user, won, settings, owner)
        by_kind = hands(order.writer, settings, user.preferences.language)
        assigned = assign(order, won, sheets, by_kind, store.fingerprints(order.user_id))
        store.release(owner, now=now, pairs=assigned.unchanged)
        return assigned


def while_known(
    user_id: str, windows: Iterable[tuple[Pair, ...]], settings: Settings
) -> Iterator[tuple[Pair, ...]]:
    """Window after window, as long as nobody forgets the user."""
    for window in windows:
        with Store.open(settings.store) as store:
            if store.user(user_id) is None:
                return
        yield window


@contextmanager
def keeping_claims(owner: str, settings: Settings) -> Generator[None]:
    """Renew this run's leases while the block runs; give back what is left at its end."""
    ended = threading.Event()
    keeper = threading.Thread(target=_renew_until, args=(ended, owner, settings), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()
        with Store.open(settings.store) as store:
            store.release(owner, now=datetime.now(UTC))


def _renew_until(ended: threading.Event, owner: str, settings: Settings) -> None:
    while not ended.wait(settings.lease_s / 3):
        with Store.open(settings.store) as store:
            store.renew(owner, lease_s=settings.lease_s, now=datetime.now(UTC))
