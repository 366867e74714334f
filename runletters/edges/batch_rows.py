"""Rows of message batches in the store: what was intended, submitted, read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import uuid4

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict

from runletters.budgeting import Reservation
from runletters.content import WorkItem
from runletters.edges.store_base import StoreBase
from runletters.edges.store_schema import attempts, batch_lines, batches
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


class LineRow(_Frozen):
    """One request of a batch; `item` is None once its user was forgotten."""

    custom_id: str
    attempt_id: str
    item: WorkItem | None
    reservation: Reservation = Reservation()
    batch_key: str = ""


class BatchRows(StoreBase):
    """Reads and writes the two tables of batches; each call is one transaction."""

    def intend(
        self, lines: Sequence[LineRow], flow_run_id: str, model: str, *, now: datetime
    ) -> BatchRow:
        """Write a batch down with all its lines, before it is created."""
        row = BatchRow(
            batch_key=str(uuid4()),
            flow_run_id=flow_run_id,
            model=model,
            state="intended",
            request_count=len(lines),
            created_at=now,
        )
        with self._write() as connection:
            connection.execute(sa.insert(batches), row.model_dump())
            connection.execute(
                sa.insert(batch_lines), [_stored(line, row.batch_key) for line in lines]
            )
        return row

    def submitted(self, row: BatchRow, provider_id: str, *, now: datetime) -> BatchRow:
        """Note the API's id of a batch."""
        new = {"state": "submitted", "provider_id": provider_id, "submitted_at": now}
        self._change(row.batch_key, new)
        return row.model_copy(update=new)

    def ended(self, batch_key: str, *, now: datetime) -> None:
        """Note that a batch was read to its end."""
        self._change(batch_key, {"state": "ended", "ended_at": now})

    def given_up(self, batch_key: str, *, now: datetime) -> None:
        """Note that the API never took a batch."""
        self._change(batch_key, {"state": "given_up", "ended_at": now})

    def in_state(self, state: State) -> list[BatchRow]:
        """Batches in that state, oldest first."""
        query = sa.select(batches).where(batches.c.state == state).order_by(batches.c.created_at)
        with self._read() as connection:
            return [BatchRow.model_validate(dict(r)) for r in connection.execute(query).mappings()]

    def provider_ids(self) -> set[str]:
        """The API's ids of every batch that is known here."""
        query = sa.select(batches.c.provider_id).where(batches.c.provider_id.is_not(None))
        with self._read() as connection:
            return {str(each) for each in connection.scalars(query)}

    def line(self, custom_id: str) -> LineRow | None:
        """One line; None if it is not ours."""
        query = sa.select(batch_lines).where(batch_lines.c.custom_id == custom_id)
        with self._read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return _line(row) if row is not None else None

    def lines(self, batch_key: str) -> list[LineRow]:
        """All lines of a batch."""
        query = sa.select(batch_lines).where(batch_lines.c.batch_key == batch_key)
        with self._read() as connection:
            return [_line(row) for row in connection.execute(query).mappings()]

    def attempt(self, attempt_id: str) -> Attempt:
        """The ledger's row of a line."""
        query = sa.select(attempts).where(attempts.c.attempt_id == attempt_id)
        with self._read() as connection:
            return Attempt.model_validate(dict(connection.execute(query).mappings().one()))

    def settle(self, custom_id: str, result: str) -> bool:
        """Note a line's result; False if it was settled before."""
        with self._write() as connection:
            changed = connection.execute(
                sa.update(batch_lines)
                .where(batch_lines.c.custom_id == custom_id, batch_lines.c.result.is_(None))
                .values(result=result)
            )
        return changed.rowcount == 1

    def _change(self, batch_key: str, values: dict[str, Any]) -> None:
        with self._write() as connection:
            connection.execute(
                sa.update(batches).where(batches.c.batch_key == batch_key).values(values)
            )


def _stored(line: LineRow, batch_key: str) -> dict[str, Any]:
    item = line.item
    return {
        "custom_id": line.custom_id,
        "batch_key": batch_key,
        "attempt_id": line.attempt_id,
        "user_id": item.user_id if item else None,
        "item": item.model_dump_json() if item else None,
        "reservation": line.reservation.model_dump_json(),
    }


def _line(row: sa.RowMapping) -> LineRow:
    reserved = row["reservation"]
    return LineRow(
        custom_id=row["custom_id"],
        batch_key=row["batch_key"],
        attempt_id=row["attempt_id"],
        item=WorkItem.model_validate_json(row["item"]) if row["item"] else None,
        reservation=Reservation.model_validate_json(reserved) if reserved else Reservation(),
    )
