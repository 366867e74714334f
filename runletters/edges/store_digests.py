"""Digests and mails: what was written for a period, and every attempt to send something.

The rule of a send, kept by a unique index and two steps before the mail leaves:

    intended ──▶ handing_over ──▶ sent | rejected | ambiguous
        └──────────────┴────────▶ unsent

- `intended` is written before the mail server is spoken to, `handing_over` after it has
  accepted sender and recipient and before the first byte of the mail.
- `unsent` means: for certain not delivered. Only then may there be another attempt.
- `ambiguous` means: the mail was handed over and nobody heard the answer. It may have
  arrived, so it is never sent again by itself.
- A process that died is seen by its lease: an old `intended` becomes `unsent`, an old
  `handing_over` becomes `ambiguous`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import polars as pl
import sqlalchemy as sa

from runletters.digests.sending import Attempted, Intent, Settled
from runletters.digests.writing import WrittenDigest
from runletters.edges.store_base import StoreBase, insert_or_ignore, require_user, upsert
from runletters.edges.store_contents import keep_version
from runletters.edges.store_digests_schema import digests, sends
from runletters.edges.store_locks import take_lock
from runletters.edges.store_schema import Utc, locks
from runletters.users import user_key

LEASE = timedelta(minutes=15)
"""Longer than the longest conversation with a mail server, by its time limits."""

_CLAIM = "digest "
"""Names of locks begin so; they hold the key of a user, not the name."""


class StoreDigests(StoreBase):
    """The part of the store that knows what was told and what was mailed."""

    def keep_digest(
        self, user_id: str, digest: WrittenDigest, *, now: datetime, fingerprint: str = ""
    ) -> bool:
        """Keep a digest and say whether it was kept: the first of a period stays.

        Only "nothing to say" gives way, to a text. The text is kept as content too, in the
        same transaction.

        Raises:
            StoreError: no such user, perhaps forgotten a moment ago.
        """
        row = digest.as_row() | {"user_id": user_id, "created_at": now}
        with self._write() as connection:
            require_user(connection, user_id)
            statement = upsert(connection, digests)
            kept = connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["user_id", "window_kind", "period"],
                    set_={name: statement.excluded[name] for name in row},
                    where=(digests.c.state == "skipped") & (statement.excluded.state == "written"),
                ).returning(digests.c.user_id),
                row,
            )
            is_kept = kept.first() is not None
            if is_kept and digest.text is not None:
                item = (user_id, digest.period.item)
                keep_version(
                    connection, *item, "digest", text=digest.text, fingerprint=fingerprint, now=now
                )
            return is_kept

    def claim_digest(
        self,
        user_id: str,
        item: str,
        *,
        owner: str,
        lease_s: float,
        is_gone: Callable[[str], bool],
        now: datetime,
    ) -> bool:
        """Take a period for one flow run, so that no two ask for its words at once.

        Args:
            user_id: whose digest.
            item: which period.
            owner: who takes it; whoever holds it may take it again.
            lease_s: seconds until others may take it over, unless `renew` is called.
            is_gone: whether an owner is known to have died: its hold does not count.
            now: aware UTC, the real moment.
        """
        name, until = f"{_CLAIM}{user_key(user_id)} {item}", now + timedelta(seconds=lease_s)
        with self._write() as connection:
            return take_lock(connection, name, owner, until=until, is_gone=is_gone, now=now)

    def release_digests(self, owner: str) -> None:
        """Give back every period this owner holds."""
        mine = (locks.c.owner == owner) & locks.c.name.startswith(_CLAIM)
        with self._write() as connection:
            connection.execute(sa.delete(locks).where(mine))

    def digest(self, user_id: str, window: str, period: str) -> WrittenDigest | None:
        """What was written for that period, or None."""
        query = sa.select(digests).where(
            digests.c.user_id == user_id,
            digests.c.window_kind == window,
            digests.c.period == period,
        )
        with self._read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else WrittenDigest.from_row(dict(row))

    def digests(self, user_id: str | None = None) -> pl.DataFrame:
        """Digests by user and period, the newest first."""
        query = sa.select(digests).order_by(digests.c.user_id, digests.c.period.desc())
        return self._frame(query if user_id is None else query.where(digests.c.user_id == user_id))

    def skipped_digests(self, window: str, periods: Collection[str]) -> set[tuple[str, str]]:
        """(user, period) of those that were skipped and need no second look."""
        query = sa.select(digests.c.user_id, digests.c.period).where(
            digests.c.window_kind == window,
            digests.c.period.in_(sorted(periods)),
            digests.c.state == "skipped",
        )
        with self._read() as connection:
            return {(row.user_id, row.period) for row in connection.execute(query)}

    def intend_send(self, intent: Intent, *, now: datetime) -> str | None:
        """Write down that something is about to be sent; the id of the attempt.

        None: it was sent, may have been, or is being sent by somebody else.
        """
        row: dict[str, Any] = intent.model_dump() | {
            "send_id": uuid4().hex,
            "attempt": 1,
            "state": "intended",
            "intended_at": now,
        }
        with self._write() as connection:
            require_user(connection, intent.user_id)
            _expire(connection, now)
            earlier = sa.select(sa.func.count()).where(*_of(intent))
            row["attempt"] = int(connection.scalar(earlier) or 0) + 1
            insert_or_ignore(connection, sends, [row])
            mine = sa.select(sends.c.send_id).where(sends.c.send_id == row["send_id"])
            return connection.scalar(mine)

    def begin_handover(self, send_id: str) -> bool:
        """Whether the mail may leave now; False where the attempt was given up meanwhile."""
        with self._write() as connection:
            changed = connection.execute(
                sa.update(sends)
                .where(sends.c.send_id == send_id, sends.c.state == "intended")
                .values(state="handing_over")
            )
        return bool(changed.rowcount)

    def settle_send(self, send_id: str, settled: Settled, *, now: datetime) -> None:
        """Write down how an attempt ended; the first end counts."""
        with self._write() as connection:
            connection.execute(
                sa.update(sends)
                .where(sends.c.send_id == send_id, sends.c.settled_at.is_(None))
                .values(state=settled.state, detail=settled.detail, settled_at=now)
            )

    def sends(self, user_id: str | None = None, *, purpose: str | None = None) -> pl.DataFrame:
        """Attempts by time, of one user or purpose where one is given."""
        query = sa.select(sends).order_by(sends.c.intended_at, sends.c.attempt)
        query = query if user_id is None else query.where(sends.c.user_id == user_id)
        return self._frame(query if purpose is None else query.where(sends.c.purpose == purpose))

    def attempted(self, purpose: str, items: Collection[str]) -> list[Attempted]:
        """The newest attempt of each user and item, of those items."""
        at = sa.func.coalesce(sends.c.settled_at, sends.c.intended_at, type_=Utc).label("at")
        query = (
            sa.select(sends.c.user_id, sends.c.item, sends.c.state, sends.c.attempt, at)
            .where(sends.c.purpose == purpose, sends.c.item.in_(sorted(items)))
            .order_by(sends.c.attempt)
        )
        with self._read() as connection:
            rows = connection.execute(query).mappings().all()
        return list({(row["user_id"], row["item"]): Attempted(**row) for row in rows}.values())

    def expire_sends(self, *, now: datetime) -> int:
        """Settle what dead processes left open; how many attempts that were."""
        with self._write() as connection:
            return _expire(connection, now)


def _of(intent: Intent) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        sends.c.user_id == intent.user_id,
        sends.c.purpose == intent.purpose,
        sends.c.item == intent.item,
    )


def _expire(connection: sa.Connection, now: datetime) -> int:
    gone = 0
    for before, after, why in (
        ("intended", "unsent", "interrupted before anything was handed over"),
        ("handing_over", "ambiguous", "interrupted while the mail was handed over"),
    ):
        is_old = (sends.c.state == before) & (sends.c.intended_at < now - LEASE)
        gone += connection.execute(
            sa.update(sends).where(is_old).values(state=after, detail=why, settled_at=now)
        ).rowcount
    return gone
