"""What every part of the store stands on: transactions, frames, insert-or-ignore."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runletters.edges import store_schema
from runletters.edges.store_engine import reader_of
from runletters.errors import UnknownUser

CHUNK = 5_000
"""Values in one IN list; both databases take a few times as many."""


class StoreBase:
    """Holds the engine; one transaction per call, nothing between calls."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._reader = reader_of(engine)

    @contextmanager
    def _write(self) -> Generator[sa.Connection]:
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Generator[sa.Connection]:
        with self._reader.begin() as connection:
            yield connection

    def _frame(self, query: sa.Select[Any]) -> pl.DataFrame:
        with self._read() as connection:
            return frame(connection.execute(query).fetchall(), query)


def frame(rows: Sequence[sa.Row[Any]], query: sa.Select[Any]) -> pl.DataFrame:
    """Rows of a query as a frame with the types of its columns."""
    schema = store_schema.frame_schema(query.selected_columns)
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


def upsert(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say ON CONFLICT; both databases spell it alike."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return make(table)


def insert_or_ignore(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert the rows whose key is new; the others stay as they are."""
    if rows:
        connection.execute(upsert(connection, table).on_conflict_do_nothing(), list(rows))


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Pieces that fit into one IN list."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def hold_users(connection: sa.Connection, user_ids: Sequence[str]) -> set[str]:
    """Those of the users who are here; none of them can be forgotten before we end."""
    users = store_schema.users.c.user_id
    wanted = sa.select(users).where(users.in_(sorted(set(user_ids)))).order_by(users)
    return set(connection.scalars(wanted.with_for_update(read=True)))


def require_user(connection: sa.Connection, user_id: str) -> None:
    """Hold that user.

    Raises:
        StoreError: no such user, perhaps forgotten a moment ago.
    """
    if not hold_users(connection, [user_id]):
        raise unknown_user(user_id)


def unknown_user(user_id: str) -> UnknownUser:
    """Says that nobody of that id is here, and how one comes in."""
    return UnknownUser(
        f"No user {user_id!r} in the store; expected one that was ingested.",
        remedy=f"Run: runletters ingest PATH --user {user_id}",
    )
