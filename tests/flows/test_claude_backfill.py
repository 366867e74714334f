"""The claude writer under Prefect: real SDK over HTTP, faults, and a bill to compare with."""

from __future__ import annotations

from collections.abc import Callable, Generator

import pytest
from servers.claude_api import Behaviour, ClaudeApiServer

from flows.backfill_history import backfill_history
from runletters.edges.store import Store
from runletters.errors import WriterStopped
from runletters.settings import Settings
from runletters.summaries import summary_markdown

Home = Callable[..., Settings]
KEY = "sk-ant-canary-7f3b9d51c2"


@pytest.fixture
def server() -> Generator[ClaudeApiServer]:
    with ClaudeApiServer(Behaviour(key=KEY, hang_s=3)) as running:
        yield running


@pytest.fixture
def claude_home(home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose claude writer talks to the fake."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    monkeypatch.setenv("RUNLETTERS_CALL_TIMEOUT_S", "1.5")
    return home


def test_the_ledger_equals_the_bill(claude_home: Home, server: ClaudeApiServer) -> None:
    """Every text is written by the model, and the summary's cost is what was charged."""
    claude_home(runs=3)

    result = backfill_history(user="ada", writer="claude")

    assert (6, 0) == (result["done"], result["failed"])
    assert server.bill.total_nano_usd() == result["cost_nano_usd"]
    assert 0 < result["cost_nano_usd"]


def test_nothing_is_paid_twice(claude_home: Home, server: ClaudeApiServer) -> None:
    """A second run asks nobody; nor does one whose store forgot that the texts were written."""
    settings = claude_home(runs=2)
    backfill_history(user="ada", writer="claude")
    asked = len(server.stats.starts)

    again = backfill_history(user="ada", writer="claude")
    with Store.open(settings.store) as store, store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM content")
        connection.exec_driver_sql(
            "UPDATE generation_status SET letter_status='pending', coaching_status='pending'"
        )
    recovered = backfill_history(user="ada", writer="claude")

    assert 0 == again["done"]
    assert (4, 0) == (recovered["done"], recovered["cost_nano_usd"])
    assert asked == len(server.stats.starts)


def test_a_failed_item_fails_alone_and_is_taken_again(
    claude_home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails three times leaves its reason; the next run writes what is missing."""
    monkeypatch.setenv("RUNLETTERS_CONCURRENCY", "1")
    claude_home(runs=2)
    server.faults.play("500", "500", "500")

    first = backfill_history(user="ada", writer="claude")
    second = backfill_history(user="ada", writer="claude")

    assert (3, 1) == (first["done"], first["failed"])
    assert ["WriterUnavailable"] == [reason.split(":")[0] for reason in first["failures"]]
    assert (1, 0, 3) == (second["done"], second["failed"], second["skipped"])


def test_passing_faults_are_outlived(claude_home: Home, server: ClaudeApiServer) -> None:
    """Rate limits, overload, server errors and bad bodies are tried again by Prefect."""
    claude_home(runs=3)
    server.faults.play("529", "500", "html", "429")

    result = backfill_history(user="ada", writer="claude")

    assert (6, 0) == (result["done"], result["failed"])
    assert server.bill.total_nano_usd() == result["cost_nano_usd"]


def test_a_long_pause_is_waited_out_by_the_run_and_fails_nothing(
    claude_home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the pause kept from being written is written after it; no thread slept meanwhile."""
    monkeypatch.setattr("runletters.edges.claude_turns.LONG_PAUSE_S", 0.1)
    claude_home(runs=3)
    server.faults.play(None, "429", "429")

    result = backfill_history(user="ada", writer="claude")

    assert (6, 0, 0) == (result["done"], result["failed"], result["released"])
    assert (None, 0) == (result["stopped"], result["left"])
    assert 6 == len(server.bill.lines)


def test_a_pause_that_is_too_long_ends_the_run_with_what_is_left(
    claude_home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour, where half an hour is allowed: nothing fails, one reason, all of it pending."""
    monkeypatch.setenv("RUNLETTERS_LONGEST_PAUSE_S", "1800")
    settings = claude_home(runs=3)
    server.faults.play("429_long")

    result = backfill_history(user="ada", writer="claude")

    with Store.open(settings.store) as store:
        states = store.status("ada")
    assert ("WriterPaused", 0) == (result["stopped_by"], result["failed"])
    assert result["done"] + result["left"] == 6
    assert result["left"] > 0
    assert {"pending", "completed"} >= {*states["letter_status"], *states["coaching_status"]}


def test_a_wrong_key_stops_the_whole_run_with_one_clear_message(
    claude_home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is failed: all items go back to pending, and the run says what is wrong."""
    settings = claude_home(runs=3)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-wrong")

    with pytest.raises(WriterStopped) as stop:
        backfill_history(user="ada", writer="claude")

    with Store.open(settings.store) as store:
        states = store.status("ada")
    assert "sk-ant-wrong" not in str(stop.value)
    assert {"pending"} == set(states["letter_status"]) | set(states["coaching_status"])
    assert server.stats.requests <= 6 + 1  # the quote asks how many tokens there are


def test_a_wrong_key_is_not_tried_for_every_text(
    claude_home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the API said to one text of the run holds for all of them."""
    monkeypatch.setenv("RUNLETTERS_CONCURRENCY", "2")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-wrong-too")
    claude_home(runs=8)

    with pytest.raises(WriterStopped, match="401"):
        backfill_history(user="ada", writer="claude")

    assert server.stats.requests <= 2 + 1  # two threads, and the quote


def test_a_run_that_reaches_its_budget_ends_cleanly_and_the_next_one_goes_on(
    claude_home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what is left; nothing is failed, nothing is held, the limit is not exceeded."""
    monkeypatch.setenv("RUNLETTERS_CONCURRENCY", "4")
    settings = claude_home(runs=4)

    first = backfill_history(user="ada", writer="claude", max_cost_usd=0.012)
    with Store.open(settings.store) as store:
        states = store.status("ada")
    second = backfill_history(user="ada", writer="claude")

    assert "BudgetReached" == first["stopped_by"]
    assert (0, 8) == (first["failed"], first["done"] + first["left"])
    assert 0 < first["done"] < 8
    assert first["cost_nano_usd"] <= 12_000_000
    assert {"completed", "pending"} == set(states["letter_status"]) | set(states["coaching_status"])
    assert (first["left"], 0, None) == (second["done"], second["left"], second["stopped"])
    assert server.bill.total_nano_usd() == first["cost_nano_usd"] + second["cost_nano_usd"]


def test_a_model_without_a_known_price_writes_and_says_so(
    claude_home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing stops, nor does a budget: tokens are counted, costs are NULL, the summary says so."""
    monkeypatch.setenv("RUNLETTERS_MODEL", "claude-novel-1")
    settings = claude_home(runs=2)

    result = backfill_history(user="ada", writer="claude", max_cost_usd=0.0001)

    with Store.open(settings.store) as store:
        ledger = store.attempts()
    assert (4, 0, 0) == (result["done"], result["failed"], result["fallback"]), result["failures"]
    assert (4, 4) == (result["unpriced"], result["calls"])
    assert [None] == ledger["cost_nano_usd"].unique().to_list()
    assert ledger["input_tokens"].min() > 0
    assert "no price is known for claude-novel-1" in summary_markdown(result)
    assert 0 < server.bill.total_nano_usd()


@pytest.mark.parametrize("fault", ["402", "403", "spend_400", "spend_429"])
def test_what_only_a_person_can_mend_stops_the_run(
    claude_home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """One message; one call was made and no more; everything is left as pending."""
    monkeypatch.setenv("RUNLETTERS_CONCURRENCY", "1")
    settings = claude_home(runs=3)
    server.faults.play(fault)

    with pytest.raises(WriterStopped):
        backfill_history(user="ada", writer="claude")

    with Store.open(settings.store) as store:
        states = store.status("ada")
    assert 1 == sum(n for status, n in server.stats.by_status.items() if status >= 400)
    assert 0 == len(server.stats.starts)  # no call was accepted, none after it was made
    assert 0 == server.bill.total_nano_usd()
    assert {"pending"} == set(states["letter_status"]) | set(states["coaching_status"])
