"""Whether a mail may be sent now, and what became of an attempt.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, BaseModel, ConfigDict

from runletters.digests.periods import Period, Window, due_period
from runletters.users import User

Purpose: TypeAlias = Literal["digest", "backfill"]
SendState: TypeAlias = Literal[
    "intended", "handing_over", "sent", "unsent", "rejected", "ambiguous"
]
FIRST_WAIT = timedelta(minutes=14)
"""Before the second attempt, so that the next quarter-hourly run may make it; then doubling."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Intent(_Frozen):
    """What is about to be sent, to whom; (user, purpose, item) is sent at most once."""

    user_id: str
    purpose: Purpose
    item: str
    recipient: str
    message_id: str


class Settled(_Frozen):
    """How an attempt ended. Only `unsent` may be tried again."""

    state: Literal["sent", "unsent", "rejected", "ambiguous"]
    detail: str = ""


class Attempted(_Frozen):
    """The newest attempt for one user and item."""

    user_id: str
    item: str
    state: SendState
    attempt: int
    at: AwareDatetime  # settled, or begun


class Due(_Frozen):
    """A digest that is to be written and sent now."""

    user_id: str
    period: Period

    @property
    def item(self) -> str:
        """What it is called among the sends."""
        return self.period.item


class Sent(_Frozen):
    """What became of one digest or other mail in this run."""

    user_id: str
    item: str
    state: Literal["sent", "unsent", "rejected", "ambiguous", "skipped", "already"]
    note: str = ""
    cost_nano_usd: int | None = 0


def zone_of(user: User) -> ZoneInfo:
    """The runner's time zone; UTC where none is set or the name is not known."""
    try:
        return ZoneInfo(user.preferences.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def wanted(users: Iterable[User], window: Window, now: datetime) -> list[Due]:
    """Digests whose time has come, for everybody who has an address and wants them."""
    readers = [user for user in users if user.preferences.email and user.preferences.digests]
    found = ((user, due_period(window, now, zone_of(user))) for user in readers)
    return [Due(user_id=user.user_id, period=period) for user, period in found if period]


def still_open(
    due: Iterable[Due],
    attempts: Iterable[Attempted],
    skipped: Collection[tuple[str, str]],
    now: datetime,
) -> list[Due]:
    """Those that were neither sent nor found empty, and whose pause after a failure is over.

    Args:
        due: from `wanted`.
        attempts: the newest attempt of each user and item.
        skipped: (user, period key) without anything to say.
        now: the moment that is asked about.
    """
    last = {(each.user_id, each.item): each for each in attempts}
    return [
        each
        for each in due
        if (each.user_id, each.period.key) not in skipped
        and may_try(last.get((each.user_id, each.item)), now)
    ]


def message_id(user_id: str, item: str, domain: str) -> str:
    """The same for every attempt, so that a mail that came twice is seen as one."""
    digest = hashlib.sha256(f"{user_id}\n{item}".encode()).hexdigest()[:32]
    return f"<{digest}@{domain}>"


def may_try(last: Attempted | None, now: datetime) -> bool:
    """Whether a first or another attempt is in order at this moment.

    What may have arrived is never tried again; what certainly did not is tried after a
    pause that doubles each time. The end of the period in which a digest is due ends it.
    """
    if last is None:
        return True
    if last.state != "unsent":
        return False
    return now >= last.at + FIRST_WAIT * 2 ** (last.attempt - 1)
