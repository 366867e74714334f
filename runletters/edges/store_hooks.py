"""Webhooks that were received, and what they said: each event once, the newest word counts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

import sqlalchemy as sa

from runletters.edges.store_base import StoreBase, require_user, upsert
from runletters.edges.store_schema import users
from runletters.edges.store_sources_schema import subscriptions, webhook_events
from runletters.receiving import Subscription
from runletters.users import Tier

Outcome: TypeAlias = Literal["done", "already", "older", "ignored"]


class StoreHooks(StoreBase):
    """The part of the store that remembers webhooks."""

    def receive(
        self,
        provider: str,
        event_id: str,
        kind: str,
        said: Subscription | None = None,
        *,
        now: datetime,
    ) -> tuple[Outcome, Tier | None]:
        """Take an event in, once, and set the tier it says; all in one transaction.

        Returns:
            What became of it, and the user's tier if a subscription was spoken of. An event
            that is older than what is known changes nothing.

        Raises:
            StoreError: no such user.
        """
        with self._write() as connection:
            row = {"provider": provider, "event_id": event_id, "kind": kind}
            row |= {"outcome": "done" if said else "ignored", "received_at": now}
            made = connection.execute(
                upsert(connection, webhook_events)
                .values(row)
                .on_conflict_do_nothing()
                .returning(webhook_events.c.event_id)
            ).first()
            if made is None:
                return "already", None
            if said is None:
                return "ignored", None
            require_user(connection, said.user_id)
            if not _newest(connection, said):
                return "older", None
            return "done", _settle_tier(connection, said.user_id, now)


def _newest(connection: sa.Connection, said: Subscription) -> bool:
    """Keep what was said, unless something later was said before."""
    statement = upsert(connection, subscriptions)
    values = said.model_dump()
    kept = connection.execute(
        statement.values(values)
        .on_conflict_do_update(
            index_elements=["subscription_id"],
            set_=values,
            where=subscriptions.c.said_at <= said.said_at,
        )
        .returning(subscriptions.c.subscription_id)
    )
    return kept.first() is not None


def _settle_tier(connection: sa.Connection, user_id: str, now: datetime) -> Tier:
    active = (subscriptions.c.user_id == user_id) & subscriptions.c.is_active
    count = connection.scalar(sa.select(sa.func.count()).where(active))
    tier: Tier = "premium" if count else "free"
    connection.execute(
        sa.update(users).where(users.c.user_id == user_id).values(tier=tier, updated_at=now)
    )
    return tier
