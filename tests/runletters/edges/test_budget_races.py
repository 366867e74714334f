"""Budgets under a race: whoever asks, and whenever one looks, no account is above its limit."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers.alone import process_of
from servers.claude_items import fact_sheet, item_of

from runletters.budgeting import Limits, scopes, worst_case_nano_usd
from runletters.edges.claude_given import intended
from runletters.edges.claude_purse import StoredPurse
from runletters.edges.claude_writer import sent_parameters
from runletters.edges.store import Store
from runletters.errors import BudgetReached
from runletters.pricing import find_model
from runletters.settings import Settings

MODEL = find_model("claude-haiku-4-5")
ITEM = item_of(fact_sheet(), "letter", Settings(_env_file=None))
PARAMETERS = sent_parameters(ITEM)
WORST = worst_case_nano_usd(MODEL, PARAMETERS) or 0


@given(
    limit=st.integers(0, 12 * WORST),
    costs=st.lists(st.one_of(st.none(), st.integers(0, WORST)), min_size=8, max_size=24),
)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_threads_of_two_runs_never_spend_more_than_the_limit(
    tmp_path_factory: pytest.TempPathFactory, now: datetime, limit: int, costs: list[int | None]
) -> None:
    """Any limit, any costs, unknown ones too: spent and reserved together stay below."""
    folder = tmp_path_factory.mktemp("race")
    with Store.open(f"sqlite:///{folder / 's.sqlite'}") as store:
        limits = Limits(day_nano_usd=limit)
        purse = StoredPurse(store, limits, lambda: now, patience_s=0.2)
        (scope,) = scopes(limits, flow_run_id="r", user_id="ada", now=now)
        seen: list[int] = []

        def pay(given: tuple[int, int | None]) -> int:
            index, cost = given
            try:
                reservation = purse.reserve(ITEM, f"run-{index % 2}", MODEL, PARAMETERS)
            except BudgetReached:
                return 0
            account = purse.account(scope)
            seen.append(account.spent_nano_usd + account.reserved_nano_usd)
            purse.settle(reservation, cost)
            return WORST if cost is None else cost

        with ThreadPoolExecutor(4) as threads:
            paid = sum(threads.map(pay, enumerate(costs)))
        account = purse.account(scope)

    assert (paid, 0) == (account.spent_nano_usd, account.reserved_nano_usd)
    assert max([*seen, paid]) <= limit
    assert (limit >= WORST) == bool(seen)


@pytest.mark.slow
def test_processes_of_several_workers_never_spend_more_than_the_limit(
    store_url: str, now: datetime
) -> None:
    """Three processes pay as fast as they can; one looks on all the time."""
    limit = 60 * WORST
    limits = Limits(day_nano_usd=limit)
    (scope,) = scopes(limits, flow_run_id="r", user_id="ada", now=now)
    with Store.open(store_url) as store:
        purse = StoredPurse(store, limits, lambda: now)
        most, is_over = [0], threading.Event()

        def look_on() -> None:
            while not is_over.wait(0.005):
                account = purse.account(scope)
                most.append(account.spent_nano_usd + account.reserved_nano_usd)

        watcher = threading.Thread(target=look_on)
        watcher.start()
        told = store_url, str(limit), now.isoformat()
        spenders = [process_of("spender", *told) for _ in "abc"]
        assert ["ready\n"] * 3 == [each.stdout.readline() for each in spenders if each.stdout]
        for each in spenders:
            assert each.stdin
            each.stdin.write("go\n")
            each.stdin.flush()
        paid = [int(each.communicate(timeout=120)[0]) for each in spenders]
        is_over.set()
        watcher.join()
        account = purse.account(scope)

    assert account.reserved_nano_usd == 0
    assert sum(paid) == account.spent_nano_usd
    assert limit - WORST < account.spent_nano_usd <= limit
    assert max(most) <= limit
    assert all(paid)


def test_what_does_not_fit_waits_for_calls_under_way(store_url: str, now: datetime) -> None:
    """They hold their worst case and mostly cost less; only then is the budget reached."""
    with Store.open(store_url) as store:
        purse = StoredPurse(store, Limits(run_nano_usd=WORST + 10), lambda: now)
        first = purse.reserve(ITEM, "r", MODEL, PARAMETERS)
        with ThreadPoolExecutor(1) as threads:
            second = threads.submit(purse.reserve, ITEM, "r", MODEL, PARAMETERS)
            time.sleep(0.3)
            assert not second.done()
            purse.settle(first, 10)
            assert WORST == second.result(timeout=30).worst_nano_usd
            purse.settle(second.result(), 20)
        with pytest.raises(BudgetReached):
            purse.reserve(ITEM, "r", MODEL, PARAMETERS)


def test_reservations_of_dead_processes_are_not_waited_for_without_end(
    store_url: str, now: datetime
) -> None:
    """Nothing settles: after the patience the budget is reached."""
    with Store.open(store_url) as store:
        limits = Limits(run_nano_usd=WORST + 10)
        StoredPurse(store, limits, lambda: now).reserve(ITEM, "r", MODEL, PARAMETERS)

        with pytest.raises(BudgetReached, match="reserved"):
            StoredPurse(store, limits, lambda: now, patience_s=0.2).reserve(
                ITEM, "r", MODEL, PARAMETERS
            )


def test_a_run_has_the_limit_it_was_given_in_every_process(store_url: str, now: datetime) -> None:
    """One purse gives it, another holds it; the stricter of the two limits counts."""
    with Store.open(store_url) as store:
        StoredPurse(store, Limits(), lambda: now).begin("r", WORST - 1)

        with pytest.raises(BudgetReached, match="this run"):
            StoredPurse(store, Limits(run_nano_usd=10**12), lambda: now).reserve(
                ITEM, "r", MODEL, PARAMETERS
            )
        other = StoredPurse(store, Limits(), lambda: now).reserve(ITEM, "s", MODEL, PARAMETERS)

    assert () == other.scopes


def test_a_limit_that_comes_late_counts_what_was_spent_before(
    store_url: str, now: datetime
) -> None:
    """A day begins without a limit; the one set at noon holds for the whole day."""
    with Store.open(store_url) as store:
        store.ensure_user("ada", now=now)
        for index, at in enumerate((now, now - timedelta(days=1))):
            row = intended(ITEM, "earlier", at).model_copy(
                update={"attempt_id": f"x{index}", "cost_nano_usd": 700, "outcome": "succeeded"}
            )
            store.begin_attempts([row])
        limits = Limits(user_day_nano_usd=WORST + 699)

        with pytest.raises(BudgetReached, match="today for this user"):
            StoredPurse(store, limits, lambda: now).reserve(ITEM, "r", MODEL, PARAMETERS)
