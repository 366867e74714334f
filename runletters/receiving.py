"""Signatures of webhooks, and what a subscription says about a tier.

Pure: the time is passed in.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

TOLERANCE_S = 300
"""A signed request is good for so long, as with Stripe."""

_HEADER = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_PAID = frozenset({"active", "trialing", "past_due"})
# Events of one second: what ended a subscription is later than what changed or made it.
_ORDER = {
    "customer.subscription.created": 0,
    "customer.subscription.updated": 1,
    "customer.subscription.deleted": 2,
}
USER_KEY = "runletters_user"
"""Key in a Stripe subscription's metadata that names the user here."""


class NewActivity(BaseModel):
    """What an app sends when a runner has something new."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=200)  # of the event: sent again, it counts once
    user: str = Field(min_length=1, max_length=200)


class Subscription(BaseModel):
    """What a Stripe event says about one subscription."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subscription_id: str
    user_id: str
    is_active: bool
    said_at: datetime  # when Stripe says it happened; its microseconds order one second


def signature(secret: str, body: bytes, *, now: datetime) -> str:
    """The header that signs a body: `t=<seconds since 1970>,v1=<HMAC-SHA256 of t.body>`."""
    seconds = int(now.timestamp())
    return f"t={seconds},v1={_mac(secret, seconds, body)}"


def is_signed(secret: str, body: bytes, header: str | None, *, now: datetime) -> bool:
    """Whether the header signs this body with that secret, lately."""
    found = _HEADER.fullmatch(header or "")
    if found is None:
        return False
    seconds = int(found[1])
    is_right = hmac.compare_digest(_mac(secret, seconds, body), found[2])
    return is_right and abs(now.timestamp() - seconds) <= TOLERANCE_S


def _mac(secret: str, seconds: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


def subscription_of(kind: str, created: int, subject: dict[str, Any]) -> Subscription | None:
    """What an event says of a subscription; None if it is about something or somebody else."""
    metadata: dict[str, Any] = subject.get("metadata") or {}
    user: Any = metadata.get(USER_KEY)
    if kind not in _ORDER or not user:
        return None
    is_paid = subject.get("status") in _PAID
    said_at = datetime.fromtimestamp(created, UTC) + timedelta(microseconds=_ORDER[kind])
    return Subscription(
        subscription_id=str(subject["id"]),
        user_id=str(user),
        is_active=is_paid and kind != "customer.subscription.deleted",
        said_at=said_at,
    )
