"""Backfills by message batches: real SDK over HTTP, real store, processes that died before."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from prefect.client.orchestration import get_client
from servers.claude_api import Behaviour, ClaudeApiServer
from servers.processes import gone_process

from flows.backfill_history import backfill_history
from runletters.backfilling import Order
from runletters.content import WorkItem
from runletters.edges.batch_rows import BatchRows
from runletters.edges.claude_batches import BatchClient, Holder
from runletters.edges.claude_writer import ClaudeWriter
from runletters.edges.store import Store
from runletters.edges.writers import open_writer
from runletters.errors import WriterStopped
from runletters.settings import Settings
from tasks.claims import claim_window
from tasks.planning import read_plan

pytestmark = pytest.mark.server
Home = Callable[..., Settings]
KEY = "sk-ant-canary-7f3b9d51c2"


@pytest.fixture
def server() -> Generator[ClaudeApiServer]:
    with ClaudeApiServer(Behaviour(key=KEY, hang_s=0.2)) as running:
        yield running


@pytest.fixture
def settings(home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Three runs to write about, a writer that talks to the fake, and little patience."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    monkeypatch.setenv("RUNLETTERS_WRITER", "claude")
    monkeypatch.setenv("RUNLETTERS_BATCH_POLL_S", "0.05")
    home(runs=3)
    return Settings()


class DeadRun:
    """What a flow run left behind that was killed: claims, rows, batches."""

    def __init__(self, settings: Settings) -> None:
        self.owner, self.order = gone_process(), Order(user_id="ada", writer="claude", run_id="x")
        pairs = read_plan(self.order, settings).pairs
        self.items: tuple[WorkItem, ...] = claim_window.fn(
            pairs, self.order, self.owner, settings
        ).items
        self.store = Store.open(settings.store)
        writer = cast("ClaudeWriter", open_writer("claude", settings))
        self.rows = BatchRows(self.store.engine)
        self.client = BatchClient(writer, self.rows, Holder(owner=self.owner))


def ledger(settings: Settings) -> list[tuple[str, str]]:
    with Store.open(settings.store) as store:
        return [(row["mode"], row["outcome"]) for row in store.attempts().to_dicts()]


def test_a_backfill_in_batches_costs_half(settings: Settings, server: ClaudeApiServer) -> None:
    """All texts are written, each is a task run of its own, and the ledger equals the bill."""
    result = backfill_history(user="ada", mode="batch")

    with get_client(sync_client=True) as client:
        names = {run.name.partition("-")[0] for run in client.read_flow_runs()}
    assert (6, 0) == (result["done"], result["failed"])
    assert {("batch", "succeeded")} == set(ledger(settings))
    assert {"batch"} == {line.mode for line in server.bill.lines}
    assert server.bill.total_nano_usd() == result["cost_nano_usd"] > 0
    assert {"backfill", "batches", "batch"} <= names


def test_auto_means_batches_from_a_threshold_on(
    settings: Settings, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four texts are few, six are many."""
    monkeypatch.setenv("RUNLETTERS_BATCH_FROM", "3")

    backfill_history(user="ada", mode="auto", max_activities=1)
    backfill_history(user="ada", mode="auto")

    assert ["live", "live", *["batch"] * 4] == [line.mode for line in server.bill.lines]
    assert 6 == len(ledger(settings))


def test_batches_of_a_killed_run_are_continued_and_not_submitted_again(
    settings: Settings, server: ClaudeApiServer
) -> None:
    """Killed while it waited: the next run reads the same batch, and pays nothing."""
    dead = DeadRun(settings)
    dead.client.submit(dead.items, "x")

    result = backfill_history(user="ada", mode="batch")

    assert (6, 0, 0) == (result["done"], result["failed"], result["cost_nano_usd"])
    assert (6, 0) == (result["planned"], result["skipped"])
    assert 1 == len(server.batches.all)
    assert 6 == len(server.bill.lines)


def test_a_batch_whose_answer_died_with_the_process_is_adopted(
    settings: Settings, server: ClaudeApiServer
) -> None:
    """Killed between create and answer: found in the list, by the ids inside."""
    dead = DeadRun(settings)
    server.faults.play("accepted_reset")
    dead.client.submit(dead.items, "x")

    result = backfill_history(user="ada", mode="batch")

    assert (6, 0) == (result["done"], result["failed"])
    assert 1 == len(server.batches.all)
    assert {("batch", "succeeded")} == set(ledger(settings))


@pytest.mark.system
def test_an_intent_that_was_never_created_is_written_in_the_end(
    settings: Settings, server: ClaudeApiServer
) -> None:
    """Killed between intent and create, long ago: nobody lists it, so it was not taken."""
    dead = DeadRun(settings)
    server.faults.play("reset")
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    dead.client.submit(dead.items, "x")
    with dead.store.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE batches SET created_at = '{long_ago.isoformat()}'")

    result = backfill_history(user="ada", mode="batch")

    assert (6, 0) == (result["done"], result["failed"])
    assert (0, 6) == (len(server.batches.all), len(server.bill.lines))  # few: written live
    assert server.bill.total_nano_usd() == sum_of(settings)


def test_a_live_run_leaves_alone_what_is_on_its_way(
    settings: Settings, server: ClaudeApiServer
) -> None:
    """A batch that has not ended: neither paid again nor waited for; later it is read."""
    server.behaviour = Behaviour(key=KEY, batch_s=600)
    dead = DeadRun(settings)
    (batch,) = dead.client.submit(dead.items[:2], "x").batches

    first = backfill_history(user="ada", mode="live")
    server.batches.all[str(batch.provider_id)].ends_at = 0
    second = backfill_history(user="ada", mode="live")

    assert (4, 2) == (first["done"], first["skipped_by_reason"]["being_written"])
    assert (2, 0) == (second["done"], second["cost_nano_usd"])
    assert ["live"] * 4 + ["batch"] * 2 == [line.mode for line in server.bill.lines]


@pytest.mark.system
def test_lines_without_a_reply_are_written_in_the_end(
    settings: Settings, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errored and expired lines: a following batch while they are many, live when few."""
    monkeypatch.setenv("RUNLETTERS_BATCH_FROM", "2")
    server.behaviour = Behaviour(key=KEY, batch_errored=0.3, batch_expired=0.3)

    result = backfill_history(user="ada", mode="batch")

    outcomes = {outcome for _, outcome in ledger(settings)}
    assert (6, 0) == (result["done"], result["failed"])
    assert {"succeeded"} < outcomes <= {"succeeded", "failed", "expired"}
    assert server.bill.total_nano_usd() == sum_of(settings)


@pytest.mark.system
def test_a_key_that_is_refused_while_waiting_leaves_the_batch_to_the_next_run(
    settings: Settings, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One clear message, nothing failed; with a good key the same batch is read."""
    dead = DeadRun(settings)
    dead.client.submit(dead.items, "x")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-revoked")
    with pytest.raises(WriterStopped):
        backfill_history(user="ada", mode="batch")
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)

    result = backfill_history(user="ada", mode="batch")

    assert (6, 0) == (result["done"], result["failed"])
    assert 1 == len(server.batches.all)


@pytest.mark.system
def test_lines_refused_for_want_of_money_stop_the_run_and_fail_nothing(
    settings: Settings, server: ClaudeApiServer
) -> None:
    """One clear message; once it is mended the next run writes everything, and once."""
    server.behaviour = Behaviour(key=KEY, batch_errored=1, batch_error="billing_error")
    with pytest.raises(WriterStopped, match="billing_error"):
        backfill_history(user="ada", mode="batch")
    server.behaviour = Behaviour(key=KEY)

    result = backfill_history(user="ada", mode="batch")

    assert (6, 0) == (result["done"], result["failed"])
    assert 2 == len(server.batches.all)
    assert 6 == len(server.bill.lines)
    assert ["failed"] * 6 + ["succeeded"] * 6 == [outcome for _, outcome in ledger(settings)]


@pytest.mark.system
@pytest.mark.usefixtures("settings")
def test_what_the_budget_does_not_hold_is_left_to_a_later_run(server: ClaudeApiServer) -> None:
    """As many lines go out as their worst cases fit; the rest is pending, and the reason said."""
    first = backfill_history(user="ada", mode="batch", max_cost_usd=0.009)
    spent = server.bill.total_nano_usd()

    second = backfill_history(user="ada", mode="batch")

    assert 0 < first["done"] < 6 == first["done"] + second["done"]
    assert 0 < spent <= 9_000_000
    assert "budget" in first["stopped"]
    assert 6 == len(server.bill.lines)


def sum_of(settings: Settings) -> int:
    with Store.open(settings.store) as store:
        return int(store.attempts()["cost_nano_usd"].sum())
