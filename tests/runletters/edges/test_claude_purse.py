"""Budgets in a real store: reserved before, settled after, never exceeded."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from servers.claude_api import Behaviour, ClaudeApiServer
from servers.claude_items import fact_sheet, item_of

from runletters.budgeting import Limits, scopes
from runletters.edges.claude import ClaudeApi
from runletters.edges.claude_calls import PaidCalls
from runletters.edges.claude_purse import StoredPurse
from runletters.edges.claude_writer import ClaudeWriter, sent_parameters
from runletters.edges.store import Store
from runletters.errors import BudgetReached, WriterUnavailable
from runletters.pricing import find_model
from runletters.settings import Settings

MODEL = find_model("claude-haiku-4-5")


@pytest.fixture
def server() -> Iterator[ClaudeApiServer]:
    with ClaudeApiServer(Behaviour(letter_latency_s=(0.01, 0.05), hang_s=2)) as running:
        yield running


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Impatient: a call that hangs is given up soon."""
    return settings.model_copy(update={"call_timeout_s": 0.5})


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path, now: datetime) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 's.sqlite'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    with Store.open(url) as opened:
        opened.ensure_user("ada", now=now)
        yield opened


def test_two_flow_runs_at_once_never_exceed_the_budget(
    server: ClaudeApiServer, settings: Settings, store: Store, now: datetime
) -> None:
    """Sixteen threads of two runs share a day's budget; the bill stays below it."""
    limits = Limits(day_nano_usd=60_000_000)
    patient = settings.model_copy(update={"call_timeout_s": 60.0})  # the machine may be busy
    calls = PaidCalls(
        api=ClaudeApi.open(patient),
        ledger=store,
        purse=StoredPurse(store, limits, lambda: now),
    )
    writer = ClaudeWriter(calls)

    def write(index: int) -> bool:
        item = item_of(fact_sheet(f"a{index}"), "letter", settings)
        try:
            return writer.write(item, f"run-{index % 2}").is_done
        except BudgetReached:
            return False

    with ThreadPoolExecutor(16) as threads:
        done = list(threads.map(write, range(80)))

    (scope,) = scopes(limits, flow_run_id="x", user_id="ada", now=now)
    purse = StoredPurse(store, limits, lambda: now)
    account = purse.account(scope)
    assert 0 < sum(done) < 80
    assert account.reserved_nano_usd == 0
    assert account.spent_nano_usd == server.bill.total_nano_usd() <= 60_000_000


def test_an_unknown_bill_stays_reserved_as_spent(
    server: ClaudeApiServer, settings: Settings, store: Store, now: datetime
) -> None:
    """A timeout may have been billed; an error answer was not."""
    limits = Limits(run_nano_usd=10**9)
    purse = StoredPurse(store, limits, lambda: now)
    writer = ClaudeWriter(PaidCalls(api=ClaudeApi.open(settings), ledger=store, purse=purse))
    item = item_of(fact_sheet(), "letter", settings)
    (scope,) = scopes(limits, flow_run_id="run-1", user_id="ada", now=now)
    spent: list[int] = []

    for fault in ("500", "accepted_timeout"):
        server.faults.play(fault)
        with pytest.raises(WriterUnavailable):
            writer.write(item, "run-1")
        spent.append(purse.account(scope).spent_nano_usd)

    assert spent[0] == 0
    assert spent[1] >= server.bill.total_nano_usd() > 0


def test_a_reservation_that_does_not_fit_changes_no_account(
    settings: Settings, store: Store, now: datetime
) -> None:
    """The day has room, the user has none: the day's account is as before."""
    limits = Limits(day_nano_usd=10**9, user_day_nano_usd=10)
    purse = StoredPurse(store, limits, lambda: now)
    item = item_of(fact_sheet(), "letter", settings)
    day, _ = scopes(limits, flow_run_id="r", user_id="ada", now=now)

    with pytest.raises(BudgetReached, match="today for this user"):
        purse.reserve(item, "r", MODEL, sent_parameters(item))

    assert purse.account(day).reserved_nano_usd == 0


def test_the_reservation_covers_the_bill(
    server: ClaudeApiServer, settings: Settings, store: Store, now: datetime
) -> None:
    """The worst case that is set aside is more than the call costs."""
    purse = StoredPurse(store, Limits(run_nano_usd=10**9), lambda: now)
    item = item_of(fact_sheet(), "coaching", settings)

    reserved = purse.reserve(item, "r", MODEL, sent_parameters(item)).worst_nano_usd
    ClaudeWriter(PaidCalls(api=ClaudeApi.open(settings), ledger=store)).write(item, "r")

    assert reserved > server.bill.total_nano_usd()
