"""The paid writer: real SDK over HTTP against the strict fake, real SQLite as the ledger."""

from __future__ import annotations

import json
import logging
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from servers.claude_api import Behaviour, ClaudeApiServer
from servers.claude_items import fact_sheet, item_of
from servers.fake_faults import TRANSIENT

from runletters.content import KINDS, Kind, Text
from runletters.edges.claude import ClaudeApi
from runletters.edges.claude_calls import PaidCalls
from runletters.edges.claude_writer import ClaudeWriter, offline_text
from runletters.edges.store import Store
from runletters.errors import (
    SettingsError,
    TextRejected,
    WriterError,
    WriterRefused,
    WriterStopped,
    WriterUnavailable,
)
from runletters.facts import FactSheet
from runletters.settings import Settings

CANARY = "sk-ant-canary-7f3b9d51c2"


@pytest.fixture
def server() -> Iterator[ClaudeApiServer]:
    with ClaudeApiServer(Behaviour(key=CANARY, hang_s=5), keep_bodies=True) as running:
        yield running


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Impatient: a call that hangs is given up soon."""
    return settings.model_copy(update={"call_timeout_s": 0.5})


@pytest.fixture
def store(settings: Settings, now: Any) -> Iterator[Store]:
    with Store.open(settings.store) as opened:
        opened.ensure_user("ada", now=now)
        yield opened


@pytest.fixture
def writer(settings: Settings, store: Store) -> ClaudeWriter:
    return ClaudeWriter(PaidCalls(api=ClaudeApi.open(settings), ledger=store))


def attempts(store: Store) -> list[dict[str, Any]]:
    return store.attempts().to_dicts()


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_is_written_and_paid_once(
    server: ClaudeApiServer, settings: Settings, store: Store, writer: ClaudeWriter, kind: Kind
) -> None:
    """The text comes from the API, the ledger says what the API charged, to the nano-dollar."""
    item = item_of(fact_sheet(), kind, settings)

    outcome = writer.write(item, "run-1")

    assert outcome.text is not None
    assert "10.2 km" in outcome.text.body
    assert (outcome.text.structured is None) == (kind == "letter")
    assert server.bill.total_nano_usd() == outcome.cost_nano_usd
    (row,) = attempts(store)
    assert row["outcome"] == "succeeded"
    assert row["cost_nano_usd"] == server.bill.lines[0].cost_nano_usd
    assert row["request_id"] == server.bill.lines[0].request_id
    assert row["price_as_of"] == "2026-11-23"


def test_the_same_fingerprint_is_never_paid_twice(
    server: ClaudeApiServer, settings: Settings, store: Store, writer: ClaudeWriter
) -> None:
    """A paid reply is found in the ledger by any later writer, in any process."""
    item = item_of(fact_sheet(), "letter", settings)
    first = writer.write(item, "run-1")
    other = ClaudeWriter(PaidCalls(api=ClaudeApi.open(settings), ledger=store))

    again = other.write(item, "run-2")

    assert first.text == again.text
    assert again.cost_nano_usd == 0
    assert len(server.bill.lines) == 1


def test_without_a_key_nothing_is_begun(tmp_path: Path) -> None:
    """The message says how to get going, and no store is made."""
    settings = Settings(_env_file=None, home=tmp_path / "home", anthropic_api_key=None)

    with pytest.raises(SettingsError, match=r"ANTHROPIC_API_KEY.*RUNLETTERS_WRITER=offline"):
        ClaudeWriter.open(settings)

    assert not (tmp_path / "home").exists()


def test_a_key_with_blanks_is_refused_without_being_shown(tmp_path: Path) -> None:
    """A key that was pasted with its line break is explained, not sent."""
    settings = Settings(_env_file=None, home=tmp_path, anthropic_api_key=f"{CANARY}\nx")

    with pytest.raises(SettingsError) as caught:
        ClaudeWriter.open(settings)

    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "outcome", "error"),
    [
        ("500", "failed", WriterUnavailable),
        ("503", "failed", WriterUnavailable),
        ("reset", "connection", WriterUnavailable),
        ("accepted_reset", "connection", WriterUnavailable),
        ("cut_body", "connection", WriterUnavailable),
        ("hang", "timeout", WriterUnavailable),
        ("accepted_timeout", "timeout", WriterUnavailable),
        ("accepted_504", "failed", WriterUnavailable),
        ("html", "bad_body", WriterUnavailable),
        ("truncated_json", "bad_body", WriterUnavailable),
        ("odd_json", "bad_body", WriterUnavailable),
        ("401", "failed", WriterStopped),
        ("402", "failed", WriterStopped),
        ("403", "failed", WriterStopped),
        ("spend_429", "failed", WriterStopped),
        ("spend_400", "failed", WriterStopped),
        ("refusal", "refused", WriterRefused),
        ("refusal_partial", "refused", WriterRefused),
    ],
)
def test_each_fault_ends_as_its_own_error_and_row(  # noqa: PLR0917 - fixtures and a table
    server: ClaudeApiServer,
    settings: Settings,
    store: Store,
    writer: ClaudeWriter,
    fault: str,
    outcome: str,
    error: type[WriterError],
) -> None:
    """Wait, stop or give up is decided by the kind of fault; one row says what happened."""
    server.faults.play(fault)

    with pytest.raises(error) as caught:
        writer.write(item_of(fact_sheet(), "letter", settings), "run-1")

    (row,) = attempts(store)
    assert outcome == row["outcome"]
    assert CANARY not in str(caught.value)
    is_unknown = fault in {
        "reset", "accepted_reset", "cut_body", "hang", "accepted_timeout", "accepted_504",
        "html", "truncated_json", "odd_json",
    }  # fmt: skip
    assert is_unknown == (row["cost_nano_usd"] is None)


@pytest.mark.parametrize("fault", ["empty", "max_tokens", "not_json", "out_of_bounds"])
def test_an_unusable_answer_is_paid_and_repaired_once(
    server: ClaudeApiServer, settings: Settings, store: Store, writer: ClaudeWriter, fault: str
) -> None:
    """The second call names the fault; both are in the ledger with what they cost."""
    server.faults.play(fault)

    outcome = writer.write(item_of(fact_sheet(), "coaching", settings), "run-1")

    assert outcome.is_done
    rows = attempts(store)
    assert rows[0]["outcome"] in {"empty", "truncated", "rejected"}
    assert rows[1]["outcome"] == "succeeded"
    assert server.bill.total_nano_usd() == sum(row["cost_nano_usd"] for row in rows)
    assert outcome.cost_nano_usd == server.bill.total_nano_usd()
    assert "cannot be used" in server.stats.bodies[1]["messages"][-1]["content"]


def test_markdown_and_thoughts_never_reach_a_reader(
    server: ClaudeApiServer, settings: Settings, writer: ClaudeWriter
) -> None:
    """Text is picked by block type, and marks are taken off."""
    server.faults.play("markdown", "thinking_first")

    texts = [
        writer.write(item_of(fact_sheet(each), "letter", settings), "run-1").text
        for each in ("a1", "a2")
    ]

    for text in texts:
        assert text is not None
        assert "**" not in text.body
        assert "#" not in text.body
        assert "The runner wants" not in text.body


def liar_gate(text: Text, sheet: FactSheet, recent: Sequence[str]) -> list[dict[str, Any]]:
    told = sheet.fact("distance")
    if told is None or (told.text in text.body and "58:11" in text.body):
        return []
    message = f"a figure is not in the facts ({len(recent)} texts before)"
    return [{"rule": "number", "message": message}]


def test_a_lie_is_repaired(server: ClaudeApiServer, settings: Settings, store: Store) -> None:
    """A text the gate rejects is asked for once more with the findings; both are paid."""
    writer = ClaudeWriter(PaidCalls(api=ClaudeApi.open(settings), ledger=store), gate=liar_gate)
    server.faults.play("lie")

    outcome = writer.write(item_of(fact_sheet(), "letter", settings), "run-1")

    assert outcome.text is not None
    assert not outcome.text.is_fallback
    assert outcome.text.findings[0]["rule"] == "number"
    assert ["rejected", "succeeded"] == [row["outcome"] for row in attempts(store)]
    assert "a figure is not in the facts" in server.stats.bodies[1]["messages"][-1]["content"]


def test_two_lies_give_way_to_the_offline_text(
    server: ClaudeApiServer, settings: Settings, store: Store
) -> None:
    """The deterministic text takes the place, is marked, and nothing more is paid."""
    calls = PaidCalls(api=ClaudeApi.open(settings), ledger=store)
    writer = ClaudeWriter(calls, gate=liar_gate, fallback=offline_text)
    server.faults.play("lie", "lie")

    outcome = writer.write(item_of(fact_sheet(), "letter", settings), "run-1")

    assert outcome.text is not None
    assert outcome.text.is_fallback
    assert outcome.text.writer == "offline"
    assert outcome.cost_nano_usd == server.bill.total_nano_usd()


def test_two_lies_without_a_fallback_fail_the_item(
    server: ClaudeApiServer, settings: Settings, store: Store
) -> None:
    """No untrue text is kept."""
    writer = ClaudeWriter(PaidCalls(api=ClaudeApi.open(settings), ledger=store), gate=liar_gate)
    server.faults.play("lie", "lie")

    with pytest.raises(TextRejected, match="a figure is not in the facts"):
        writer.write(item_of(fact_sheet(), "letter", settings), "run-1")


def test_a_rejected_draft_is_not_paid_again_when_its_repair_has_to_wait(
    server: ClaudeApiServer, settings: Settings, store: Store
) -> None:
    """A retry goes on with the repair."""
    writer = ClaudeWriter(PaidCalls(api=ClaudeApi.open(settings), ledger=store), gate=liar_gate)
    server.faults.play("lie", "500")
    item = item_of(fact_sheet(), "letter", settings)
    with pytest.raises(WriterUnavailable):
        writer.write(item, "run-1")

    outcome = writer.write(item, "run-1")

    assert outcome.is_done
    assert ["rejected", "failed", "succeeded"] == [row["outcome"] for row in attempts(store)]


def test_a_gate_that_breaks_costs_no_book_entry(
    server: ClaudeApiServer, settings: Settings, store: Store
) -> None:
    """What was paid is written down even if the check itself fails."""

    def broken(text: Text, sheet: FactSheet, recent: Sequence[str]) -> list[dict[str, Any]]:
        raise RuntimeError(f"{len(text.body)} {sheet.sport} {len(recent)}")

    calls = PaidCalls(api=ClaudeApi.open(settings), ledger=store)
    outcome = ClaudeWriter(calls, gate=broken, fallback=offline_text).write(
        item_of(fact_sheet(), "letter", settings), "run-1"
    )

    assert outcome.text is not None
    assert outcome.text.is_fallback
    assert server.bill.total_nano_usd() == sum(r["cost_nano_usd"] for r in attempts(store))


def test_the_ledger_equals_the_bill_over_a_run_with_every_fault(
    server: ClaudeApiServer, settings: Settings, store: Store
) -> None:
    """Every delivered charge is in the ledger once, to the nano-dollar; the rest is unknown.

    A charge whose answer never arrived cannot be known here: its row is open about that.
    """
    calls = PaidCalls(api=ClaudeApi.open(settings), ledger=store)
    writer = ClaudeWriter(calls, gate=liar_gate, fallback=offline_text)
    items = [
        item_of(fact_sheet(f"a{index}"), kind, settings) for index in range(20) for kind in KINDS
    ]
    server.faults.play(*(fault for each in (*TRANSIENT, "lie") for fault in (each, None)))

    for item in items:
        for _ in range(4):
            try:
                writer.write(item, "run-1")
            except WriterUnavailable:
                continue
            break

    rows = attempts(store)
    known = {r["request_id"]: r["cost_nano_usd"] for r in rows if r["cost_nano_usd"]}
    billed = {
        line.request_id: line.cost_nano_usd for line in server.bill.lines if line.is_delivered
    }
    unknown = [row for row in rows if row["cost_nano_usd"] is None]
    unseen = [line for line in server.bill.lines if not line.is_delivered]
    assert billed == known
    assert server.bill.total_nano_usd(delivered=True) == sum(known.values())
    assert len(unseen) <= len(unknown)
    assert set(TRANSIENT) <= set(server.faults.drawn)
    succeeded = [line.body_sha256 for line in server.bill.lines if line.fault is None]
    assert len(succeeded) == len(set(succeeded))


def test_the_key_appears_nowhere(  # noqa: PLR0917 - fixtures
    server: ClaudeApiServer,
    settings: Settings,
    store: Store,
    writer: ClaudeWriter,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not in logs, not in any exception or its chain, not in a repr, not in the store."""
    wrong = settings.model_copy(update={"anthropic_base_url": server.url})
    server.faults.play("401", "reset", "500", "truncated_json", "spend_400")
    shown: list[str] = [repr(writer), repr(writer.calls), repr(settings), repr(wrong)]
    with caplog.at_level(logging.DEBUG):
        for index in range(6):
            try:
                writer.write(item_of(fact_sheet(f"a{index}"), "letter", settings), f"run-{index}")
            except WriterError as error:
                shown += [_chain(error), repr(pickle.dumps(error))]
        # The API echoes the key it did not know.
        server.behaviour = Behaviour(key="another")
        with pytest.raises(WriterStopped) as caught:
            writer.write(item_of(fact_sheet("b"), "letter", settings), "run-b")
        shown.append(_chain(caught.value))

    output = capsys.readouterr()
    everything = [*shown, caplog.text, output.out, output.err, json.dumps(str(attempts(store)))]
    assert not [text for text in everything if CANARY in text]
    assert "[key]" in str(caught.value)


def _chain(error: BaseException | None) -> str:
    """The error, what caused it, and the repr of every value its frames hold."""
    parts: list[str] = []
    while error is not None:
        parts.append(f"{error!r} {error} {vars(error)}")
        trace = error.__traceback__
        while trace is not None:
            if "runletters" in trace.tb_frame.f_code.co_filename.split("tests")[0]:
                parts.append(repr(trace.tb_frame.f_locals))
            trace = trace.tb_next
        error = error.__cause__ or error.__context__
    return "\n".join(parts)
