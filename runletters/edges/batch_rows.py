"""Rows of message batches in the store: what was intended, submitted, read, and by whom.

A batch that is open has a holder, like an item has an owner: a named lock that is renewed
with the holder's claims, and that others take over once its process is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import uuid4

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict

from runletters.budgeting import Reservation
from runletters.content import WorkItem
from runletters.edges.store_base import StoreBase, chunks, insert_or_ignore
from runletters.edges.store_claims import OPEN_BATCHES, lock_items
from runletters.edges.store_locks import take_lock
from runletters.edges.store_schema import attempts, batch_lines, batches, locks
from runletters.ledger import Attempt

State: TypeAlias = Literal["intended", "submitted", "ended", "given_up"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BatchRow(_Frozen):
    """One batch."""

    batch_key: str
    flow_run_id: str
    model: str
    state: State
    provider_id: str | None = None
    request_count: int
    created_at: AwareDatetime
    submitted_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None

    @property
    def name(self) -> str:
        """What people call it: the API's id, where it has one."""
        return self.provider_id or f"intent-{self.batch_key[:8]}"


class LineRow(_Frozen):
    """One request of a batch; `item` is None once its user was forgotten."""

    custom_id: str
    attempt_id: str
    item: WorkItem | None
    reservation: Reservation = Reservation()
    batch_key: str = ""


@dataclass(frozen=True, kw_only=True)
class UnderWay:
    """A batch that was not read to its end, as one of its users sees it."""

    batch: BatchRow
    texts: int
    is_held: bool
    """Whether a flow run that lives waits for it."""


class BatchRows(StoreBase):
    """Reads and writes the two tables of batches; each call is one transaction."""

    def intend(
        self,
        lines: Sequence[tuple[LineRow, Attempt]],
        flow_run_id: str,
        *,
        owner: str,
        until: datetime,
        now: datetime,
    ) -> tuple[BatchRow | None, list[LineRow]]:
        """Write a batch down with its lines and its calls, before it is created.

        Only lines whose item this owner still holds are written: who stalled for longer than
        a lease lost the others to somebody who may be writing them.

        Returns:
            The batch (None if nothing is left of it) and the lines that are not in it.
        """
        row = BatchRow(
            batch_key=str(uuid4()),
            flow_run_id=flow_run_id,
            model=lines[0][1].model,
            state="intended",
            request_count=len(lines),
            created_at=now,
        )
        with self._write() as connection:
            held = _held(connection, [line.item for line, _ in lines if line.item], owner)
            kept = [(line, call) for line, call in lines if line.item and _key(line.item) in held]
            lost = [line for line, _ in lines if not line.item or _key(line.item) not in held]
            if not kept:
                return None, lost
            row = row.model_copy(update={"request_count": len(kept)})
            connection.execute(sa.insert(batches), row.model_dump())
            stored = [_stored(line, row.batch_key) for line, _ in kept]
            connection.execute(sa.insert(batch_lines), stored)
            insert_or_ignore(
                connection, attempts, [call.model_dump(exclude={"findings"}) for _, call in kept]
            )
            connection.execute(
                sa.insert(locks),
                {"name": _lock(row.batch_key), "owner": owner, "lease_until": until},
            )
        return row, lost

    def submitted(self, row: BatchRow, provider_id: str, *, now: datetime) -> BatchRow:
        """Note the API's id of a batch."""
        new = {"state": "submitted", "provider_id": provider_id, "submitted_at": now}
        self._change(row.batch_key, new)
        return row.model_copy(update=new)

    def ended(self, batch_key: str, *, now: datetime) -> None:
        """Note that a batch was read to its end; nobody needs to hold it any more."""
        self._change(batch_key, {"state": "ended", "ended_at": now})

    def given_up(self, row: BatchRow, *, now: datetime) -> BatchRow:
        """Note that the API never took a batch, or has it no longer."""
        new = {"state": "given_up", "ended_at": now}
        self._change(row.batch_key, new)
        return row.model_copy(update=new)

    def in_state(self, state: State) -> list[BatchRow]:
        """Batches in that state, oldest first."""
        return self._rows(batches.c.state == state)

    def held_by(self, owner: str) -> list[BatchRow]:
        """Open batches that this owner holds, oldest first."""
        mine = sa.select(locks.c.name).where(locks.c.owner == owner)
        named = sa.literal("batch ").concat(batches.c.batch_key)
        return self._rows(batches.c.state.in_(OPEN_BATCHES), named.in_(mine))

    def under_way(
        self, user_id: str, is_gone: Callable[[str], bool], *, now: datetime
    ) -> list[UnderWay]:
        """A user's batches that were not read to their end, oldest first."""
        of = (batch_lines.c.user_id == user_id, batch_lines.c.result.is_(None))
        query = (
            sa.select(batches, sa.func.count().label("texts"), locks.c.owner, locks.c.lease_until)
            .join(batch_lines, batch_lines.c.batch_key == batches.c.batch_key)
            .outerjoin(locks, locks.c.name == sa.literal("batch ").concat(batches.c.batch_key))
            .where(batches.c.state.in_(OPEN_BATCHES), *of)
            .group_by(*batches.c, locks.c.owner, locks.c.lease_until)
            .order_by(batches.c.created_at)
        )
        with self._read() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return [_under_way(row, is_gone, now) for row in rows]

    def take_over(
        self,
        user_id: str,
        owner: str,
        is_gone: Callable[[str], bool],
        *,
        until: datetime,
        now: datetime,
    ) -> list[BatchRow]:
        """Become the holder of a user's open batches that nobody alive holds.

        Those of users who were forgotten go along: their bills must be settled too.
        """
        whose = sa.or_(batch_lines.c.user_id == user_id, batch_lines.c.user_id.is_(None))
        keys = sa.select(batch_lines.c.batch_key).where(whose)
        found = self._rows(batches.c.state.in_(OPEN_BATCHES), batches.c.batch_key.in_(keys))
        return [row for row in found if self._take(row, owner, is_gone, until=until, now=now)]

    def let_go(self, owner: str) -> None:
        """Hold none of the batches any more; whoever comes next takes them over."""
        mine = (locks.c.owner == owner) & locks.c.name.startswith("batch ")
        with self._write() as connection:
            connection.execute(sa.delete(locks).where(mine))

    def provider_ids(self) -> set[str]:
        """The API's ids of every batch that is known here."""
        query = sa.select(batches.c.provider_id).where(batches.c.provider_id.is_not(None))
        with self._read() as connection:
            return {str(each) for each in connection.scalars(query)}

    def known(self, custom_ids: Sequence[str]) -> dict[str, LineRow]:
        """Lines by their id; those that are not ours are left out."""
        found: dict[str, LineRow] = {}
        with self._read() as connection:
            for some in chunks(custom_ids):
                query = sa.select(batch_lines).where(batch_lines.c.custom_id.in_(some))
                rows = [_line(row) for row in connection.execute(query).mappings()]
                found.update((row.custom_id, row) for row in rows)
        return found

    def lines(self, batch_key: str) -> list[LineRow]:
        """All lines of a batch."""
        query = sa.select(batch_lines).where(batch_lines.c.batch_key == batch_key)
        with self._read() as connection:
            return [_line(row) for row in connection.execute(query).mappings()]

    def calls(self, attempt_ids: Sequence[str]) -> dict[str, Attempt]:
        """Rows of the ledger by their id."""
        found: dict[str, Attempt] = {}
        with self._read() as connection:
            for some in chunks(attempt_ids):
                query = sa.select(attempts).where(attempts.c.attempt_id.in_(some))
                rows = [
                    Attempt.model_validate(dict(r)) for r in connection.execute(query).mappings()
                ]
                found.update((row.attempt_id, row) for row in rows)
        return found

    def settle(self, results: Mapping[str, str]) -> set[str]:
        """Note results by custom_id; those among them that were not settled before."""
        new: set[str] = set()
        with self._write() as connection:
            for custom_id, result in results.items():
                changed = connection.execute(
                    sa.update(batch_lines)
                    .where(batch_lines.c.custom_id == custom_id, batch_lines.c.result.is_(None))
                    .values(result=result)
                )
                new |= {custom_id} if changed.rowcount == 1 else set()
        return new

    def _rows(self, *conditions: sa.ColumnElement[bool]) -> list[BatchRow]:
        query = sa.select(batches).where(*conditions).order_by(batches.c.created_at)
        with self._read() as connection:
            return [BatchRow.model_validate(dict(r)) for r in connection.execute(query).mappings()]

    def _take(
        self,
        row: BatchRow,
        owner: str,
        is_gone: Callable[[str], bool],
        *,
        until: datetime,
        now: datetime,
    ) -> bool:
        name = _lock(row.batch_key)
        with self._write() as connection:
            return take_lock(connection, name, owner, until=until, is_gone=is_gone, now=now)

    def _change(self, batch_key: str, values: dict[str, Any]) -> None:
        with self._write() as connection:
            connection.execute(
                sa.update(batches).where(batches.c.batch_key == batch_key).values(values)
            )
            if values["state"] not in OPEN_BATCHES:
                connection.execute(sa.delete(locks).where(locks.c.name == _lock(batch_key)))


def lease_until(now: datetime, lease_s: float) -> datetime:
    """When a hold that begins now ends, unless it is renewed."""
    return now + timedelta(seconds=lease_s)


def _lock(batch_key: str) -> str:
    return f"batch {batch_key}"


def _key(item: WorkItem) -> tuple[str, str, str]:
    return item.user_id, item.activity_id, item.kind


def _held(
    connection: sa.Connection, items: Iterable[WorkItem], owner: str
) -> set[tuple[str, str, str]]:
    by_user: dict[str, list[WorkItem]] = {}
    for item in items:
        by_user.setdefault(item.user_id, []).append(item)
    held: set[tuple[str, str, str]] = set()
    for user_id, theirs in sorted(by_user.items()):
        rows = lock_items(connection, user_id, [item.activity_id for item in theirs])
        held |= {_key(item) for item in theirs if _is_held(rows.get(item.activity_id), item, owner)}
    return held


def _is_held(row: dict[str, Any] | None, item: WorkItem, owner: str) -> bool:
    if row is None:
        return False
    return row[f"{item.kind}_status"] == "generating" and row[f"{item.kind}_owner"] == owner


def _stored(line: LineRow, batch_key: str) -> dict[str, Any]:
    item = line.item
    return {
        "custom_id": line.custom_id,
        "batch_key": batch_key,
        "attempt_id": line.attempt_id,
        "user_id": item.user_id if item else None,
        "activity_id": item.activity_id if item else None,
        "kind": item.kind if item else None,
        "item": item.model_dump_json() if item else None,
        "reservation": line.reservation.model_dump_json(),
    }


def _under_way(row: dict[str, Any], is_gone: Callable[[str], bool], now: datetime) -> UnderWay:
    texts, owner, until = (row.pop(name) for name in ("texts", "owner", "lease_until"))
    is_held = owner is not None and until >= now and not is_gone(owner)
    return UnderWay(batch=BatchRow.model_validate(row), texts=texts, is_held=is_held)


def _line(row: sa.RowMapping) -> LineRow:
    reserved = row["reservation"]
    # Whoever was forgotten took the line's own copy along; the call's id is left.
    by_call = Reservation(reservation_id=row["attempt_id"])
    return LineRow(
        custom_id=row["custom_id"],
        batch_key=row["batch_key"],
        attempt_id=row["attempt_id"],
        item=WorkItem.model_validate_json(row["item"]) if row["item"] else None,
        reservation=Reservation.model_validate_json(reserved) if reserved else by_call,
    )
