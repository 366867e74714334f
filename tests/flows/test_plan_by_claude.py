"""Plans by the claude writer: paid once, checked by the gate, kept, or told by the free writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from servers.claude_api import Behaviour, ClaudeApiServer
from servers.fake_texts import lying

from flows.suggest_plan import suggest_plan
from runletters.edges.store import Store
from runletters.settings import Settings

pytestmark = pytest.mark.server

KEY = "sk-ant-canary-of-plans"


def test_a_plan_is_paid_once_and_its_cost_is_the_bill(
    home: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text passes the gate; the ledger equals the bill; asked again, nothing is paid."""
    settings = home(runs=30)
    with ClaudeApiServer(Behaviour(key=KEY)) as server:
        _talk_to(server, monkeypatch)
        first = suggest_plan("ada", weeks=2, writer="claude")
        again = suggest_plan("ada", weeks=2, writer="claude")

    with Store.open(settings.store) as store:
        (call,) = store.attempts("ada").to_dicts()
    assert first == again
    assert ("claude", False) == (first["writer"], first["is_fallback"])
    assert ("plan", first["fingerprint"]) == (call["kind"], call["fingerprint"])
    assert 0 < server.bill.total_nano_usd() == call["cost_nano_usd"]
    assert 1 == len(server.stats.starts)


def test_a_plan_that_lies_twice_is_told_by_the_offline_writer(
    home: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One repair is asked for; both replies are counted; the plan is marked as the fallback."""
    settings = home(runs=30)
    with ClaudeApiServer(Behaviour(key=KEY), write=_lies) as server:
        _talk_to(server, monkeypatch)
        told = suggest_plan("ada", weeks=2, writer="claude")
        again = suggest_plan("ada", weeks=2, writer="claude")

    with Store.open(settings.store) as store:
        calls = store.attempts("ada")
    assert told == again
    assert ("offline", True) == (told["writer"], told["is_fallback"])
    assert "98.7" not in told["text"]
    assert ["rejected", "rejected"] == calls["outcome"].to_list()
    assert server.bill.total_nano_usd() == calls["cost_nano_usd"].sum()
    assert 2 == len(server.stats.starts)


def _talk_to(server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)


def _lies(body: Mapping[str, Any]) -> str:
    return lying(body).replace(".", ". You ran 98.7 km.", 1)
