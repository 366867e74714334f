"""Who may write what: the status of every item, and claims that run out.

An item is one kind of text for one activity. A claim is won in the transaction that
looks at the item, so it has one owner at a time; a lease frees what a dead process held.
Rows are always locked in the order of their key, so transactions never wait in a circle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa

from runletters.content import KINDS, Kind
from runletters.edges.store_base import StoreBase, chunks, insert_or_ignore, require_user
from runletters.edges.store_recording import unheld
from runletters.edges.store_schema import (
    batch_lines,
    batches,
    content,
    generation_status,
    locks,
)

OPEN_BATCHES = ("intended", "submitted")
_STATUS = generation_status
_KEY = (_STATUS.c.user_id, _STATUS.c.activity_id)


class StoreClaims(StoreBase):
    """The part of the store that hands out work."""

    def ensure_status(self, user_id: str, activity_ids: Sequence[str], *, now: datetime) -> None:
        """Make an item pending for each kind of each activity that is new here.

        Raises:
            StoreError: no such user.
        """
        del now  # a pending row carries no time yet; the signature is that of every write
        with self._write() as connection:
            require_user(connection, user_id)
            _ensure(connection, user_id, activity_ids)

    def status(self, user_id: str | None = None) -> pl.DataFrame:
        """Rows of generation_status, of one user or of all, by activity."""
        query = sa.select(_STATUS).order_by(*_KEY)
        return self._frame(query if user_id is None else query.where(_STATUS.c.user_id == user_id))

    def claim(
        self,
        user_id: str,
        pairs: Sequence[tuple[str, Kind]],
        *,
        owner: str,
        lease_s: float,
        now: datetime,
        refresh: bool = False,
        batch_key: str | None = None,
    ) -> list[tuple[str, Kind]]:
        """Take those items that are free, all in one transaction.

        Free are pending and failed items and those whose lease has run out; with `refresh`
        completed ones too. An item never has two owners, and one that is on its way in a
        message batch is free only for who reads that batch.

        Args:
            user_id: whose items.
            pairs: (activity_id, kind) in the order in which they are wanted.
            owner: who takes them: the flow run, unique per attempt to work.
            lease_s: seconds until others may take them over.
            now: aware UTC.
            refresh: take what is completed as well.
            batch_key: the batch that is read; what the owner holds already is won again.

        Returns:
            The pairs that were won, in the order given.

        Raises:
            StoreError: no such user.
        """
        activity_ids = sorted({activity_id for activity_id, _ in pairs})
        won: set[tuple[str, Kind]] = set()
        with self._write() as connection:
            require_user(connection, user_id)
            _ensure(connection, user_id, activity_ids)
            rows = lock_items(connection, user_id, activity_ids)
            away = _on_their_way(connection, user_id, but=batch_key)
            for kind in KINDS:
                wanted = [name for name, of in pairs if of == kind and (name, of) not in away]
                mine = owner if batch_key else None
                free = [name for name in wanted if _is_free(rows[name], kind, now, refresh, mine)]
                taken = {
                    "status": "generating",
                    "owner": owner,
                    "lease_until": now + _seconds(lease_s),
                    "started_at": now,
                    "error_type": None,
                    "error": None,
                }
                _update(
                    connection,
                    [(user_id, name) for name in free],
                    {f"{kind}_{name}": value for name, value in taken.items()},
                )
                won.update((name, kind) for name in free)
        return [pair for pair in dict.fromkeys(pairs) if pair in won]

    def on_their_way(self, user_id: str) -> set[tuple[str, Kind]]:
        """Items in message batches that were intended or submitted and are not read yet."""
        with self._read() as connection:
            return _on_their_way(connection, user_id)

    def renew(self, owner: str, *, lease_s: float, now: datetime) -> int:
        """Prolong everything this owner holds, named locks included.

        Returns:
            How many items the owner still holds.
        """
        until = now + _seconds(lease_s)
        held = 0
        with self._write() as connection:
            for kind in KINDS:
                mine = _lock_owned(connection, kind, owner)
                held += len(mine)
                _update(connection, mine, {f"{kind}_lease_until": until})
            connection.execute(
                sa.update(locks).where(locks.c.owner == owner).values(lease_until=until)
            )
        return held

    def release(
        self, owner: str, *, now: datetime, pairs: Sequence[tuple[str, Kind]] | None = None
    ) -> int:
        """Give back what this owner holds and did not finish, or only those (activity_id, kind).

        An item that has a text is completed again, any other is pending.

        Returns:
            How many items were given back.
        """
        del now  # nothing that is given back keeps a time
        given_back = 0
        wanted = None if pairs is None else frozenset(pairs)
        with self._write() as connection:
            for kind in KINDS:
                mine = _lock_owned(connection, kind, owner)
                if wanted is not None:
                    mine = [key for key in mine if (key[1], kind) in wanted]
                given_back += len(mine)
                _update(connection, mine, {**unheld(kind), f"{kind}_status": _former(kind)})
        return given_back


def lock_items(
    connection: sa.Connection, user_id: str, activity_ids: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Status rows by activity id, ours until the transaction ends."""
    rows: dict[str, dict[str, Any]] = {}
    for some in chunks(sorted(set(activity_ids))):
        query = sa.select(_STATUS).where(
            _STATUS.c.user_id == user_id, _STATUS.c.activity_id.in_(some)
        )
        found = connection.execute(query.order_by(*_KEY).with_for_update())
        rows.update((row["activity_id"], {**row}) for row in found.mappings())
    return rows


def _on_their_way(
    connection: sa.Connection, user_id: str, *, but: str | None = None
) -> set[tuple[str, Kind]]:
    query = (
        sa.select(batch_lines.c.activity_id, batch_lines.c.kind)
        .join(batches, batches.c.batch_key == batch_lines.c.batch_key)
        .where(batch_lines.c.user_id == user_id, batches.c.state.in_(OPEN_BATCHES))
    )
    if but is not None:
        query = query.where(batches.c.batch_key != but)
    return {(row.activity_id, row.kind) for row in connection.execute(query)}


def _ensure(connection: sa.Connection, user_id: str, activity_ids: Sequence[str]) -> None:
    rows = [
        {"user_id": user_id, "activity_id": activity_id}
        | {f"{kind}_status": "pending" for kind in KINDS}
        for activity_id in sorted(set(activity_ids))
    ]
    insert_or_ignore(connection, _STATUS, rows)


def _is_free(
    item: Mapping[str, Any], kind: Kind, now: datetime, refresh: bool, mine: str | None
) -> bool:
    match item[f"{kind}_status"]:
        case "generating":
            return item[f"{kind}_lease_until"] < now or item[f"{kind}_owner"] == mine
        case "completed":
            return refresh
        case _:
            return True


def _lock_owned(connection: sa.Connection, kind: Kind, owner: str) -> list[tuple[str, str]]:
    held = (_STATUS.c[f"{kind}_owner"] == owner) & (_STATUS.c[f"{kind}_status"] == "generating")
    query = sa.select(*_KEY).where(held).order_by(*_KEY).with_for_update()
    return [(row.user_id, row.activity_id) for row in connection.execute(query)]


def _update(
    connection: sa.Connection, keys: Sequence[tuple[str, str]], values: dict[str, Any]
) -> None:
    for user_id in sorted({user_id for user_id, _ in keys}):
        for some in chunks([activity_id for owner, activity_id in keys if owner == user_id]):
            mine = (_STATUS.c.user_id == user_id) & _STATUS.c.activity_id.in_(some)
            connection.execute(sa.update(_STATUS).where(mine).values(values))


def _former(kind: Kind) -> sa.ColumnElement[str]:
    written = sa.exists().where(
        content.c.user_id == _STATUS.c.user_id,
        content.c.activity_id == _STATUS.c.activity_id,
        content.c.kind == kind,
    )
    return sa.case((written, "completed"), else_="pending")


def _seconds(value: float) -> timedelta:
    return timedelta(seconds=value)
