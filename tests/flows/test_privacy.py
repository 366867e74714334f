"""What leaves the house is what `show --prompt` says, and the key is written down nowhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator, Iterable
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL
from servers.claude_api import Behaviour, ClaudeApiServer
from servers.processes import until

from deployments.cli.prompts import sent_bodies
from flows.backfill_history import backfill_history
from flows.publish_warehouse import publish_warehouse
from runletters.edges.store import Store
from runletters.errors import WriterStopped
from runletters.settings import Settings

Home = Callable[..., Settings]
CANARY = "sk-ant-canary-5b81c0de97"


@pytest.fixture
def server() -> Generator[ClaudeApiServer]:
    with ClaudeApiServer(Behaviour(key=CANARY, hang_s=3), keep_bodies=True) as running:
        yield running


@pytest.fixture
def claude_home(home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose claude writer talks to the fake."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", CANARY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    monkeypatch.setenv("RUNLETTERS_CALL_TIMEOUT_S", "1.5")
    return home


def test_what_is_shown_is_what_is_sent(claude_home: Home, server: ClaudeApiServer) -> None:
    """The bodies on the wire are those of `show ACTIVITY --prompt`, to the letter."""
    settings = claude_home(runs=1)
    [activity] = backfilled(settings)

    shown = sent_bodies("ada", activity, settings)

    assert {"letter", "coaching"} == set(shown)
    assert as_texts(shown.values()) == as_texts(server.stats.bodies)


def test_a_key_is_written_down_nowhere(
    claude_home: Home,
    server: ClaudeApiServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Failures of every kind, a server that echoes the key, then a search of every file."""
    settings = claude_home("bea", runs=1)
    claude_home("ada", runs=3)
    server.faults.play("500", "500", "500", "truncated_json", "html", "accepted_reset", "refusal")
    with caplog.at_level(logging.DEBUG):
        backfill_history(user="ada", writer="claude")
        server.behaviour = Behaviour(key="another")  # from now on the API repeats the key it got
        with pytest.raises(WriterStopped, match="401") as stop:
            backfill_history(user="bea", writer="claude")
        publish_warehouse()

    prefect = Path(
        sa.make_url(PREFECT_SERVER_DATABASE_CONNECTION_URL.value() or "").database or ""
    ).parent
    until(lambda: files_with(prefect, b"HTTP 401") or None, within_s=60, what="the failure")
    output = capfd.readouterr()
    with duckdb.connect(settings.published, read_only=True) as warehouse:
        published = str(warehouse.execute("SELECT * FROM attempts").fetchall())
    assert "HTTP 500" in published or "api_error" in published
    assert [] == files_with(settings.home, CANARY.encode())
    assert [] == files_with(prefect, CANARY.encode())
    for text in (caplog.text, output.out, output.err, published, repr(stop.value)):
        assert CANARY not in text


def backfilled(settings: Settings) -> list[str]:
    """The activities that were written about."""
    backfill_history(user="ada", writer="claude")
    with Store.open(settings.store) as store:
        return store.status("ada")["activity_id"].to_list()


def as_texts(bodies: Iterable[object]) -> list[str]:
    return sorted(json.dumps(body, sort_keys=True) for body in bodies)


def files_with(folder: Path, needle: bytes) -> list[str]:
    """The files below a folder that hold these bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if needle in path.read_bytes()]
