"""Flow outcomes, the quarantine, what readers get, and forgetting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl
import sqlalchemy as sa

from runletters.activities import Problem
from runletters.content import KINDS, canonical_json
from runletters.edges.processes import is_dead
from runletters.edges.reservation_rows import forget_account
from runletters.edges.store_base import StoreBase, chunks, frame, hold_users, upsert
from runletters.edges.store_findings import forget_findings
from runletters.edges.store_ledger import IDENTIFYING
from runletters.edges.store_schema import (
    PUBLISHED,
    attempts,
    batch_lines,
    budgets,
    content,
    flow_outcomes,
    generation_status,
    locks,
    quarantine,
    users,
)
from runletters.users import ingest_lock, user_key


class StoreHousekeeping(StoreBase):
    """The part of the store that keeps account of flows, bad files and farewells."""

    def record_flow(
        self,
        flow_run_id: str,
        flow: str,
        user_id: str | None,
        *,
        started_at: datetime,
        ended_at: datetime | None,
        summary: Mapping[str, Any],
        state: str,
    ) -> None:
        """Keep what a flow run did; recorded again, the newest word counts.

        Of a user who is not here, perhaps forgotten a moment ago, only figures are kept.
        """
        row = {
            "flow_run_id": flow_run_id,
            "flow": flow,
            "user_id": user_id,
            "state": state,
            "started_at": started_at,
            "ended_at": ended_at,
            "summary": canonical_json(dict(summary)),
        }
        with self._write() as connection:
            if user_id is not None and not hold_users(connection, [user_id]):
                row |= {"user_id": None, "summary": canonical_json(_figures(summary))}
            statement = upsert(connection, flow_outcomes)
            changed = {name: statement.excluded[name] for name in row if name != "flow_run_id"}
            connection.execute(
                statement.on_conflict_do_update(index_elements=["flow_run_id"], set_=changed), row
            )

    def flow_outcomes(self, user_id: str | None = None) -> pl.DataFrame:
        """What flow runs did, newest first."""
        query = sa.select(flow_outcomes).order_by(flow_outcomes.c.started_at.desc())
        return self._frame(
            query if user_id is None else query.where(flow_outcomes.c.user_id == user_id)
        )

    def quarantine(self, user_id: str, problems: Sequence[Problem], *, now: datetime) -> None:
        """Keep what could not be loaded; seen again, the row says when."""
        rows = [_quarantined(user_id, problem, now) for problem in problems]
        if not rows:
            return
        with self._write() as connection:
            statement = upsert(connection, quarantine)
            changed = {
                name: statement.excluded[name] for name in ("reason", "remedy", "last_seen_at")
            }
            keys = [column.name for column in quarantine.primary_key.columns]
            connection.execute(
                statement.on_conflict_do_update(index_elements=keys, set_=changed), rows
            )

    def quarantined(self, user_id: str) -> pl.DataFrame:
        """What could not be loaded for that user: file, reason, remedy."""
        query = sa.select(quarantine).where(quarantine.c.user_id == user_id)
        return self._frame(query.order_by(quarantine.c.file, quarantine.c.reason_code))

    def quarantined_hashes(self, user_id: str) -> set[str]:
        """Content hashes that need not be read again."""
        query = sa.select(quarantine.c.content_sha256).where(quarantine.c.user_id == user_id)
        with self._read() as connection:
            return set(connection.scalars(query))

    def leave_quarantine(self, user_id: str, content_sha256s: Sequence[str]) -> int:
        """Drop files that can be read by now; returns how many rows went."""
        gone = 0
        with self._write() as connection:
            for some in chunks(sorted(set(content_sha256s))):
                mine = (quarantine.c.user_id == user_id) & quarantine.c.content_sha256.in_(some)
                gone += connection.execute(sa.delete(quarantine).where(mine)).rowcount
        return gone

    def at_work_for(self, user_id: str, *, now: datetime) -> list[str]:
        """Who holds items or the ingest of a user at that moment, and is not known to be dead."""
        leases = [
            (generation_status.c[f"{kind}_owner"], generation_status.c[f"{kind}_lease_until"])
            for kind in KINDS
        ]
        with self._read() as connection:
            held = [
                sa.select(owner).where(generation_status.c.user_id == user_id, until > now)
                for owner, until in leases
            ]
            held += [sa.select(locks.c.owner).where(_ingest_of(user_id), locks.c.lease_until > now)]
            owners = {owner for query in held for owner in connection.scalars(query) if owner}
        return sorted(owner for owner in owners if not is_dead(owner))

    def clear_traces(self, user_id: str, *, now: datetime) -> bool:
        """Erase what was written of a user who is not here; False of one who is."""
        with self._write() as connection:
            if hold_users(connection, [user_id]):
                return False
            _forget(connection, user_id, now)
        self._empty_log()
        return True

    def forget(self, user_id: str, *, now: datetime) -> dict[str, int]:
        """Erase a user: texts, statuses, flow outcomes, quarantine, the user.

        Rows of the ledger stay for the accounts, with their figures, without user, activity,
        fingerprint, reply and error text. Forgetting twice changes nothing.

        Returns:
            Rows erased by table, and `attempts_made_anonymous`.
        """
        with self._write() as connection:
            # First the user: who writes for them holds that row until their end.
            connection.execute(
                sa.select(users.c.user_id).where(users.c.user_id == user_id).with_for_update()
            )
            counts = _forget(connection, user_id, now)
        self._empty_log()
        return counts

    def tables(self, *, chunk_rows: int = 20_000) -> Iterator[tuple[str, pl.DataFrame]]:
        """All tables for readers, each in one or more frames, all of one moment.

        Ledger replies are left out: readers need figures, and replies are large.
        """
        with self._read() as connection:
            for table in PUBLISHED:
                for piece in _pieces(connection, table, chunk_rows):
                    yield table.name, piece

    def _empty_log(self) -> None:
        # The write-ahead log still holds what was erased. With a reader at work this
        # empties less, and the next checkpoint does the rest.
        if self.engine.dialect.name == "sqlite":
            raw = self.engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                raw.close()


def _forget(connection: sa.Connection, user_id: str, now: datetime) -> dict[str, int]:
    counts = {
        table.name: connection.execute(sa.delete(table).where(table.c.user_id == user_id)).rowcount
        for table in (generation_status, content, flow_outcomes, quarantine, users)
    }
    counts["attempts_made_anonymous"] = connection.execute(
        sa.update(attempts).where(attempts.c.user_id == user_id).values(dict.fromkeys(IDENTIFYING))
    ).rowcount
    _forget_calls(connection, user_id)
    forget_findings(connection, user_id)
    connection.execute(sa.delete(locks).where(_ingest_of(user_id), locks.c.lease_until <= now))
    return counts


def _ingest_of(user_id: str) -> sa.ColumnElement[bool]:
    return locks.c.name == ingest_lock(user_id)


def _figures(summary: Mapping[str, Any]) -> dict[str, Any]:
    """What a summary says in numbers: counts, cost, seconds; they name nobody."""
    return {name: value for name, value in summary.items() if isinstance(value, int | float)}


def _forget_calls(connection: sa.Connection, user_id: str) -> None:
    """Lines of batches stay, to be settled, without what they were about; budgets go."""
    connection.execute(
        sa.update(batch_lines)
        .where(batch_lines.c.user_id == user_id)
        .values(user_id=None, activity_id=None, kind=None, item=None, reservation=None)
    )
    account = f"user {user_key(user_id)} "
    forget_account(connection, account)
    theirs = budgets.c.scope.startswith(account, autoescape=True)
    connection.execute(sa.delete(budgets).where(theirs))


def _pieces(connection: sa.Connection, table: sa.Table, chunk_rows: int) -> Iterator[pl.DataFrame]:
    query = sa.select(*(column for column in table.columns if column.name != "reply"))
    streamed = connection.execution_options(yield_per=chunk_rows).execute(
        query.order_by(*table.primary_key.columns)
    )
    yield frame([], query)
    for rows in streamed.partitions():
        yield frame(rows, query)


def _quarantined(user_id: str, problem: Problem, now: datetime) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "content_sha256": problem.content_sha256,
        "file": problem.file,
        "reason_code": problem.reason_code,
        "reason": problem.reason,
        "remedy": problem.remedy,
        "first_seen_at": now,
        "last_seen_at": now,
    }
