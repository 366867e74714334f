"""Questions that flows and people ask of the store; nothing here writes but `release_if`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import polars as pl
import sqlalchemy as sa

from runletters.content import KINDS, Kind
from runletters.edges.store_base import unknown_user
from runletters.edges.store_claims import StoreClaims
from runletters.edges.store_schema import attempts, content, generation_status
from runletters.edges.store_users import StoreUsers
from runletters.ledger import Spent
from runletters.users import User

_STATUS = generation_status


class StoreReading(StoreUsers, StoreClaims):
    """The part of the store that answers."""

    def known_user(self, user_id: str) -> User:
        """The user of that id.

        Raises:
            StoreError: no such user; the message says how one comes in.
        """
        user = self.user(user_id)
        if user is None:
            raise unknown_user(user_id)
        return user

    def fingerprints(self, user_id: str) -> dict[tuple[str, Kind], str]:
        """The fingerprint of every newest text, by (activity_id, kind).

        Newest, not current: beside a runner's edit a refreshed text is kept without becoming
        current, and must not be written again by every refresh.
        """
        query = (
            sa.select(content.c.activity_id, content.c.kind, content.c.fingerprint)
            .where(content.c.user_id == user_id)
            .order_by(content.c.version)
        )
        with self._read() as connection:
            return {
                (row.activity_id, row.kind): row.fingerprint for row in connection.execute(query)
            }

    def release_if(self, is_gone: Callable[[str], bool], *, now: datetime) -> int:
        """Give back what owners hold of whom `is_gone` says so; how many items that were."""
        owners: set[str] = set()
        with self._read() as connection:
            for kind in KINDS:
                column = _STATUS.c[f"{kind}_owner"]
                owners.update(connection.scalars(sa.select(column).where(column.is_not(None))))
        return sum(self.release(owner, now=now) for owner in sorted(owners) if is_gone(owner))

    def spent_by_run(self, flow_run_id: str) -> Spent:
        """What one flow run used and cost."""
        return self._spent(attempts.c.flow_run_id == flow_run_id)

    def spent_by_user(self, user_id: str) -> Spent:
        """What one user's texts used and cost, ever."""
        return self._spent(attempts.c.user_id == user_id)

    def failures(self, user_id: str) -> pl.DataFrame:
        """Failed items with their reasons: activity_id, kind, error_type, error."""
        parts = [
            sa.select(
                _STATUS.c.activity_id,
                sa.literal(kind).label("kind"),
                _STATUS.c[f"{kind}_error_type"].label("error_type"),
                _STATUS.c[f"{kind}_error"].label("error"),
            ).where(_STATUS.c.user_id == user_id, _STATUS.c[f"{kind}_status"] == "failed")
            for kind in KINDS
        ]
        with self._read() as connection:
            rows = connection.execute(sa.union_all(*parts)).all()
        names: tuple[str, ...] = ("activity_id", "kind", "error_type", "error")
        schema = {name: pl.String() for name in names}
        return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")

    def _spent(self, whose: sa.ColumnElement[bool]) -> Spent:
        at = attempts.c
        is_open = at.outcome == "sent"
        is_costless = at.cost_nano_usd.is_(None) & ~is_open
        tokens_in = at.input_tokens + at.cache_write_tokens + at.cache_read_tokens
        query = sa.select(
            sa.func.count(),
            _sum(tokens_in),
            _sum(at.output_tokens),
            _sum(at.cost_nano_usd),
            _sum(sa.case((is_costless & (tokens_in + at.output_tokens > 0), 1), else_=0)),
            _sum(sa.case((is_costless & (tokens_in + at.output_tokens == 0), 1), else_=0)),
            _sum(sa.case((is_open, 1), else_=0)),
        ).where(whose)
        with self._read() as connection:
            figures = [int(figure) for figure in connection.execute(query).one()]
        return Spent.model_validate(dict(zip(Spent.model_fields, figures, strict=True)))


def _sum(value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(value), 0)
