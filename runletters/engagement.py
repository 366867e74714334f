"""What readers do with their texts: opened, read, rated, edited, shared.

Pure: no clock, no network, no database. An event has an id of its own, so that one that
is told twice counts once; who has no id gives the event itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self, TypeAlias, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from runletters.errors import EngagementError

Act: TypeAlias = Literal["opened", "read", "rated", "edited", "shared"]
TextKind: TypeAlias = Literal["letter", "coaching", "digest"]
Told: TypeAlias = Literal["command", "webhook"]
ACTS: tuple[Act, ...] = get_args(Act)


class Engagement(BaseModel):
    """One thing that one reader did with one text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_id: str = Field(default="", max_length=200)
    user_id: str = Field(min_length=1, max_length=200)
    kind: TextKind = "letter"
    item: str = Field(
        min_length=1,
        max_length=200,
        description="The activity's id; for a digest its window and period.",
    )
    act: Act
    rating: int | None = Field(default=None, ge=1, le=5, strict=True, description="1 to 5.")
    at: AwareDatetime
    told_by: Told = "command"

    @model_validator(mode="after")
    def _rating_belongs_to_rated(self) -> Self:
        if (self.act == "rated") != (self.rating is not None):
            raise ValueError("`rating` (1 to 5) belongs to `rated`, and to nothing else")
        return self

    @property
    def key(self) -> str:
        """What tells this event from others: its id, else a hash of everything in it."""
        if self.event_id:
            return self.event_id
        known = [self.user_id, self.kind, self.item, self.act, self.rating, self.at.isoformat()]
        return "s256-" + hashlib.sha256(json.dumps(known).encode()).hexdigest()[:40]


def told_by_webhook(payload: Mapping[str, Any], *, received_at: datetime) -> Engagement:
    """The event that an app's webhook tells.

    Args:
        payload: `user_id`, `item` and `act`; `kind`, `rating`, `event_id` and `at` (ISO
            8601 with an offset) where they are known. Nothing else.
        received_at: stands in for `at`, aware. Who sends no `event_id` should send `at`,
            else the same event told again counts again.

    Raises:
        EngagementError: which field, what was found, what was expected.
    """
    return made({"at": received_at, **payload, "told_by": "webhook"})


def made(fields: Mapping[str, Any]) -> Engagement:
    """An event of these fields.

    Raises:
        EngagementError: which field, what was found, what was expected.
    """
    try:
        return Engagement.model_validate(dict(fields))
    except ValidationError as error:
        raise EngagementError(
            f"An engagement event cannot be used: {_said(error)}.",
            remedy=f"Expected user_id, item and act (one of {', '.join(ACTS)}); "
            "rating 1 to 5 with `rated`.",
        ) from error


def _said(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'event'}: {each['msg']}" for each in error.errors()
    )[:400]
