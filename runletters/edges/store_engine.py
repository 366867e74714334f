"""Opens a database for the store: SQLite with a write-ahead log, or Postgres, by URL.

The only place where the two differ in how a transaction begins.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from runletters.errors import SettingsError

BUSY_S = 60.0
"""How long a SQLite writer waits for the one before it."""


CONNECTIONS = 5
"""Kept open; a few more while they are needed. Hundreds of threads share them."""
PATIENCE_S = 600.0
"""How long a thread waits for a connection: its text is paid, so it must not give up first."""

_POOL: dict[str, Any] = {"pool_size": CONNECTIONS, "pool_timeout": PATIENCE_S}


def open_engine(url: str) -> sa.Engine:
    """An engine for that SQLAlchemy URL; the folder of a SQLite file is made.

    Raises:
        SettingsError: the URL cannot be used; the password in it is not shown.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        return _postgres(parsed)
    raise SettingsError(
        f"The store URL names the database {parsed.get_backend_name()!r}; "
        "expected sqlite:///path or postgresql+psycopg://user:password@host/database.",
        remedy="Set RUNLETTERS_STORE_URL.",
    )


def reader_of(engine: sa.Engine) -> sa.Engine:
    """The same database, for transactions that only read and see one snapshot throughout."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(only_reads=True)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _parse(url: str) -> sa.URL:
    try:
        return sa.make_url(url)
    except ArgumentError:
        raise SettingsError(
            "The store URL is not an SQLAlchemy URL; expected sqlite:///path or "
            "postgresql+psycopg://user:password@host/database.",
            remedy="Set RUNLETTERS_STORE_URL.",
        ) from None


def _postgres(url: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(
            url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, **_POOL
        )
    except (ModuleNotFoundError, NoSuchModuleError):
        raise SettingsError(
            "The store is on Postgres and its driver is not installed.",
            remedy="pip install 'runletters[postgres]'",
        ) from None


def _sqlite(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise SettingsError(
            "The store URL names no file; expected sqlite:///path/to/store.sqlite.",
            remedy="Set RUNLETTERS_STORE_URL or RUNLETTERS_HOME.",
        )
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_S}, **_POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # SQLAlchemy opens the transactions, not the driver: BEGIN IMMEDIATE is ours to say.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={int(BUSY_S * 1000)}")
    _use_write_ahead_log(connection)
    # NORMAL may lose the last commits when the power goes, and rows cost money.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    # What was forgotten must not stay readable in free pages.
    connection.execute("PRAGMA secure_delete=ON")


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    # Changing the mode of a new file ignores the busy timeout, so two processes that
    # create it at once need this loop. The mode stays in the file.
    deadline = time.monotonic() + BUSY_S
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: sa.Connection) -> None:
    # A read that turns into a write midway would fail as busy, whatever the timeout.
    only_reads = connection.get_execution_options().get("only_reads", False)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
