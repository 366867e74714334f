"""The ledger's rows: written before a call, closed after it, never counted twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runletters.content import KINDS, Kind
from runletters.edges.store_base import StoreBase, chunks, hold_users, unknown_user
from runletters.edges.store_findings import keep_findings
from runletters.edges.store_schema import attempts
from runletters.ledger import Attempt, Spend
from runletters.quoting import SECONDS, Seen

_CLOSING = (
    "ended_at",
    "latency_ms",
    "input_tokens",
    "output_tokens",
    "cache_write_tokens",
    "cache_read_tokens",
    "cost_nano_usd",
    "price_as_of",
    "outcome",
    "stop_reason",
    "error_type",
    "request_id",
)
NEWEST_CALLS = 2_000
_PRIVATE = ("error", "reply")
IDENTIFYING = ("user_id", "activity_id", "fingerprint", *_PRIVATE)
"""What a row of the ledger loses when its user is forgotten; its figures stay."""


class StoreLedger(StoreBase):
    """The part of the store that counts money."""

    def begin_attempts(self, rows: Sequence[Attempt]) -> None:
        """Write down what is about to be called; a row that exists stays as it is.

        Raises:
            UnknownUser: of a user who is not here, perhaps forgotten a moment ago, nothing
                is written down, and no call is made.
        """
        self.write_attempts(begun=rows)

    def end_attempts(self, rows: Sequence[Attempt]) -> None:
        """Close calls with what they used and what came back.

        The first end counts: closing a closed row changes nothing. A row that was never
        begun is inserted. A row whose user was forgotten meanwhile keeps its figures and
        takes neither reply nor error text; inserted, it names nobody. What the truth gate
        found goes with the call.
        """
        self.write_attempts(ended=rows)

    def write_attempts(
        self, *, begun: Sequence[Attempt] = (), ended: Sequence[Attempt] = ()
    ) -> None:
        """Begin and close calls, all in one transaction: all are kept, or none is."""
        if not begun and not ended:
            return
        with self._write() as connection:
            present = _users_here(connection, [*begun, *ended])
            if begun:
                statement = _statement(connection.dialect.name, is_closing=False)
                connection.execute(statement, [_begun(row, present) for row in begun])
            if ended:
                statement = _statement(connection.dialect.name, is_closing=True)
                connection.execute(statement, [_ended(row, present) for row in ended])
                keep_findings(connection, ended)

    def paid_reply(self, user_id: str, kind: Kind, fingerprint: str) -> str | None:
        """The kept reply of the newest successful call for that text, as JSON; or None."""
        query = (
            sa.select(attempts.c.reply)
            .where(
                attempts.c.user_id == user_id,
                attempts.c.kind == kind,
                attempts.c.fingerprint == fingerprint,
                attempts.c.outcome == "succeeded",
                attempts.c.reply.is_not(None),
            )
            .order_by(attempts.c.started_at.desc())
            .limit(1)
        )
        with self._read() as connection:
            return connection.scalar(query)

    def times_in_batches(self, flow_run_id: str, fingerprints: Sequence[str]) -> dict[str, int]:
        """How often that run put each of these texts into a message batch."""
        at, found = attempts.c, dict[str, int]()
        with self._read() as connection:
            for some in chunks(fingerprints):
                query = (
                    sa.select(at.fingerprint, sa.func.count())
                    .where(at.flow_run_id == flow_run_id, at.mode == "batch")
                    .where(at.fingerprint.in_(some))
                    .group_by(at.fingerprint)
                )
                found.update((str(name), int(times)) for name, times in connection.execute(query))
        return found

    def attempts(
        self, user_id: str | None = None, *, flow_run_id: str | None = None
    ) -> pl.DataFrame:
        """Rows of the ledger by time, of one user or flow run where one is given."""
        query = sa.select(attempts).order_by(attempts.c.started_at, attempts.c.attempt_id)
        if user_id is not None:
            query = query.where(attempts.c.user_id == user_id)
        if flow_run_id is not None:
            query = query.where(attempts.c.flow_run_id == flow_run_id)
        return self._frame(query)

    def seen(self, model: str) -> list[Seen]:
        """What the newest paid calls to a model took, by kind."""
        at = attempts.c
        query = (
            sa.select(at.kind, at.fingerprint, at.output_tokens, at.latency_ms, at.mode)
            .where(
                at.model == model,
                at.output_tokens > 0,
                at.fingerprint.is_not(None),
                at.kind.in_(KINDS),
            )
            .order_by(at.started_at.desc())
            .limit(NEWEST_CALLS)
        )
        live_s = pl.col("latency_ms").filter(pl.col("mode") == "live").median() / 1000
        by_kind = (
            self._frame(query)
            .group_by("kind")
            .agg(
                texts=pl.col("fingerprint").n_unique(),
                output_p50=pl.col("output_tokens").median(),
                output_p90=pl.col("output_tokens").quantile(0.9),
                seconds_p50=live_s,
                calls_per_text=pl.len() / pl.col("fingerprint").n_unique(),
            )
        )
        return [
            Seen.model_validate(row | {"seconds_p50": row["seconds_p50"] or SECONDS[row["kind"]]})
            for row in by_kind.iter_rows(named=True)
        ]

    def spend(
        self, now: datetime, *, user_id: str | None = None, flow_run_id: str | None = None
    ) -> Spend:
        """Nano-dollars of a flow run, of a user today and of everybody today (UTC days).

        Calls without a known price count as nothing and are counted apart.
        """
        today = _is_on_day_of(now)
        unpriced = attempts.c.cost_nano_usd.is_(None) & (attempts.c.outcome != "sent")
        query = sa.select(
            _sum(attempts.c.flow_run_id == flow_run_id),
            _sum(today & (attempts.c.user_id == user_id)),
            _sum(today),
            _count(today & unpriced),
        ).where(today | (attempts.c.flow_run_id == flow_run_id))
        with self._read() as connection:
            run, user, everybody, unknown = connection.execute(query).one()
        return Spend(
            run_nano_usd=int(run),
            user_today_nano_usd=int(user),
            today_nano_usd=int(everybody),
            unpriced_attempts=int(unknown),
        )


@cache
def _statement(dialect_name: str, *, is_closing: bool) -> sa.TextClause:
    """The two statements of every call as text: SQLAlchemy compiles a text once.

    It would compile an INSERT with ON CONFLICT anew each time, which costs more than
    the database does.
    """
    dialect = _NAMED[dialect_name]()
    insert = sqlite.insert if dialect_name == "sqlite" else postgresql.insert
    statement = insert(attempts)
    statement = _closed(statement) if is_closing else statement.on_conflict_do_nothing()
    names = attempts.columns.keys()
    binds = (sa.bindparam(name, type_=attempts.c[name].type) for name in names)
    return sa.text(str(statement.compile(dialect=dialect, column_keys=names))).bindparams(*binds)


_NAMED: Mapping[str, Callable[[], sa.Dialect]] = {
    "sqlite": lambda: sqlite.dialect(paramstyle="named"),
    "postgresql": lambda: postgresql.dialect(paramstyle="named"),
}


def _closed(statement: postgresql.Insert | sqlite.Insert) -> postgresql.Insert | sqlite.Insert:
    new = statement.excluded
    kept = {
        name: sa.case((attempts.c.user_id.is_not(None), new[name]), else_=None) for name in _PRIVATE
    }
    return statement.on_conflict_do_update(
        index_elements=["attempt_id"],
        set_={name: new[name] for name in _CLOSING} | kept,
        where=attempts.c.outcome == sa.literal_column("'sent'"),
    )


def _users_here(connection: sa.Connection, rows: Sequence[Attempt]) -> set[str | None]:
    """Those of the users of these calls who are here, and nobody."""
    named = {row.user_id for row in rows} - {None}
    return {None} | hold_users(connection, sorted(map(str, named)))


def _begun(row: Attempt, present: AbstractSet[str | None]) -> dict[str, Any]:
    if row.user_id not in present:
        raise unknown_user(str(row.user_id))
    return _columns(row)


def _ended(row: Attempt, present: AbstractSet[str | None]) -> dict[str, Any]:
    nobody = {} if row.user_id in present else dict.fromkeys(IDENTIFYING)
    return _columns(row) | nobody


def _columns(row: Attempt) -> dict[str, Any]:
    return row.model_dump(exclude={"findings"})


def _is_on_day_of(now: datetime) -> sa.ColumnElement[bool]:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return sa.and_(
        attempts.c.started_at >= midnight, attempts.c.started_at < midnight + timedelta(days=1)
    )


def _sum(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    counted = sa.case((condition, attempts.c.cost_nano_usd), else_=0)
    return sa.func.coalesce(sa.func.sum(counted), 0)


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)
