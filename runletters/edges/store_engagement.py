"""Engagement in the store: each event once, of users who are here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa

from runletters.edges.store_base import StoreBase, require_user, upsert
from runletters.edges.store_schema import engagement
from runletters.engagement import Engagement


class StoreEngagement(StoreBase):
    """The part of the store that knows what readers did with their texts."""

    def engage(self, events: Sequence[Engagement]) -> int:
        """Keep events, all or nothing; how many were new. Told again, they stay as they were.

        Raises:
            StoreError: no such user.
        """
        new = 0
        with self._write() as connection:
            for user_id in sorted({event.user_id for event in events}):
                require_user(connection, user_id)
            for event in events:
                statement = upsert(connection, engagement).on_conflict_do_nothing()
                kept = connection.execute(statement.returning(engagement.c.event_id), _row(event))
                new += kept.first() is not None
        return new

    def engagement(self, user_id: str | None = None) -> pl.DataFrame:
        """Events by time, of one user where one is given."""
        query = sa.select(engagement).order_by(engagement.c.happened_at, engagement.c.event_id)
        return self._frame(
            query if user_id is None else query.where(engagement.c.user_id == user_id)
        )


def _row(event: Engagement) -> dict[str, Any]:
    known = event.model_dump(exclude={"event_id", "at"})
    return known | {"event_id": event.key, "happened_at": event.at}
