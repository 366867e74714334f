"""What readers send to the receiver: one click that ends mails, and what they did with texts.

| address | signed by | effect |
|---|---|---|
| POST /unsubscribe/<token> | the token itself (RFC 8058) | digests are switched off |
| POST /hooks/engagement | RUNLETTERS_HOOK_SECRET | a row of `engagement`, each event once |

A GET of the unsubscribe address changes nothing, for mail programs look at links before
people do: it shows one button that posts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse
from pydantic import TypeAdapter, ValidationError

from runletters.edges.digest_desk import unsubscribe
from runletters.edges.store import Store
from runletters.engagement import told_by_webhook
from runletters.errors import EngagementError, StoreError
from runletters.receiving import is_signed
from runletters.settings import Settings

_MOST_BYTES = 20_000
_OBJECT = TypeAdapter(dict[str, Any])
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Run Letters</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark"></head>
<body>%s</body></html>"""
_ASK = (
    "<p>No more digests? <span lang='de'>Keine Rückblicke mehr?</span></p>"
    "<form method='post'><button>Unsubscribe · <span lang='de'>Abbestellen</span></button></form>"
)
_DONE = "<p>Done: no more digests. <span lang='de'>Erledigt: keine Rückblicke mehr.</span></p>"


def reader_routes(settings: Settings, clock: Callable[[], datetime]) -> APIRouter:
    """The routes, for the receiver's application."""
    router = APIRouter()

    def ask(token: str) -> str:
        del token
        return _PAGE % _ASK

    def end(token: str) -> str:
        with Store.open(settings.store) as store:
            if unsubscribe(store, settings, token, now=clock()) is None:
                raise HTTPException(404, "This link was not made here.")
        return _PAGE % _DONE

    async def engaged(request: Request) -> dict[str, str]:
        body = await _body(request)
        secret = settings.hook_secret.get_secret_value() if settings.hook_secret else ""
        if not secret:
            raise HTTPException(404, "This webhook is not set up here.")
        if not is_signed(secret, body, request.headers.get("x-runletters-signature"), now=clock()):
            raise HTTPException(401, "The signature is missing, wrong or too old.")
        return {"outcome": "done" if _keep(settings, body, clock()) else "already"}

    router.add_api_route("/unsubscribe/{token}", ask, response_class=HTMLResponse)
    router.add_api_route("/unsubscribe/{token}", end, methods=["POST"], response_class=HTMLResponse)
    router.add_api_route("/hooks/engagement", engaged, methods=["POST"])
    return router


def _keep(settings: Settings, body: bytes, now: datetime) -> int:
    try:
        event = told_by_webhook(_OBJECT.validate_json(body), received_at=now)
        with Store.open(settings.store) as store:
            return store.engage([event])
    except ValidationError:
        raise HTTPException(422, "Expected one JSON object.") from None
    except EngagementError as error:
        raise HTTPException(422, str(error)) from None
    except StoreError as error:
        raise HTTPException(409, str(error)) from None


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise HTTPException(413, "More than an event holds.")
    return body
