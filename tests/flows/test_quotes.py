"""Quotes and leave under a real Prefect server: nothing is claimed or paid unasked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterKey,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.runtime import flow_run
from servers.claude_api import ClaudeApiServer
from servers.processes import until

from flows.backfill_history import backfill_history
from runletters.edges.store import Store
from runletters.quoting import Offer, Quote
from runletters.settings import Settings
from runletters.users import user_key
from tasks.quoting import ask_leave

Home = Callable[..., Settings]


@pytest.fixture
def server() -> Generator[ClaudeApiServer]:
    with ClaudeApiServer() as running:
        yield running


@pytest.fixture
def claude_home(home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose claude writer talks to the fake, and where every dollar is asked for."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    monkeypatch.setenv("RUNLETTERS_ASK_ABOVE_USD", "0.001")
    monkeypatch.setattr("tasks.quoting._LOOK_EVERY_S", 0.1)
    return home


@contextmanager
def answering(answer: str, *, times: int = 1) -> Generator[list[str]]:
    """Somebody in the UI who answers the next questions; what they were asked."""
    asked: list[str] = []

    def look() -> None:
        with get_client(sync_client=True) as client:
            for _ in range(times):
                run = until(lambda: _paused(client), within_s=60, what="a question")
                asked.append(str(run.state.state_details.run_input_keyset["description"]))
                client.resume_flow_run(run.id, run_input={"answer": answer})

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield asked
    thread.join()


def _paused(client: Any) -> Any:
    chosen = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED]))
    )
    return next(iter(client.read_flow_runs(flow_run_filter=chosen)), None)


def nothing_happened(settings: Settings, server: ClaudeApiServer) -> bool:
    """No claim, no call that costs."""
    with Store.open(settings.store) as store:
        return (
            store.status("ada").is_empty()
            and store.attempts().is_empty()
            and server.bill.total_nano_usd() == 0
        )


def test_a_dry_run_quotes_and_pays_nothing(claude_home: Home, server: ClaudeApiServer) -> None:
    """Tokens are counted by the API; the quote is an artifact and part of the summary."""
    settings = claude_home(runs=3)

    result = backfill_history(user="ada", writer="claude", dry_run=True)

    key = ArtifactFilterKey(any_=[f"backfill-quote-{user_key('ada')}"])
    with get_client(sync_client=True) as client:
        shown = client.read_artifacts(artifact_filter=ArtifactFilter(key=key))
    assert 6 == result["quote"]["texts"]
    assert 0 < result["quote"]["cost_p50_nano_usd"] < result["quote"]["cost_p90_nano_usd"]
    newest = max(shown, key=lambda each: str(each.created))
    assert "ada: 6 texts" in str(newest.data)
    assert "counted by the API" in str(newest.data)
    assert nothing_happened(settings, server)


def test_a_dear_run_asks_and_goes_on_with_leave(claude_home: Home, server: ClaudeApiServer) -> None:
    """It pauses with the quote; after Continue it writes and says how good the quote was."""
    claude_home(runs=2)

    with answering("continue") as asked:
        result = backfill_history(user="ada", writer="claude")

    assert 1 == len(asked)
    assert (4, None) == (result["done"], result["stopped"])
    assert result["cost_nano_usd"] == server.bill.total_nano_usd()
    assert result["cost_nano_usd"] <= result["quote"]["cost_p90_nano_usd"]


def test_a_declined_run_ends_cleanly(claude_home: Home, server: ClaudeApiServer) -> None:
    """Nothing is claimed, nothing is paid; the state is not a failure."""
    settings = claude_home(runs=2)

    with answering("decline"):
        state = backfill_history(user="ada", writer="claude", return_state=True)

    assert state.is_completed()
    result: dict[str, Any] = state.result()
    assert ("NotApproved", 4) == (result["stopped_by"], result["left"])
    assert nothing_happened(settings, server)


def test_silence_is_a_no(
    claude_home: Home, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody answers in time: the run ends as if declined, and not as a failure."""
    monkeypatch.setenv("RUNLETTERS_ASK_TIMEOUT_S", "1")
    settings = claude_home(runs=2)

    state = backfill_history(user="ada", writer="claude", return_state=True)

    assert state.is_completed()
    result: dict[str, Any] = state.result()
    assert "Nobody answered" in result["stopped"]
    assert nothing_happened(settings, server)


def test_a_run_that_is_tried_again_asks_again(claude_home: Home, server: ClaudeApiServer) -> None:
    """The same flow run, started a second time: the first leave counts no more."""
    settings = claude_home(runs=2)
    quoted = backfill_history(user="ada", writer="claude", dry_run=True)
    tries: list[str | None] = []

    @flow(retries=2, retry_delay_seconds=0)  # to the server a resumed run is a second try
    def asks() -> None:
        offer = Offer(
            model="claude-haiku-4-5",
            mode="live",
            cost_p50_nano_usd=quoted["quote"]["cost_p50_nano_usd"],
            cost_p90_nano_usd=quoted["quote"]["cost_p90_nano_usd"],
            minutes=1,
            limit="x",
        )
        quote = Quote(user_id="ada", tier="start", offers=(offer,))
        tries.append(ask_leave(quote, None, settings).stopped)
        if len(tries) == 1:
            raise RuntimeError("the process dies after the first leave")

    with answering("continue", times=2) as asked:
        asks()

    assert [None, None] == tries
    assert 2 == len(asked)
    assert nothing_happened(settings, server)


@pytest.mark.parametrize(
    ("share", "said", "expected"),
    [(1, "continue", ""), (2, "decline", "Declined"), (0.5, "continue", "Nobody answered")],
)
def test_an_answer_that_no_process_heard_counts_once(
    claude_home: Home, monkeypatch: pytest.MonkeyPatch,
    share: float, said: str, expected: str,
) -> None:  # fmt: skip
    """Given while the process was gone, to a price that is no lower; else it is asked again."""
    monkeypatch.setenv("RUNLETTERS_ASK_TIMEOUT_S", "1")  # nobody answers here
    settings = claude_home(runs=1)
    offer = Offer(
        model="claude-haiku-4-5", mode="live", minutes=1, limit="x",
        cost_p50_nano_usd=5_000_000, cost_p90_nano_usd=10_000_000,
    )  # fmt: skip
    quote = Quote(user_id="ada", tier="start", offers=(offer,))

    @flow
    def asks() -> list[str | None]:
        key = f"paused-leave-{round(10_000_000 * share)}-x-response"
        with get_client(sync_client=True) as client:
            client.create_flow_run_input(
                UUID(str(flow_run.id)), key=key, value=f'{{"answer": "{said}"}}'
            )
        return [ask_leave(quote, None, settings).stopped for _ in range(2)]

    first, second = asks()

    assert (expected == "") is (first is None)
    assert str(first or "").startswith(expected)
    assert str(second).startswith("Nobody answered")


def test_what_was_agreed_before_is_not_asked_again(
    claude_home: Home, server: ClaudeApiServer
) -> None:
    """The command line asks in the terminal and says so."""
    claude_home(runs=1)

    result = backfill_history(user="ada", writer="claude", ask_above_usd=1.0)

    assert 2 == result["done"]
    assert server.bill.total_nano_usd() == result["cost_nano_usd"]
