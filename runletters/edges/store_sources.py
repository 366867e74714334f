"""Sources of new activities: settings, watermarks, what each look brought, what is to be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import polars as pl
import sqlalchemy as sa

from runletters.content import KINDS, canonical_json
from runletters.edges.store_base import StoreBase, insert_or_ignore, require_user, upsert
from runletters.edges.store_schema import generation_status, source_polls
from runletters.edges.store_sources_schema import announcements, sources
from runletters.errors import SettingsError
from runletters.sources import Announcement, Polled, Source, read_config


class StoreSources(StoreBase):
    """The part of the store that knows where new activities come from."""

    def set_source(self, source: Source, *, now: datetime) -> None:
        """Keep a source; one of that name gets the new settings and begins anew.

        Raises:
            StoreError: no such user.
        """
        row = {
            "user_id": source.user_id,
            "name": source.name,
            "kind": source.config.kind,
            "config": canonical_json(source.config.model_dump(mode="json")),
            "watermark": None,
            "state": "new",
            "reason": None,
            "remedy": None,
            "created_at": now,
            "polled_at": None,
        }
        with self._write() as connection:
            require_user(connection, source.user_id)
            connection.execute(
                upsert(connection, sources).on_conflict_do_update(
                    index_elements=["user_id", "name"], set_=row
                ),
                row,
            )

    def sources(self, user_id: str | None = None) -> list[Source]:
        """All sources, or those of one user, by user and name."""
        query = sa.select(sources).order_by(sources.c.user_id, sources.c.name)
        query = query if user_id is None else query.where(sources.c.user_id == user_id)
        with self._read() as connection:
            return [_source(row) for row in connection.execute(query).all()]

    def remove_source(self, user_id: str, name: str) -> None:
        """Forget a source; what came from it stays.

        Raises:
            SettingsError: there is none of that name.
        """
        with self._write() as connection:
            if not connection.execute(sa.delete(sources).where(_is(user_id, name))).rowcount:
                raise SettingsError(
                    f"{user_id!r} has no source {name!r}.",
                    remedy=f"List them: runletters source list --user {user_id}",
                )

    def keep_poll(self, polled: Polled, *, now: datetime) -> None:
        """Keep what a look brought: the watermark where it went well, the reason where not.

        A row of its own is kept where there was anything to say that was not said before.
        """
        values: dict[str, Any] = {
            "state": polled.state,
            "reason": polled.reason,
            "remedy": polled.remedy,
            "polled_at": now,
        }
        if polled.state == "ok":
            values["watermark"] = polled.watermark
        mine = _is(polled.user_id, polled.source)
        with self._write() as connection:
            before = connection.execute(sa.select(sources.c.reason).where(mine)).one_or_none()
            connection.execute(sa.update(sources).where(mine).values(values))
            if before and (polled.found or polled.reason != before.reason):
                row = polled.model_dump(exclude={"watermark"})
                row |= {"poll_id": uuid4().hex, "polled_at": now}
                connection.execute(sa.insert(source_polls).values(row))

    def source_polls(self, user_id: str | None = None) -> pl.DataFrame:
        """Looks that found something or failed, newest first."""
        query = sa.select(source_polls).order_by(source_polls.c.polled_at.desc())
        return self._frame(
            query if user_id is None else query.where(source_polls.c.user_id == user_id)
        )

    def announce(
        self, user_id: str, days: Sequence[tuple[str, str]], *, now: datetime
    ) -> Announcement | None:
        """What is to be told of a user: runs that nobody knew, and what was not told yet.

        One transaction makes the runs known and remembers that they are to be told, so that
        a process that dies in between forgets neither.

        Args:
            user_id: who.
            days: activity id and local day (YYYY-MM-DD) of every run that may be written about.
            now: aware UTC; not kept.
        """
        del now
        mine = announcements.c.user_id == user_id
        with self._write() as connection:
            require_user(connection, user_id)
            known = set(
                connection.scalars(
                    sa.select(generation_status.c.activity_id).where(
                        generation_status.c.user_id == user_id
                    )
                )
            )
            new = [(activity, day) for activity, day in days if activity not in known]
            old = connection.execute(sa.select(announcements).where(mine)).one_or_none()
            both = _joined(user_id, [day for _, day in new], old)
            if new and both:
                _make_known(connection, user_id, [activity for activity, _ in new])
                connection.execute(
                    upsert(connection, announcements).on_conflict_do_update(
                        index_elements=["user_id"], set_=both.model_dump()
                    ),
                    both.model_dump(),
                )
        return both

    def announced(self, told: Announcement) -> None:
        """It was told; what came meanwhile stays to be told."""
        same = [announcements.c[name] == value for name, value in told.model_dump().items()]
        with self._write() as connection:
            connection.execute(sa.delete(announcements).where(*same))


def _is(user_id: str, name: str) -> sa.ColumnElement[bool]:
    return (sources.c.user_id == user_id) & (sources.c.name == name)


def _source(row: sa.Row[Any]) -> Source:
    names = ("user_id", "name", "watermark", "state", "reason", "remedy", "polled_at")
    values = {name: getattr(row, name) for name in names}
    return Source(config=read_config(json.loads(row.config)), **values)


def _joined(user_id: str, days: list[str], old: sa.Row[Any] | None) -> Announcement | None:
    before = [] if old is None else [old.since, old.until]
    if not (days or before):
        return None
    return Announcement(
        user_id=user_id,
        since=min(days + before),
        until=max(days + before),
        runs=len(days) + (0 if old is None else old.runs),
    )


def _make_known(connection: sa.Connection, user_id: str, activity_ids: list[str]) -> None:
    pending = {f"{kind}_status": "pending" for kind in KINDS}
    rows = [{"user_id": user_id, "activity_id": each, **pending} for each in activity_ids]
    insert_or_ignore(connection, generation_status, rows)
