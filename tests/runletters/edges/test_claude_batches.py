"""Message batches against the strict fake: intended first, never twice, found again, half price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.claude_api import Behaviour, ClaudeApiServer
from servers.claude_items import fact_sheet, item_of

from runletters.budgeting import Limits, scopes
from runletters.content import KINDS, Text, WorkItem
from runletters.edges.batch_desk import Delivery, deliver
from runletters.edges.batch_rows import BatchRows
from runletters.edges.claude import ClaudeApi
from runletters.edges.claude_batches import BatchClient, Holder, Result
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
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        opened.ensure_user("ada", now=datetime(2026, 1, 1, tzinfo=UTC))
        yield opened


@pytest.fixture
def client(settings: Settings, store: Store, clock: Clock) -> BatchClient:
    return client_of(settings, store, clock)


OWNER = "run-1's process"


def client_of(
    settings: Settings, store: Store, clock: Clock, owner: str = OWNER, **more: Any
) -> BatchClient:
    calls = PaidCalls(
        api=ClaudeApi.open(settings), ledger=store, now=clock, purse=more.pop("purse", None)
    )
    most = more.pop("most_requests", 5_000)
    return BatchClient(
        ClaudeWriter(calls, **more),
        BatchRows(store.engine),
        Holder(owner=owner),
        most_requests=most,
        sleep=lambda _: None,
    )


def claimed(store: Store, items: list[WorkItem], owner: str = OWNER) -> list[WorkItem]:
    """Those items that the owner could claim."""
    won = store.claim("ada", [(i.activity_id, i.kind) for i in items], owner=owner,
                      lease_s=900, now=datetime.now(UTC))  # fmt: skip
    return [item for item in items if (item.activity_id, item.kind) in won]


def items_of(settings: Settings, count: int = 6) -> list[WorkItem]:
    return [item_of(fact_sheet(f"a{n}"), kind, settings) for n in range(count) for kind in KINDS]


def read_all(client: BatchClient) -> list[Result]:
    return [result for row in client.ended() for some in client.read(row) for result in some]


def test_a_batch_becomes_texts_at_half_price(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """Every line is read in any order; the ledger equals the bill of half prices."""
    items = items_of(settings)

    client.submit(claimed(store, items), "run-1")
    results = read_all(client)

    assert {"read"} == {result.verdict for result in results}
    assert {i.fingerprint for i in items} == {r.item.fingerprint for r in results if r.item}
    rows = store.attempts().to_dicts()
    assert {("batch", "succeeded")} == {(row["mode"], row["outcome"]) for row in rows}
    assert server.bill.total_nano_usd() == sum(row["cost_nano_usd"] for row in rows)


def test_an_accepted_draft_is_taken_up_without_another_call(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """What came in the batch is the text; nothing more is paid."""
    client.submit(claimed(store, items_of(settings)), "run-1")
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

    def gate(text: Text, sheet: FactSheet, recent: Sequence[str]) -> list[dict[str, Any]]:
        has_been_here = any(row["mode"] == "live" for row in store.attempts().to_dicts())
        return (
            []
            if has_been_here
            else [{"rule": "number", "message": f"{sheet.sport} {text.model} {len(recent)}"}]
        )

    client = client_of(settings, store, clock, gate=gate, fallback=offline_text)
    client.submit(claimed(store, items_of(settings, 1)[:1]), "run-1")
    (result,) = read_all(client)
    assert result.item is not None
    assert result.draft is not None

    outcome = client._writer.take_up(result.item, "run-1", result.draft)

    assert outcome.text is not None
    assert not outcome.text.is_fallback
    assert ["rejected", "succeeded"] == [row["outcome"] for row in store.attempts().to_dicts()]


def test_reading_again_after_a_crash_settles_nothing_twice(
    server: ClaudeApiServer,
    settings: Settings,
    store: Store,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half-read, then read from the start by another process: same results, same sums."""
    purse = StoredPurse(store, Limits(run_nano_usd=10**10), clock)
    first = client_of(settings, store, clock, purse=purse)
    first.submit(claimed(store, items_of(settings)), "run-1")
    (row,) = first.ended()
    monkeypatch.setattr("runletters.edges.claude_batches.READ_AT_ONCE", 5)
    lines = first.read(row)
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
    submission = client.submit(claimed(store, items_of(settings)), "run-1")
    assert ["intended"] == [row.state for row in submission.batches]
    clock.ahead = timedelta(hours=1)  # the lease of the first process is over

    later = client_of(settings, store, clock, owner="another process")
    later.take_over("ada")
    (adopted,) = later.ended()
    results = read_all(later)

    assert adopted.provider_id in server.batches.all
    assert len(server.batches.all) == 1
    assert {"read"} == {result.verdict for result in results}
    assert client.under_way() == []


def test_a_submission_that_never_arrived_is_given_up_after_a_while(
    server: ClaudeApiServer, settings: Settings, store: Store, clock: Clock, client: BatchClient
) -> None:
    """Not at once: the call might still be under way. Nothing of it counts as spent."""
    server.faults.play("reset")
    client.submit(claimed(store, items_of(settings, 1)), "run-1")
    assert client.ended() == []

    clock.ahead = timedelta(minutes=20)
    (row,) = client.ended()
    again = [result.verdict for some in client.read(row) for result in some]

    assert ["again", "again"] == again
    assert (row.state, row.provider_id) == ("given_up", None)
    assert client.under_way() == []
    assert server.batches.all == {}
    assert {("failed", None)} <= {(r["outcome"], r["reply"]) for r in store.attempts().to_dicts()}


def test_a_stranger_of_the_same_size_is_not_adopted(
    server: ClaudeApiServer,
    settings: Settings,
    tmp_path: Path,
    store: Store,
    client: BatchClient,
) -> None:
    """Two teams on one account: the ids inside decide."""
    with Store.open(f"sqlite:///{tmp_path / 'other.sqlite'}") as theirs:
        theirs.ensure_user("ada", now=datetime.now(UTC))
        client_of(settings, theirs, Clock()).submit(claimed(theirs, items_of(settings, 1)), "run-9")
        server.faults.play("reset")
        client.submit(claimed(store, items_of(settings, 1)), "run-1")

        assert client.ended() == []


def test_each_result_type_is_settled(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """Errored and expired lines cost nothing and are asked again; succeeded ones are kept."""
    server.behaviour = Behaviour(batch_errored=0.3, batch_expired=0.3)
    client.submit(claimed(store, items_of(settings, 20)), "run-1")

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
    (row,) = client.submit(claimed(store, items_of(settings, 1)), "run-1").batches
    assert client.ended() == []
    client._calls.api.client.messages.batches.cancel(str(row.provider_id))

    results = read_all(client)

    assert {"fail"} == {result.verdict for result in results}
    assert {"canceled"} == {each["outcome"] for each in store.attempts().to_dicts()}


def test_what_was_written_before_a_cancellation_is_kept_and_paid(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """Canceled and succeeded lines mixed: texts for the paid ones, a reason for the others."""
    server.behaviour = Behaviour(batch_s=60, batch_done_at_cancel=0.5, cancel_s=3_600)
    items = claimed(store, items_of(settings, 10))
    (row,) = client.submit(items, "run-1").batches
    client._calls.api.client.messages.batches.cancel(str(row.provider_id))
    canceling = client.ended()
    server.batches.all[str(row.provider_id)].ends_at = 0.0  # an hour later

    results = read_all(client)

    assert [] == canceling
    kept = [each for each in results if each.verdict == "read"]
    refused = [each for each in results if each.verdict == "fail"]
    rows = store.attempts().to_dicts()
    paid = [each["cost_nano_usd"] for each in rows if each["outcome"] == "succeeded"]
    assert len(kept) == len(paid) > 0
    assert len(refused) == sum(each["outcome"] == "canceled" for each in rows) > 0
    assert len(kept) + len(refused) == len(items)
    assert all(each.draft is not None and each.draft.is_accepted for each in kept)
    assert {"canceled: canceled"} == {each.error for each in refused}
    assert server.bill.total_nano_usd() == sum(paid) == sum(r["cost_nano_usd"] for r in rows)


def test_a_refused_batch_costs_nothing_and_leaves_nothing_open(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """An error answer: every attempt is closed with nothing spent, the run stops."""
    server.behaviour = Behaviour(key="another")

    submission = client.submit(claimed(store, items_of(settings, 1)), "run-1")

    assert isinstance(submission.error, WriterStopped)
    assert (len(submission.left), submission.batches) == (2, ())
    assert {("failed", 0)} == {
        (row["outcome"], row["cost_nano_usd"]) for row in store.attempts().to_dicts()
    }
    assert client.under_way() == []


def test_what_the_budget_does_not_hold_is_not_submitted(
    server: ClaudeApiServer, settings: Settings, store: Store, clock: Clock
) -> None:
    """As many lines as it holds go out; the others are left, and the reason is said."""
    limits = Limits(run_nano_usd=20_000_000)
    purse = StoredPurse(store, limits, clock)
    client = client_of(settings, store, clock, purse=purse)

    submission = client.submit(claimed(store, items_of(settings)), "run-1")

    (scope,) = scopes(limits, flow_run_id="run-1", user_id="ada", now=clock())
    (batch,) = submission.batches
    assert isinstance(submission.error, BudgetReached)
    assert 0 < batch.request_count < 12
    assert batch.request_count + len(submission.left) == 12
    assert 0 < purse.account(scope).reserved_nano_usd <= 20_000_000
    read_all(client)
    assert purse.account(scope).reserved_nano_usd == 0
    assert purse.account(scope).spent_nano_usd == server.bill.total_nano_usd() <= 20_000_000


def test_several_batches_are_in_flight_at_once(
    server: ClaudeApiServer, settings: Settings, store: Store, clock: Clock
) -> None:
    """Cut by count; all of them are submitted before the first is read."""
    client = client_of(settings, store, clock, most_requests=5)

    submission = client.submit(claimed(store, items_of(settings)), "run-1")

    assert [5, 5, 2] == [row.request_count for row in submission.batches]
    assert 3 == len(server.batches.all)
    assert 12 == len(read_all(client))


def test_a_refusal_for_now_is_submitted_again_and_an_odd_answer_is_not(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """429 and 529 say that nothing was taken; after 500 nobody knows."""
    server.faults.play("429", "529", None, "500")
    items = claimed(store, items_of(settings, 2))

    taken = client.submit(items[:2], "run-1")
    doubtful = client.submit(items[2:], "run-1")

    assert ["submitted", "intended"] == [r.state for s in (taken, doubtful) for r in s.batches]
    assert 1 == len(server.batches.all)


PAGES = ("html", "broken", "list", "null", "other")


def test_a_batch_whose_answer_cannot_be_read_is_found_again(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """A page, half a body or another shape with status 200: it was taken, and only once."""
    for count, page in enumerate(PAGES, start=1):
        server.bad_pages.append(page)
        name = f"a{count}"
        items = claimed(store, [item_of(fact_sheet(name), "letter", settings)])
        submission = client.submit(items, "run-1")
        server.bad_pages.append(page)  # instead of the list
        with pytest.raises(WriterUnavailable, match="cannot be read"):
            client.ended()

        (row,) = client.ended()
        results = [result for some in client.read(row) for result in some]
        client.close(row)

        assert ["intended"] == [made.state for made in submission.batches]
        assert count == len(server.batches.all)
        assert ["read"] == [result.verdict for result in results]


def test_items_on_their_way_are_nobody_elses(
    settings: Settings, store: Store, clock: Clock, client: BatchClient
) -> None:
    """Their owner is gone and their claims given back: still only the batch's reader gets them."""
    items = items_of(settings, 2)
    pairs = [(item.activity_id, item.kind) for item in items]
    client.submit(claimed(store, items[:2]), "run-1")
    store.release(OWNER, now=clock())

    won = store.claim("ada", pairs, owner="other", lease_s=900, now=clock(), refresh=True)
    (row,) = client.under_way()
    by_reader = store.claim(
        "ada", pairs[:2], owner="reader", lease_s=900, now=clock(), batch_key=row.batch_key
    )

    assert won == pairs[2:]
    assert by_reader == pairs[:2]


def test_who_lost_an_item_does_not_submit_it(
    server: ClaudeApiServer, settings: Settings, store: Store, clock: Clock, client: BatchClient
) -> None:
    """A process that stalled for longer than its lease: somebody else may be writing by now."""
    items = claimed(store, items_of(settings, 2))
    store.claim("ada", [("a0", "letter")], owner="other", lease_s=900,
                now=clock() + timedelta(hours=1))  # fmt: skip

    submission = client.submit(items, "run-1")

    (batch,) = submission.batches
    assert ["a0"] == [item.activity_id for item in submission.left]
    assert 3 == batch.request_count == len(server.batches.all[str(batch.provider_id)].requests)


def test_results_that_cannot_be_read_are_asked_for_again(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """Neither a crash nor a batch that counts as gone: the next look brings them."""
    client.submit(claimed(store, items_of(settings, 1)), "run-1")
    (row,) = client.ended()
    for page in PAGES:
        server.bad_pages.append(page)

        results = [result for some in client.read(row) for result in some]

        assert ["read", "read"] == [result.verdict for result in results]


def test_a_line_that_is_no_result_stops_no_other(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """A line without an id or a result counts as missing; one without its message is unpriced."""
    items = claimed(store, items_of(settings, 3))
    client.submit(items, "run-1")
    client.ended()
    (batch,) = server.batches.all.values()
    batch.lines[0] = {"custom_id": batch.lines[0]["custom_id"]}
    batch.lines[1] = ["odd"]
    batch.lines[2]["result"] = {"type": "succeeded", "message": None}

    results = read_all(client)

    assert {"again": 2, "read": 4} == Counter(result.verdict for result in results)
    rows = store.attempts().to_dicts()
    assert {"failed": 2, "bad_body": 1, "succeeded": 3} == Counter(row["outcome"] for row in rows)
    assert [None] == [row["cost_nano_usd"] for row in rows if row["outcome"] == "bad_body"]


def delivered(client: BatchClient, store: Store) -> list[Delivery]:
    """What a flow run is given of each batch that has ended, which is then closed."""
    found: list[Delivery] = []
    for row in client.ended():
        found += deliver(client, store, row, owner=OWNER, lease_s=900)
        client.close(row)
    return found


def test_lines_refused_for_want_of_money_halt_the_run(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """The account's trouble is not the item's: nothing fails, and the reason says what to do."""
    server.behaviour = Behaviour(batch_errored=1, batch_error="billing_error")
    client.submit(claimed(store, items_of(settings, 1)), "run-1")

    parts = delivered(client, store)

    halted = [outcome for part in parts for outcome in part.halted]
    assert ["WriterStopped"] * 2 == [outcome.error_type for outcome in halted]
    assert "billing_error: as the script says. Check the billing" in str(halted[0].error)
    assert not [each for part in parts for each in (*part.written, *part.again, *part.failed)]
    assert client.under_way() == []


def test_what_comes_back_from_three_batches_is_asked_live(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """A batch that never brings a reply is not submitted for ever."""
    server.behaviour = Behaviour(batch_errored=1)
    items = claimed(store, items_of(settings, 1))

    rounds: list[list[Delivery]] = []
    for _ in range(3):
        client.submit(items, "run-1")
        rounds.append(delivered(client, store))

    again = [sum(len(part.again) for part in parts) for parts in rounds]
    live = [sum(len(part.written) for part in parts) for parts in rounds]
    assert ([2, 2, 0], [0, 0, 2]) == (again, live)


def test_a_batch_that_is_gone_fails_its_lines_with_the_reason(
    server: ClaudeApiServer, settings: Settings, store: Store, client: BatchClient
) -> None:
    """Deleted by somebody: what it cost is not known, and is not asked again by itself."""
    client.submit(claimed(store, items_of(settings, 1)), "run-1")
    server.batches.all.clear()

    results = read_all(client)

    assert {"fail"} == {result.verdict for result in results}
    assert {None} == {row["cost_nano_usd"] for row in store.attempts().to_dicts()}
    assert client.under_way() == []


def test_a_forgotten_user_is_settled_and_not_remembered(
    server: ClaudeApiServer, settings: Settings, store: Store, clock: Clock, client: BatchClient
) -> None:
    """The bill is complete, the item is gone."""
    client.submit(claimed(store, items_of(settings, 1)), "run-1")
    store.forget("ada", now=clock())

    results = read_all(client)

    rows = store.attempts().to_dicts()
    assert {None} == {result.item for result in results}
    assert {None} == {row["reply"] for row in rows}
    assert server.bill.total_nano_usd() == sum(row["cost_nano_usd"] for row in rows) > 0
