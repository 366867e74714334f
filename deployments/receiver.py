"""A small receiver of webhooks: verifies, keeps, answers at once, and emits Prefect events.

| address | signed by | event |
|---|---|---|
| POST /hooks/activity | RUNLETTERS_HOOK_SECRET | `runletters.activity.announced` |
| POST /hooks/stripe | RUNLETTERS_STRIPE_WEBHOOK_SECRET | `runletters.tier.changed` |

What readers send (`/unsubscribe/<token>`, `/hooks/engagement`) is in `receiver_readers`.
Optional, part of `runletters serve`; the extra `receiver` brings what it needs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from prefect.events import emit_event
from pydantic import SecretStr, ValidationError

from deployments.receiver_readers import reader_routes
from runletters.edges.store import Store
from runletters.errors import RunlettersError, SettingsError
from runletters.receiving import NewActivity, Subscription, is_signed
from runletters.settings import Settings
from runletters.users import user_key

Emit: TypeAlias = Callable[[str, str, dict[str, Any]], None]
ANNOUNCED = "runletters.activity.announced"
TIER_CHANGED = "runletters.tier.changed"
_MOST_BYTES = 1_000_000


def is_wanted(settings: Settings) -> bool:
    """Whether anything is set that a webhook could be verified with."""
    secrets = (settings.hook_secret, settings.stripe_webhook_secret, settings.unsubscribe_secret)
    return any(secret is not None for secret in secrets)


def emit(event: str, user: str, payload: dict[str, Any]) -> None:
    """Hand an event to Prefect; it leaves in the background."""
    resource = {
        "prefect.resource.id": f"runletters.user.{user_key(user)}",
        "prefect.resource.name": user,
    }
    emit_event(event, resource=resource, payload=payload)


def receiver_app(
    settings: Settings,
    *,
    emitted: Emit = emit,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """The receiver as an application.

    Args:
        settings: secrets and store.
        emitted: takes event, user and payload.
        clock: aware.
    """
    app = FastAPI(title="Run Letters: webhooks", docs_url=None, redoc_url=None, openapi_url=None)

    async def activity(request: Request) -> dict[str, str]:
        body, secret = await _body(request), _secret(settings.hook_secret)
        if not is_signed(secret, body, request.headers.get("x-runletters-signature"), now=clock()):
            raise HTTPException(401, "The signature is missing, wrong or too old.")
        try:
            news = NewActivity.model_validate_json(body)
        except ValidationError:
            raise HTTPException(422, 'Expected {"id": "…", "user": "…"}.') from None
        with Store.open(settings.store) as store:
            outcome, _ = store.receive("activity", news.id, "activity.new", now=clock())
        if outcome != "already":
            emitted(ANNOUNCED, news.user, {"user": news.user})
        return {"outcome": "already" if outcome == "already" else "done"}

    async def stripe(request: Request) -> dict[str, str]:
        body, secret = await _body(request), _secret(settings.stripe_webhook_secret)
        try:
            header = request.headers.get("stripe-signature")
            event_id, kind, said = _read_event(body, header, secret)
        except SettingsError as error:
            raise HTTPException(401, str(error)) from None
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        outcome = _take(settings, event_id, kind, said, now=clock(), emitted=emitted)
        return {"outcome": outcome}

    app.add_api_route("/hooks/activity", activity, methods=["POST"])
    app.add_api_route("/hooks/stripe", stripe, methods=["POST"])
    app.include_router(reader_routes(settings, clock))
    return app


def _take(
    settings: Settings,
    event_id: str,
    kind: str,
    said: Subscription | None,
    *,
    now: datetime,
    emitted: Emit,
) -> str:
    with Store.open(settings.store) as store:
        try:
            outcome, tier = store.receive("stripe", event_id, kind, said, now=now)
        except RunlettersError as error:
            # Stripe sends again for days: the user may be here by then.
            raise HTTPException(409, str(error)) from None
    if said is not None and tier is not None:
        emitted(TIER_CHANGED, said.user_id, {"user": said.user_id, "tier": tier})
    return outcome


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise HTTPException(413, "More than a webhook holds.")
    return body


def _read_event(
    body: bytes, header: str | None, secret: str
) -> tuple[str, str, Subscription | None]:
    # Imported where it is used: the extra `receiver` brings Stripe's library.
    from runletters.edges.stripe_events import read_event  # noqa: PLC0415 - an extra

    return read_event(body, header, secret)


def _secret(secret: SecretStr | None) -> str:
    if secret is None or not secret.get_secret_value():
        raise HTTPException(404, "This webhook is not set up here.")
    return secret.get_secret_value()


def start_receiver(settings: Settings, *, host: str, port: int) -> uvicorn.Server:
    """Run the receiver beside this thread, until the process ends."""
    config = uvicorn.Config(receiver_app(settings), host=host, port=port, log_level="warning")
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, daemon=True, name="receiver").start()
    return server
