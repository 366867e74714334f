"""Message batches against the strict fake: intended first, never twice, found again, half price."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.claude_api import Behaviour, ClaudeApiServer
from servers.claude_items import fact_sheet, item_of

from runletters.budgeting import Limits, scopes
from runletters.content import KINDS, Text, WorkItem
from runletters.edges.batch_rows import BatchRows
from runletters.edges.claude import ClaudeApi
from runletters.edges.claude_batches import BatchClient, Result
from runletters.edges.claude_calls import PaidCalls
from runletters.edges.claude_purse import StoredPurse
from runletters.edges.claude_writer import ClaudeWriter, offline_text
from runletters.edges.store import Store
from runletters.errors import BudgetReached, WriterStopped, WriterUnavailable
from runletters.facts import FactSheet
from runletters.settings import Settings


class Clock:
    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[ClaudeApiServer]:
    with ClaudeApiServer(Behaviour(hang_s=0.1)) as running:
        yield running


@pytest.fixture
def settings(server: ClaudeApiServer, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        home=tmp_path,
        anthropic_api_key="test-key",
        anthropic_base_url=server.url,
    )


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        opened.ensure_user("ada", now=datetime(2026, 1, 1, tzinfo=UTC))
        yield opened


@pytest.fixture
def client(settings: Settings, store: Store, clock: Clock) -> BatchClient:
    return client_of(settings, store, clock)


def client_of(settings: Settings, store: Store, clock: Clock, **more: Any) -> BatchClient:
    calls = PaidCalls(
        api=ClaudeApi.open(settings), ledger=store, now=clock, purse=more.pop("purse", None)
    )
    return BatchClient(ClaudeWriter(calls, **more), BatchRows(store.engine))


def items_of(settings: Settings, count: int = 6) -> list[WorkItem]:
    return [item_of(fact_sheet(f"a{n}"), kind, settings) for n in range(count) for kind in KINDS]


def read_all(client: BatchClient) -> list[Result]:
    return [result for row in client.ended() for result in client.read(row)]


def test_a_batch_becomes_texts_at_half_price(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """Every line is read in any order; the ledger equals the bill of half prices."""
    items = items_of(settings)

    client.submit(items, "run-1")
    results = read_all(client)

    assert {"read"} == {result.verdict for result in results}
    assert {i.fingerprint for i in items} == {r.item.fingerprint for r in results if r.item}
    rows = store.attempts().to_dicts()
    assert {("batch", "succeeded")} == {(row["mode"], row["outcome"]) for row in rows}
    assert server.bill.total_nano_usd() == sum(row["cost_nano_usd"] for row in rows)


def test_an_accepted_draft_is_taken_up_without_another_call(
    server: ClaudeApiServer, settings: Settings, client: BatchClient
) -> None:
    """What came in the batch is the text; nothing more is paid."""
    client.submit(items_of(settings), "run-1")
    results = read_all(client)
    requests = server.stats.requests

    outcomes = [
        client._writer.take_up(r.item, "run-1", r.draft) for r in results if r.item and r.draft
    ]

    assert len(outcomes) == 12
    assert all(outcome.is_done and outcome.cost_nano_usd == 0 for outcome in outcomes)
    assert requests == server.stats.requests


def test_a_rejected_draft_is_repaired_live(settings: Settings, store: Store, clock: Clock) -> None:
    """The batch's draft is paid and rejected once; the repair is the only further call."""

    def gate(text: Text, sheet: FactSheet) -> list[dict[str, Any]]:
        has_been_here = any(row["mode"] == "live" for row in store.attempts().to_dicts())
        return (
            [] if has_been_here else [{"type": "number", "message": f"{sheet.sport} {text.model}"}]
        )

    client = client_of(settings, store, clock, gate=gate, fallback=offline_text)
    client.submit(items_of(settings, 1)[:1], "run-1")
    (result,) = read_all(client)
    assert result.item is not None
    assert result.draft is not None

    outcome = client._writer.take_up(result.item, "run-1", result.draft)

    assert outcome.text is not None
    assert not outcome.text.is_fallback
    assert ["rejected", "succeeded"] == [row["outcome"] for row in store.attempts().to_dicts()]


def test_reading_again_after_a_crash_settles_nothing_twice(
    server: ClaudeApiServer, settings: Settings, store: Store, clock: Clock
) -> None:
    """Half-read, then read from the start by another process: same results, same sums."""
    purse = StoredPurse(store, Limits(run_nano_usd=10**10), clock)
    first = client_of(settings, store, clock, purse=purse)
    first.submit(items_of(settings), "run-1")
    (row,) = first.ended()
    lines = first.read(row)
    for _ in range(5):
        next(lines)
    del lines, first

    second = client_of(settings, store, clock, purse=purse)
    results = read_all(second)
    second.close(row)

    (scope,) = scopes(Limits(run_nano_usd=10**10), flow_run_id="run-1", user_id="ada", now=clock())
    assert len(results) == 12
    assert purse.account(scope).spent_nano_usd == server.bill.total_nano_usd()
    assert purse.account(scope).reserved_nano_usd == 0
    assert second.ended() == []


def test_a_lost_answer_is_found_in_the_list_and_never_submitted_twice(
    server: ClaudeApiServer, settings: Settings, store: Store, clock: Clock, client: BatchClient
) -> None:
    """The process dies after the API took the batch: the next one adopts it."""
    server.faults.play("accepted_reset")
    with pytest.raises(WriterUnavailable):
        client.submit(items_of(settings), "run-1")

    later = client_of(settings, store, clock)
    (adopted,) = later.adopt()
    results = read_all(later)

    assert adopted.provider_id in server.batches.all
    assert len(server.batches.all) == 1
    assert {"read"} == {result.verdict for result in results}
    assert later.adopt() == []


def test_a_submission_that_never_arrived_is_given_up_after_a_while(
    server: ClaudeApiServer, settings: Settings, store: Store, clock: Clock, client: BatchClient
) -> None:
    """Not at once: the call might still be under way. Nothing of it counts as spent."""
    server.faults.play("reset")
    with pytest.raises(WriterUnavailable):
        client.submit(items_of(settings, 1), "run-1")
    assert client.adopt() == []

    clock.ahead = timedelta(minutes=20)
    (row,) = client.adopt()

    assert row.provider_id is None
    assert server.batches.all == {}
    assert {("failed", None)} <= {(r["outcome"], r["reply"]) for r in store.attempts().to_dicts()}


def test_a_stranger_of_the_same_size_is_not_adopted(
    server: ClaudeApiServer, settings: Settings, tmp_path: Path, clock: Clock, client: BatchClient
) -> None:
    """Two teams on one account: the ids inside decide."""
    with Store.open(f"sqlite:///{tmp_path / 'other.sqlite'}") as theirs:
        client_of(settings, theirs, clock).submit(items_of(settings, 1), "run-9")
        server.faults.play("reset")
        with pytest.raises(WriterUnavailable):
            client.submit(items_of(settings, 1), "run-1")

        assert client.adopt() == []


def test_each_result_type_is_settled(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """Errored and expired lines cost nothing and are asked again; succeeded ones are kept."""
    server.behaviour = Behaviour(batch_errored=0.3, batch_expired=0.3)
    client.submit(items_of(settings, 20), "run-1")

    results = read_all(client)

    verdicts = {result.verdict for result in results}
    rows = store.attempts().to_dicts()
    assert {"read", "again"} == verdicts
    assert {"succeeded", "failed", "expired"} == {row["outcome"] for row in rows}
    assert server.bill.total_nano_usd() == sum(row["cost_nano_usd"] for row in rows)


def test_a_cancelled_batch_fails_its_lines(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """`canceling` and `canceled` with one l (a peer crashes on it)."""
    server.behaviour = Behaviour(batch_s=60)
    (row,) = client.submit(items_of(settings, 1), "run-1")
    assert client.ended() == []
    client._calls.api.client.messages.batches.cancel(str(row.provider_id))

    results = read_all(client)

    assert {"fail"} == {result.verdict for result in results}
    assert {"canceled"} == {each["outcome"] for each in store.attempts().to_dicts()}


def test_a_refused_batch_costs_nothing_and_leaves_nothing_open(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """An error answer: every attempt is closed with nothing spent, the run stops."""
    server.behaviour = Behaviour(key="another")

    with pytest.raises(WriterStopped):
        client.submit(items_of(settings, 1), "run-1")

    assert {("failed", 0)} == {
        (row["outcome"], row["cost_nano_usd"]) for row in store.attempts().to_dicts()
    }
    assert client.adopt() == []


def test_a_batch_beyond_the_budget_is_not_submitted(
    server: ClaudeApiServer, settings: Settings, store: Store, clock: Clock
) -> None:
    """All of a chunk is reserved, or none of it."""
    limits = Limits(run_nano_usd=20_000_000)
    purse = StoredPurse(store, limits, clock)
    client = client_of(settings, store, clock, purse=purse)

    with pytest.raises(BudgetReached):
        client.submit(items_of(settings), "run-1")

    (scope,) = scopes(limits, flow_run_id="run-1", user_id="ada", now=clock())
    assert purse.account(scope).reserved_nano_usd == 0
    assert server.batches.all == {}


def test_a_forgotten_user_is_settled_and_not_remembered(
    server: ClaudeApiServer, settings: Settings, store: Store, clock: Clock, client: BatchClient
) -> None:
    """The bill is complete, the item is gone."""
    client.submit(items_of(settings, 1), "run-1")
    store.forget("ada", now=clock())

    results = read_all(client)

    rows = store.attempts().to_dicts()
    assert {None} == {result.item for result in results}
    assert {None} == {row["reply"] for row in rows}
    assert server.bill.total_nano_usd() == sum(row["cost_nano_usd"] for row in rows) > 0
