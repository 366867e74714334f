"""`runletters status` names message batches under way, how old they are, and what to do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from servers.claude_items import fact_sheet, item_of
from servers.processes import gone_process

from deployments.cli.reading import status
from runletters.batching import custom_id
from runletters.edges.batch_rows import BatchRow, BatchRows, LineRow
from runletters.edges.claude_given import intended
from runletters.edges.processes import owner_name
from runletters.edges.store import Store
from runletters.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNLETTERS_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return Settings()


def intend(store: Store, settings: Settings, owner: str, at: datetime, *names: str) -> BatchRow:
    """A batch of letters, written down and not yet at the API."""
    store.claim("ada", [(name, "letter") for name in names], owner=owner, lease_s=900, now=at)
    lines = [
        (
            LineRow(
                custom_id=custom_id(call.attempt_id),
                attempt_id=call.attempt_id,
                item=item,
            ),
            call,
        )
        for name in names
        for item in [item_of(fact_sheet(name), "letter", settings)]
        for call in [intended(item, "run-1", at)]
    ]
    until = datetime.now(UTC) + timedelta(minutes=15)
    row, _ = BatchRows(store.engine).intend(lines, "run-1", owner=owner, until=until, now=at)
    assert row is not None
    return row


def test_status_shows_batches_and_what_comes_next(settings: Settings) -> None:
    """One that a run waits for, one that nobody waits for, one in doubt; a read one is gone."""
    at = datetime.now(UTC) - timedelta(minutes=50)
    with Store.open(settings.store) as store:
        store.ensure_user("ada", now=at)
        rows = BatchRows(store.engine)
        waited = intend(store, settings, owner_name("run-1"), at, "a1", "a2")
        left = intend(store, settings, gone_process(), at, "b1")
        doubtful = intend(store, settings, gone_process(), at, "c1")
        done = intend(store, settings, gone_process(), at, "d1")
        rows.submitted(waited, "msgbatch_waited", now=at)
        rows.submitted(left, "msgbatch_left", now=at)
        rows.submitted(done, "msgbatch_done", now=at)
        rows.ended(done.batch_key, now=at)

    reply = status(user="ada")
    shown = json.loads(json.dumps(reply.data))["users"]["ada"]["batches"]
    console = Console(width=200, record=True, file=StringIO())
    console.print(*reply.screen)

    assert {
        ("msgbatch_waited", "submitted", 2, "a flow run waits"),
        ("msgbatch_left", "submitted", 1, "nobody waits for"),
        (doubtful.name, "intended", 1, "nobody knows whe"),
    } == {(each["batch"], each["state"], each["texts"], each["next"][:16]) for each in shown}
    assert all(50 * 60 <= each["age_s"] < 3 * 3_600 for each in shown)
    text = console.export_text()
    assert "Message batches under way for ada" in text
    assert "runletters backfill --user ada --writer claude" in text
