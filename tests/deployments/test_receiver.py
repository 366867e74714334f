"""Webhooks: signed or refused, each once, and an older word never undoes a newer one."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from deployments.receiver import receiver_app
from runletters.edges.store import Store
from runletters.receiving import signature
from runletters.settings import Settings
from runletters.users import Tier

HOOK, STRIPE = "hook-secret", "whsec_test"
CREATED = 1_795_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, home=tmp_path, hook_secret=HOOK, stripe_webhook_secret=STRIPE)


@pytest.fixture
def emitted() -> list[tuple[str, str, dict[str, Any]]]:
    return []


@pytest.fixture
def client(
    settings: Settings, emitted: list[tuple[str, str, dict[str, Any]]]
) -> Generator[TestClient]:
    with Store.open(settings.store) as store:
        store.ensure_user("ada", now=datetime.now(UTC))

    def record(event: str, user: str, payload: dict[str, Any]) -> None:
        emitted.append((event, user, payload))

    with TestClient(receiver_app(settings, emitted=record)) as made:
        yield made


def announce(client: TestClient, event_id: str = "e1", **changes: Any) -> Any:
    body = json.dumps({"id": event_id, "user": "ada"} | changes).encode()
    signed = signature(HOOK, body, now=datetime.now(UTC))
    return client.post("/hooks/activity", content=body, headers={"X-Runletters-Signature": signed})


def stripe_says(
    client: TestClient,
    kind: str = "updated",
    *,
    event_id: str,
    status: str = "active",
    created: int = CREATED,
    subscription: str = "sub_1",
    secret: str = STRIPE,
    user: str = "ada",
) -> Any:
    """An event as Stripe sends it, signed by its documented scheme."""
    event = {
        "id": event_id,
        "object": "event",
        "type": f"customer.subscription.{kind}",
        "created": created,
        "data": {
            "object": {
                "id": subscription, "object": "subscription", "status": status,
                "metadata": {"runletters_user": user},
            }
        },
    }  # fmt: skip
    body = json.dumps(event).encode()
    sent = int(time.time())
    mac = hmac.new(secret.encode(), f"{sent}.".encode() + body, hashlib.sha256).hexdigest()
    return client.post(
        "/hooks/stripe", content=body, headers={"Stripe-Signature": f"t={sent},v1={mac}"}
    )


def tier_of(settings: Settings) -> Tier:
    with Store.open(settings.store) as store:
        return store.known_user("ada").tier


def test_a_signed_announcement_is_emitted_once(
    client: TestClient, emitted: list[tuple[str, str, dict[str, Any]]]
) -> None:
    """Sent again, it is answered as before and does nothing."""
    answers = [announce(client).json(), announce(client).json()]

    assert [{"outcome": "done"}, {"outcome": "already"}] == answers
    assert [("runletters.activity.announced", "ada", {"user": "ada"})] == emitted


_TOLD = b'{"id": "e1", "user": "ada"}'


def _headers() -> dict[str, str | None]:
    """Made when the test runs: a signature of the collection would be too old by then."""
    now = datetime.now(UTC)
    return {
        "missing": None,
        "empty": "",
        "invented": "t=1,v1=00",
        "of another secret": signature("other", _TOLD, now=now),
        "of another body": signature(HOOK, b"another body", now=now),
        "too old": signature(HOOK, _TOLD, now=now - timedelta(minutes=6)),
    }


@pytest.mark.parametrize("which", _headers())
def test_a_bad_signature_is_refused(
    client: TestClient, emitted: list[tuple[str, str, dict[str, Any]]], which: str
) -> None:
    """Missing, malformed, of another secret, of another body, too old."""
    header = _headers()[which]
    headers = {} if header is None else {"X-Runletters-Signature": header}

    answer = client.post("/hooks/activity", content=_TOLD, headers=headers)

    assert 401 == answer.status_code
    assert [] == emitted


def test_a_body_that_is_not_understood_is_said(client: TestClient) -> None:
    """Signed, but with a field nobody knows."""
    assert 422 == announce(client, activity="x").status_code


def test_a_subscription_sets_the_tier_and_its_end_takes_it_back(
    client: TestClient, settings: Settings, emitted: list[tuple[str, str, dict[str, Any]]]
) -> None:
    """Active is premium, deleted is free; each change is an event."""
    stripe_says(client, "created", event_id="evt_1")
    during = tier_of(settings)
    stripe_says(client, "deleted", event_id="evt_2", status="canceled", created=CREATED + 60)

    assert ("premium", "free") == (during, tier_of(settings))
    assert ["premium", "free"] == [payload["tier"] for _, _, payload in emitted]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("deleted", "canceled", 60), ("updated", "active", 0), "free"),
        (("updated", "active", 60), ("updated", "incomplete", 0), "premium"),
        (("updated", "active", 0), ("created", "incomplete", 0), "premium"),
        (("deleted", "canceled", 0), ("updated", "active", 0), "free"),
    ],
)
def test_an_older_event_does_not_undo_a_newer_one(
    client: TestClient,
    settings: Settings,
    first: tuple[str, str, int],
    second: tuple[str, str, int],
    expected: Tier,
) -> None:
    """Events come in any order, and several in one second."""
    for number, (kind, status, later_s) in enumerate((first, second)):
        answer = stripe_says(
            client, kind, event_id=f"evt_{number}", status=status, created=CREATED + later_s
        )

    assert {"outcome": "older"} == answer.json()
    assert expected == tier_of(settings)


def test_a_replay_changes_nothing(client: TestClient, settings: Settings) -> None:
    """The same event after a person changed the tier: it was heard before."""
    stripe_says(client, "created", event_id="evt_1")
    with Store.open(settings.store) as store:
        store.set_user("ada", tier="free", now=datetime.now(UTC))

    again = stripe_says(client, "created", event_id="evt_1")

    assert ({"outcome": "already"}, "free") == (again.json(), tier_of(settings))


def test_one_of_two_subscriptions_is_enough(client: TestClient, settings: Settings) -> None:
    """The end of one leaves the other."""
    stripe_says(client, "created", event_id="evt_1")
    stripe_says(client, "created", event_id="evt_2", subscription="sub_2")
    stripe_says(client, "deleted", event_id="evt_3", status="canceled", created=CREATED + 9)

    assert "premium" == tier_of(settings)


def test_what_stripe_did_not_sign_is_refused(client: TestClient, settings: Settings) -> None:
    """By Stripe's own library."""
    answer = stripe_says(client, "created", event_id="evt_1", secret="whsec_other")

    assert (401, "free") == (answer.status_code, tier_of(settings))


def test_an_event_about_nobody_here_may_come_again(client: TestClient, settings: Settings) -> None:
    """It is refused and not remembered: once the user is here, the same event counts."""
    early = stripe_says(client, "created", event_id="evt_1", user="bob")
    with Store.open(settings.store) as store:
        store.ensure_user("bob", now=datetime.now(UTC))
    later = stripe_says(client, "created", event_id="evt_1", user="bob")

    assert (409, {"outcome": "done"}) == (early.status_code, later.json())


def test_a_webhook_without_a_secret_is_not_there(settings: Settings) -> None:
    """Nothing is taken in that cannot be verified."""
    bare = settings.model_copy(update={"hook_secret": None, "stripe_webhook_secret": None})
    with TestClient(receiver_app(bare)) as client:
        assert 404 == announce(client).status_code
        assert 404 == stripe_says(client, event_id="evt_1").status_code
