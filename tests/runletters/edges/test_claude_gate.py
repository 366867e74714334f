"""The truth gate in the paid writer: real SDK over HTTP, a fake that writes what is not true."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from servers import fake_texts
from servers.claude_api import Behaviour, ClaudeApiServer
from servers.claude_items import fact_sheet, item_of
from servers.histories import SmallHistory

from runletters.content import KINDS, Kind
from runletters.edges import warehouse
from runletters.edges.claude_writer import ClaudeWriter
from runletters.edges.store import Store
from runletters.settings import Settings

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


class Script:
    """A text backend whose replies can be set between calls; true texts otherwise."""

    def __init__(self) -> None:
        self.next: list[Callable[[Mapping[str, Any]], str]] = []

    def __call__(self, body: Mapping[str, Any]) -> str:
        return (self.next.pop(0) if self.next else fake_texts.grounded)(body)


def saying(more: str) -> Callable[[Mapping[str, Any]], str]:
    """True texts with one more sentence."""

    def text(body: Mapping[str, Any]) -> str:
        written = fake_texts.grounded(body)
        if written.startswith("{"):
            return written.replace('"pacing_analysis": "', f'"pacing_analysis": "{more} ', 1)
        return f"{written} {more}"

    return text


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script) -> Iterator[ClaudeApiServer]:
    with ClaudeApiServer(Behaviour(key="sk-ant-x"), write=script, keep_bodies=True) as running:
        yield running


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store.open(settings.store) as opened:
        opened.ensure_user("ada", now=NOW)
        yield opened


LIES = {
    "number": "You ran 12.4 km.",
    "role": "You covered 10.2 km of climbing.",
    "date": "It was 20 November 2026.",
    "superlative": "It was your longest run ever.",
    "sensor": "Your power was steady.",
    "medical": "Your knee injury will heal.",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rule", LIES)
def test_a_false_sentence_is_named_in_one_repair(
    server: ClaudeApiServer,
    settings: Settings,
    store: Store,
    script: Script,
    *,
    kind: Kind,
    rule: str,
) -> None:
    """As opened by the settings, the writer rejects it, says why, and keeps the repaired text."""
    script.next = [saying(LIES[rule])]

    outcome = ClaudeWriter.open(settings).write(item_of(fact_sheet(), kind, settings), "run-1")

    assert outcome.text is not None
    assert (outcome.text.writer, outcome.text.is_fallback) == ("claude", False)
    assert LIES[rule] not in outcome.text.body
    rejected = [each for each in outcome.text.findings if each["severity"] == "reject"]
    assert {"draft"} == {each["stage"] for each in rejected}
    found = store.findings("ada").filter(severity="reject")
    assert rule in found["rule"].to_list()
    assert ["rejected", "succeeded"] == store.attempts()["outcome"].to_list()
    assert set(found["attempt_id"]) == {store.attempts()["attempt_id"][0]}
    repair = server.stats.bodies[1]["messages"][-1]["content"]
    assert str(found["message"][0]) in repair
    assert server.bill.total_nano_usd() == outcome.cost_nano_usd
    assert outcome.usage.output_tokens == store.attempts()["output_tokens"].sum()


@pytest.mark.parametrize("kind", KINDS)
def test_a_repair_that_fails_gives_way_to_a_text_that_passes(
    server: ClaudeApiServer, settings: Settings, store: Store, script: Script, kind: Kind
) -> None:
    """Two calls, both in the ledger, then the offline text, marked, with all findings."""
    script.next = [saying("You ran 12.4 km."), saying("You ran 12.5 km."), saying("never asked")]

    outcome = ClaudeWriter.open(settings).write(item_of(fact_sheet(), kind, settings), "run-1")

    assert outcome.text is not None
    assert (outcome.text.writer, outcome.text.is_fallback) == ("offline", True)
    assert {"draft", "repair"} <= {each["stage"] for each in outcome.text.findings}
    assert len(script.next) == 1
    assert ["rejected", "rejected"] == store.attempts()["outcome"].to_list()
    assert (
        server.bill.total_nano_usd()
        == outcome.cost_nano_usd
        == store.spent_by_user("ada").cost_nano_usd
    )


def test_a_refusal_gives_way_without_a_repair(
    server: ClaudeApiServer, settings: Settings, store: Store
) -> None:
    """The model declined once: it is not asked again, the offline text is kept."""
    server.faults.play("refusal")

    outcome = ClaudeWriter.open(settings).write(item_of(fact_sheet(), "letter", settings), "run-1")

    assert outcome.text is not None
    assert outcome.text.is_fallback
    assert ["refused"] == store.attempts()["outcome"].to_list()
    assert ["refused"] == store.findings("ada")["rule"].to_list()


def test_the_rates_of_a_prompt_are_in_the_warehouse(
    settings: Settings, store: Store, script: Script, tmp_path: Path
) -> None:
    """Of four letters one is repaired and one gives way; the views count replies and money."""
    writer = ClaudeWriter.open(settings)
    lie = saying("You ran 12.4 km.")
    script.next = [fake_texts.grounded, lie, fake_texts.grounded, lie, lie]
    items = [item_of(fact_sheet(f"a{n}"), "letter", settings) for n in range(3)]
    store.claim("ada", [(it.activity_id, "letter") for it in items], owner="o", lease_s=9, now=NOW)

    store.record([writer.write(item, "run-1") for item in items], owner="o", now=NOW)
    file = tmp_path / "w.duckdb"
    warehouse.publish(store, SmallHistory.empty(), str(file), now=NOW)

    with duckdb.connect(str(file), read_only=True) as connection:
        rates = connection.sql(
            "SELECT replies, accepted, rejected, rejected_rate, texts, fallbacks, "
            "unkept_cost_nano_usd FROM gate_rates"
        ).fetchall()
        rules = connection.sql(
            "SELECT replies_concerned, share_of_replies FROM findings_per_prompt "
            "WHERE rule = 'number' AND severity = 'reject'"
        ).fetchall()
    unkept = store.attempts().filter(outcome="rejected")["cost_nano_usd"].sum()
    assert [(5, 2, 3, 0.6, 3, 1, unkept)] == rates
    assert [(3, 0.6)] == rules


def test_forgetting_takes_the_words_and_keeps_the_count(
    settings: Settings, store: Store, script: Script
) -> None:
    """Findings stay for the rates, without user, activity and what was quoted."""
    script.next = [saying("You ran 12.4 km.")]
    ClaudeWriter.open(settings).write(item_of(fact_sheet(), "letter", settings), "run-1")
    before = store.findings().height

    store.forget("ada", now=NOW)

    left = store.findings()
    assert before == left.height
    for column in ("user_id", "activity_id", "found", "expected"):
        assert left[column].is_null().all()


def test_a_near_copy_of_the_last_letter_is_asked_for_again(
    settings: Settings, store: Store, script: Script
) -> None:
    """Letters that were kept before, by another process too, are known to the writer."""
    told: list[str] = []

    def first(body: Mapping[str, Any]) -> str:
        told.append(fake_texts.grounded(body))
        return told[0]

    script.next = [first, lambda _: told[0]]
    store.claim("ada", [("a1", "letter")], owner="o", lease_s=9, now=NOW)
    written = ClaudeWriter.open(settings).write(item_of(fact_sheet("a1"), "letter", settings), "r")
    store.record([written], owner="o", now=NOW)

    outcome = ClaudeWriter.open(settings).write(item_of(fact_sheet("a2"), "letter", settings), "r")

    assert outcome.text is not None
    assert told[0] != outcome.text.body
    assert ["copy"] == store.findings("ada").filter(severity="reject")["rule"].to_list()
