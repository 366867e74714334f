"""Reads Stripe's webhooks, verified with Stripe's own library."""

from __future__ import annotations

import json
from typing import Any, cast

import stripe

from runletters.errors import SettingsError
from runletters.receiving import TOLERANCE_S, Subscription, subscription_of


def read_event(
    body: bytes, header: str | None, secret: str
) -> tuple[str, str, Subscription | None]:
    """Id, kind, and what it says of a subscription, if it is about one of ours.

    Raises:
        SettingsError: the signature is missing, wrong or too old.
        ValueError: the body is no event.
    """
    try:
        # The library leaves the type of its tolerance open, which strict typing refuses.
        cast("Any", stripe.WebhookSignature).verify_header(body, header, secret, TOLERANCE_S)
    except stripe.SignatureVerificationError:
        raise SettingsError("The request is not signed by Stripe, or was long ago.") from None
    event = cast("dict[str, Any]", json.loads(body))
    try:
        kind, created = str(event["type"]), int(event["created"])
        said = subscription_of(kind, created, event["data"]["object"])
        return str(event["id"]), kind, said
    except (KeyError, TypeError) as error:
        raise ValueError(f"no event of Stripe: {error}") from None
