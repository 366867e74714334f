"""What readers send: one click ends the digests; events of an app count once."""

from __future__ import annotations

import json
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from deployments.receiver import is_wanted, receiver_app
from runletters.digests.links import token
from runletters.edges.store import Store
from runletters.receiving import signature
from runletters.settings import Settings

HOOK, SIGNS = "hook-secret", "a long random text"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with Ada."""
    made = Settings(_env_file=None, home=tmp_path, hook_secret=HOOK, unsubscribe_secret=SIGNS)
    with Store.open(made.store) as store:
        store.ensure_user("ada", now=datetime.now(UTC))
    return made


@pytest.fixture
def client(settings: Settings) -> Generator[TestClient]:
    with TestClient(receiver_app(settings)) as made:
        yield made


def wants_digests(settings: Settings) -> bool:
    with Store.open(settings.store) as store:
        return store.known_user("ada").preferences.digests


def tell(client: TestClient, secret: str = HOOK, **event: Any) -> Any:
    body = json.dumps({"user_id": "ada", "item": "a1", "act": "read"} | event).encode()
    signed = signature(secret, body, now=datetime.now(UTC))
    headers = {"X-Runletters-Signature": signed}
    return client.post("/hooks/engagement", content=body, headers=headers)


def test_one_click_ends_the_digests_and_a_look_does_not(
    client: TestClient, settings: Settings
) -> None:
    """GET shows a button and changes nothing; POST as RFC 8058 has it needs nothing else."""
    link = f"/unsubscribe/{token('ada', SIGNS)}"

    looked = client.get(link)
    before = wants_digests(settings)
    clicked = client.post(link, data={"List-Unsubscribe": "One-Click"})

    assert (200, True, 200, False) == (
        looked.status_code, before, clicked.status_code, wants_digests(settings),
    )  # fmt: skip
    assert "<form method='post'>" in looked.text
    assert 404 == client.post("/unsubscribe/YWRh.false").status_code


def test_an_event_counts_once_and_only_with_the_signature(
    client: TestClient, settings: Settings
) -> None:
    """Told again: already. Another secret: refused. Nonsense and strangers: said so."""
    answers = [tell(client, event_id="e1").json() for _ in range(2)]

    assert [{"outcome": "done"}, {"outcome": "already"}] == answers
    assert 401 == tell(client, secret="other").status_code
    assert 422 == tell(client, act="liked").status_code
    assert 422 == client.post(
        "/hooks/engagement", content=b"[1]",
        headers={"X-Runletters-Signature": signature(HOOK, b"[1]", now=datetime.now(UTC))},
    ).status_code  # fmt: skip
    assert 409 == tell(client, user_id="nobody").status_code
    with Store.open(settings.store) as store:
        assert [("read", "webhook")] == list(store.engagement().select("act", "told_by").rows())


def test_the_receiver_runs_where_links_are_signed(tmp_path: Path) -> None:
    """A link that nobody answers would be a promise broken."""
    assert is_wanted(Settings(_env_file=None, home=tmp_path, unsubscribe_secret=SIGNS))
    assert not is_wanted(Settings(_env_file=None, home=tmp_path))
