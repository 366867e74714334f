"""What dead processes had set aside: freed, but for calls that may have been billed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from servers.alone import process_of
from servers.claude_items import fact_sheet, item_of
from servers.hoarder import ENDED_NANO_USD

from runletters.budgeting import Account, Limits, Reservation, scopes, worst_case_nano_usd
from runletters.edges.claude_given import intended
from runletters.edges.claude_purse import StoredPurse
from runletters.edges.claude_writer import sent_parameters
from runletters.edges.reservation_rows import LEASE_S
from runletters.edges.store import Store
from runletters.edges.store_schema import reservations
from runletters.errors import BudgetReached
from runletters.pricing import find_model
from runletters.settings import Settings

MODEL = find_model("claude-haiku-4-5")
ITEM = item_of(fact_sheet(), "letter", Settings(_env_file=None))
PARAMETERS = sent_parameters(ITEM)
WORST = worst_case_nano_usd(MODEL, PARAMETERS) or 0
IN_BATCH = worst_case_nano_usd(MODEL, PARAMETERS, "batch") or 0
HALF = WORST // 2


@pytest.fixture
def store(store_url: str, now: datetime) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        opened.ensure_user("ada", now=now)
        yield opened


def held(purse: StoredPurse, limits: Limits, now: datetime) -> Account:
    (scope,) = scopes(limits, flow_run_id="r", user_id="ada", now=now)
    return purse.account(scope)


def from_elsewhere(store: Store) -> None:
    """What is set aside so far belongs to another machine, which nobody here can ask."""
    with store.engine.begin() as connection:
        connection.execute(sa.update(reservations).values(owner="elsewhere/1/run"))


def test_a_killed_process_frees_what_it_did_not_call(
    store: Store, store_url: str, now: datetime
) -> None:
    """Never begun and never submitted: freed. Under way: the worst case. Ended: its cost."""
    limits = Limits(day_nano_usd=3 * WORST + IN_BATCH + HALF)
    told = store_url, str(limits.day_nano_usd), now.isoformat()
    purse = StoredPurse(store, limits, lambda: now, patience_s=0.2)
    with process_of("hoarder", *told) as process:
        try:
            assert process.stdout
            assert "ready\n" == process.stdout.readline()
            with pytest.raises(BudgetReached):  # it lives: all of it is held
                purse.reserve(ITEM, "r", MODEL, PARAMETERS)
            before = held(purse, limits, now)
        finally:
            process.kill()

    purse.begin("r", None)
    after = held(purse, limits, now)
    freed = [purse.reserve(ITEM, "r", MODEL, PARAMETERS) for _ in range(2)]

    assert Account(spent_nano_usd=0, reserved_nano_usd=3 * WORST + IN_BATCH) == before
    assert Account(spent_nano_usd=WORST + ENDED_NANO_USD, reserved_nano_usd=0) == after
    assert 2 == len({each.reservation_id for each in freed})
    assert 0 == purse.tidy()


def test_who_waits_for_room_finds_what_the_dead_left(store: Store, now: datetime) -> None:
    """Nobody has to start anew: the budget that was full is not, once their lease is over."""
    limits, clock = Limits(day_nano_usd=WORST + HALF), [now]
    purse = StoredPurse(store, limits, lambda: clock[0], patience_s=0.2)
    purse.reserve(ITEM, "r", MODEL, PARAMETERS)
    from_elsewhere(store)
    with pytest.raises(BudgetReached):
        purse.reserve(ITEM, "r", MODEL, PARAMETERS)

    clock[0] = now + timedelta(seconds=LEASE_S + 1)
    fitted = StoredPurse(store, limits, lambda: clock[0]).reserve(ITEM, "r", MODEL, PARAMETERS)

    assert WORST == fitted.worst_nano_usd
    assert Account(spent_nano_usd=0, reserved_nano_usd=WORST) == held(purse, limits, now)


@pytest.mark.parametrize("is_called", [True, False])
@pytest.mark.parametrize("cost", [7, None])
def test_a_process_that_was_only_slow_has_the_last_word(
    store: Store, now: datetime, is_called: bool, cost: int | None
) -> None:
    """Taken for dead, it settles after all: its call counts once, with what it cost."""
    limits, clock = Limits(day_nano_usd=10 * WORST), [now]
    purse = StoredPurse(store, limits, lambda: clock[0])
    slow = purse.reserve(ITEM, "r", MODEL, PARAMETERS, attempt_id="slow")
    if is_called:
        call = intended(ITEM, "r", now).model_copy(update={"attempt_id": "slow"})
        store.begin_attempts([call])
    from_elsewhere(store)
    clock[0] = now + timedelta(seconds=LEASE_S + 1)
    taken = purse.tidy()
    presumed = held(purse, limits, now)

    purse.settle(slow, cost)
    purse.settle(slow, cost)

    assert 1 == taken
    assert Account(spent_nano_usd=WORST if is_called else 0) == presumed
    assert Account(spent_nano_usd=WORST if cost is None else cost) == held(purse, limits, now)


def test_a_reservation_of_an_older_version_is_settled_too(store: Store, now: datetime) -> None:
    """Lines of batches that were submitted before rows were kept carry no id."""
    limits = Limits(day_nano_usd=10 * WORST)
    purse = StoredPurse(store, limits, lambda: now)
    made = purse.reserve(ITEM, "r", MODEL, PARAMETERS)
    old = Reservation(scopes=made.scopes, worst_nano_usd=made.worst_nano_usd)

    purse.settle(old, 7)

    assert Account(spent_nano_usd=7) == held(purse, limits, now)


def test_forgetting_takes_the_user_out_of_what_is_set_aside(store: Store, now: datetime) -> None:
    """The day's account still gets its money back; nothing names the user any more."""
    limits = Limits(day_nano_usd=10 * WORST, user_day_nano_usd=10 * WORST)
    purse = StoredPurse(store, limits, lambda: now)
    store.ensure_user("ada", now=now)
    made = purse.reserve(ITEM, "r", MODEL, PARAMETERS, attempt_id="a")

    store.forget("ada", now=now)
    with store.engine.connect() as connection:
        kept = connection.scalar(sa.select(reservations.c.scopes))
    purse.settle(Reservation(reservation_id="a"), 7)

    day, _ = made.scopes
    assert f'["{day.key}"]' == kept
    assert Account(spent_nano_usd=7) == purse.account(day)
