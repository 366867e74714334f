"""A user who is erased while a backfill of theirs is at work stays erased."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from servers import fake_texts
from servers.claude_api import Behaviour, ClaudeApiServer

from flows.backfill_history import backfill_history
from runletters.edges.forgetting import Farewell, forget_here
from runletters.edges.results import forget_results
from runletters.edges.store import Store
from runletters.errors import Forgotten
from runletters.settings import Settings
from runletters.users import user_key
from tasks.claims import while_known
from tasks.reports import watching

pytestmark = pytest.mark.server
Home = Callable[..., Settings]
NAME = "canary-of-dora"


def test_the_run_stops_pays_no_more_and_writes_nobody_back(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call in flight is billed and names nobody; no other is made; every trace is gone."""
    monkeypatch.setenv("RUNLETTERS_CONCURRENCY", "1")
    settings = home(NAME, runs=3)
    farewells: list[Farewell] = []

    def forgets_first(body: Mapping[str, Any]) -> str:
        if not farewells:
            farewells.append(forget_here(settings, NAME, now=datetime.now(UTC)))
        return fake_texts.grounded(body)

    with ClaudeApiServer(Behaviour(), write=forgets_first) as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        with pytest.raises(Forgotten, match="erased by `forget` while this run was under way"):
            backfill_history(user=NAME, writer="claude")
        billed = server.bill.total_nano_usd()

    with Store.open(settings.store) as store:
        calls, outcomes, users = store.attempts(), store.flow_outcomes(), store.users()
    assert ["run at work"] == list(farewells[0].left)
    assert "run `forget` again" in farewells[0].left["run at work"]
    assert [(None, None, None, billed)] == calls.select(
        "user_id", "activity_id", "reply", "cost_nano_usd"
    ).rows()
    assert [(None, "failed")] == outcomes.select("user_id", "state").rows()
    assert [] == users
    assert [] == files_with(NAME.encode(), settings.home)
    assert 0 == forget_results(settings, NAME)  # neither texts nor reasons of failures
    assert {} == forget_here(settings, NAME, now=datetime.now(UTC)).left


def test_an_erased_user_gets_no_further_window(home: Home) -> None:
    """The first window is given out; who is erased meanwhile gets no second."""
    settings = home(NAME, runs=1)
    windows = while_known(NAME, [(("a1", "letter"),), (("a2", "letter"),)], settings)

    first = next(windows)
    with Store.open(settings.store) as store:
        store.forget(NAME, now=datetime.now(UTC))

    assert ((("a1", "letter"),), []) == (first, [*windows])


def test_a_picture_of_progress_that_was_erased_fails_no_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """`forget` deletes the artifact of a run under way; the run goes on without it."""
    erased_while_watched()

    assert ["Progress is shown no further"] == [
        record.message.partition(":")[0]
        for record in caplog.records
        if "no further" in record.message
    ]


@flow
def erased_while_watched() -> None:
    with watching(NAME, 2) as watcher, get_client(sync_client=True) as client:
        mine = ArtifactFilter(key=ArtifactFilterKey(like_=f"%-{user_key(NAME)}"))
        for artifact in client.read_artifacts(artifact_filter=mine):
            client.delete_artifact(artifact.id)
        watcher.close()


def files_with(word: bytes, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and word in path.read_bytes()]
