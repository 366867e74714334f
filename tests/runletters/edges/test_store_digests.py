"""Digests and sends in the store, on SQLite and on Postgres."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest

from runletters.digests.periods import period_ending
from runletters.digests.sending import Attempted, Intent, Settled
from runletters.digests.sheet import DigestSheet
from runletters.digests.words import words_for
from runletters.digests.writing import WrittenDigest, nothing_to_say, write_digest
from runletters.edges.store import Store
from runletters.edges.store_digests import LEASE
from runletters.errors import StoreError
from runletters.facts import Fact

WEEK = period_ending("week", date(2026, 11, 22))
UNSENT = Settled(state="unsent", detail="450 later")


@pytest.fixture
def store(store_url: str, now: datetime) -> Iterator[Store]:
    """An open store with one user, on either database."""
    with Store.open(store_url) as opened:
        opened.ensure_user("ana", now=now)
        yield opened


def a_digest(distance: str = "10 km") -> WrittenDigest:
    facts = (
        Fact(name="distance", value=10_000.0, unit="m", text=distance),
        Fact(name="runs", value=2, unit="count", text="2"),
        Fact(name="days_run", value=2, unit="count", text="2"),
    )
    return write_digest(DigestSheet(user_id="ana", period=WEEK, facts=facts))


def intent(item: str = "week w") -> Intent:
    return Intent(
        user_id="ana", purpose="digest", item=item, recipient="ana@example.org", message_id="<m@x>"
    )


def states(store: Store) -> list[str]:
    return store.sends("ana")["state"].to_list()


def test_a_digest_comes_back_as_it_was_kept(store: Store, now: datetime) -> None:
    """Text, sheet, writer and cost survive the way through the table."""
    digest = a_digest()

    kept = store.keep_digest("ana", digest, now=now)

    assert kept
    assert digest == store.digest("ana", "week", WEEK.key)


def test_the_first_digest_of_a_period_stays(store: Store, now: datetime) -> None:
    """One row per user, window and period, also when two runs write at once."""
    store.keep_digest("ana", a_digest("10 km"), now=now)

    kept = store.keep_digest("ana", a_digest("99 km"), now=now)

    found = store.digest("ana", "week", WEEK.key)
    assert not kept
    assert found is not None
    assert "10 km" in (found.subject or "")
    assert 1 == store.digests("ana").height


def test_nothing_to_say_gives_way_to_a_text(store: Store, now: datetime) -> None:
    """A run that came in late may still be told; the other way round nothing is lost."""
    nothing = nothing_to_say(WEEK, words_for("en", "metric"))
    store.keep_digest("ana", nothing, now=now)
    skipped = store.skipped_digests("week", {WEEK.key})

    store.keep_digest("ana", a_digest(), now=now)
    store.keep_digest("ana", nothing, now=now)

    assert {("ana", WEEK.key)} == skipped
    assert set() == store.skipped_digests("week", {WEEK.key})


def test_an_item_is_sent_once(store: Store, now: datetime) -> None:
    """After a send, a refusal for good or an open end there is no second attempt."""
    for number, state in enumerate(("sent", "rejected", "ambiguous")):
        item = intent(f"week {number}")
        first = store.intend_send(item, now=now)
        assert first is not None
        assert store.begin_handover(first)
        store.settle_send(first, Settled(state=state), now=now)

        assert store.intend_send(item, now=now + timedelta(days=9)) is None


def test_what_was_certainly_not_sent_is_tried_again(store: Store, now: datetime) -> None:
    """Each attempt is a row with its number, failures included."""
    first = store.intend_send(intent(), now=now)
    assert first is not None
    store.settle_send(first, UNSENT, now=now)

    second = store.intend_send(intent(), now=now + timedelta(minutes=15))

    assert second is not None
    assert ["unsent", "intended"] == states(store)
    assert [1, 2] == store.sends("ana")["attempt"].to_list()
    expected = Attempted(
        user_id="ana", item="week w", state="intended", attempt=2, at=now + timedelta(minutes=15)
    )
    assert [expected] == store.attempted("digest", {"week w"})


def test_a_second_process_stays_away(store: Store, now: datetime) -> None:
    """While one attempt is open another is not begun."""
    store.intend_send(intent(), now=now)

    assert store.intend_send(intent(), now=now + LEASE / 2) is None


def test_a_process_that_died_before_the_mail_left_is_followed(store: Store, now: datetime) -> None:
    """After its lease the item is free, and the dead one, should it wake up, may not send."""
    dead = store.intend_send(intent(), now=now)
    assert dead is not None

    heir = store.intend_send(intent(), now=now + LEASE * 2)

    assert heir is not None
    assert not store.begin_handover(dead)
    assert store.begin_handover(heir)


def test_a_process_that_died_while_sending_leaves_an_open_end(store: Store, now: datetime) -> None:
    """Nobody knows whether it arrived, so nobody sends it again; the row says so."""
    dead = store.intend_send(intent(), now=now)
    assert dead is not None
    assert store.begin_handover(dead)

    settled = store.expire_sends(now=now + LEASE * 2)

    assert 1 == settled
    assert ["ambiguous"] == states(store)
    assert store.intend_send(intent(), now=now + LEASE * 3) is None


def test_the_first_end_counts(store: Store, now: datetime) -> None:
    """A late word does not turn a sent mail into an unsent one."""
    first = store.intend_send(intent(), now=now)
    assert first is not None
    store.settle_send(first, Settled(state="sent", detail="250 ok"), now=now)

    store.settle_send(first, UNSENT, now=now)

    assert ["sent"] == states(store)


def test_forgetting_a_user_takes_digests_and_sends_along(store: Store, now: datetime) -> None:
    """Not a row and not an address is left, and nothing can be added afterwards."""
    store.keep_digest("ana", a_digest(), now=now)
    store.intend_send(intent(), now=now)

    store.forget("ana", now=now)

    assert (0, 0) == (store.digests().height, store.sends().height)
    with pytest.raises(StoreError, match="No user"):
        store.intend_send(intent(), now=now)


class TestClaims:
    def test_a_period_has_one_writer_at_a_time(self, store: Store, now: datetime) -> None:
        """Its owner wins it again; another does after it was given back, and no other period."""
        assert claims(store, "run-1", now)
        assert claims(store, "run-1", now)
        assert not claims(store, "run-2", now)
        assert claims(store, "run-2", now, item="week other")
        store.release_digests("run-1")

        assert claims(store, "run-2", now)

    def test_what_a_dead_run_holds_is_free(self, store: Store, now: datetime) -> None:
        """At once where its process is known to be gone, else when the lease has run out."""
        assert claims(store, "dead", now)

        assert not claims(store, "run-2", now + timedelta(seconds=59))
        assert claims(store, "run-2", now, is_gone=lambda owner: owner == "dead")
        assert claims(store, "run-3", now + timedelta(seconds=61))

    def test_a_living_run_renews_what_it_holds(self, store: Store, now: datetime) -> None:
        """The keeper of a run's claims keeps its digests too."""
        assert claims(store, "run-1", now)
        store.renew("run-1", lease_s=600, now=now)

        assert not claims(store, "run-2", now + timedelta(seconds=61))

    def test_of_many_at_once_one_wins(self, store: Store, now: datetime) -> None:
        """Threads with connections of their own, all at the same moment."""
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda n: claims(store, f"run-{n}", now), range(8)))

        assert 1 == sum(won)


def claims(
    store: Store,
    owner: str,
    now: datetime,
    *,
    item: str = WEEK.item,
    is_gone: Callable[[str], bool] = lambda _: False,
) -> bool:
    return store.claim_digest("ana", item, owner=owner, lease_s=60, is_gone=is_gone, now=now)
