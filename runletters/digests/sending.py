"""Whether a mail may be sent now, and what became of an attempt.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict

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
