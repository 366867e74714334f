"""Texts: what was written, which version is read, and what the runner made of it.

Versions are never changed or deleted (only `forget` erases); one per item is current.
A runner's own edit is never overwritten: while the current version carries one it stays
current, and newer versions are kept beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import sqlalchemy as sa

from runletters.content import Kind, Outcome, Text
from runletters.edges.store_base import StoreBase, chunks, hold_users, require_user
from runletters.edges.store_claims import lock_items
from runletters.edges.store_recording import Change, Version, judge, judge_unclaimed
from runletters.edges.store_schema import content, generation_status
from runletters.errors import StoreError


@dataclass(frozen=True, kw_only=True)
class RecordResult:
    """How many outcomes were kept as texts, kept as failures, or came too late."""

    done: int = 0
    failed: int = 0
    lost: int = 0


class StoreContents(StoreBase):
    """The part of the store that keeps texts."""

    def record(self, outcomes: Sequence[Outcome], *, owner: str, now: datetime) -> RecordResult:
        """Keep texts and failures, all or nothing, and close their items.

        Recording the same outcome again changes nothing. An outcome counts where this owner
        still holds the item; a text also where the item has none yet, for it was paid.
        Everything else came too late and is lost, as is what belongs to a forgotten user.
        """
        changes: list[Change] = []
        with self._write() as connection:
            present = hold_users(connection, [outcome.user_id for outcome in outcomes])
            for user_id in sorted(present):
                theirs = [each for each in outcomes if each.user_id == user_id]
                changes += _record_user(connection, user_id, theirs, owner, now)
        verdicts = [change.verdict for change in changes]
        return RecordResult(
            done=verdicts.count("done"),
            failed=verdicts.count("failed"),
            lost=len(outcomes) - verdicts.count("done") - verdicts.count("failed"),
        )

    def edit(
        self,
        user_id: str,
        activity_id: str,
        kind: Kind,
        body: str | None,
        *,
        now: datetime,
    ) -> None:
        """Keep the runner's own wording beside the current version; None takes it back.

        Raises:
            StoreError: no such user, or nothing was written for that activity yet.
        """
        with self._write() as connection:
            require_user(connection, user_id)
            lock_items(connection, user_id, [activity_id])
            changed = connection.execute(
                sa.update(content)
                .where(*_item(user_id, activity_id, kind), content.c.is_current)
                .values(edited_body=body, edited_at=None if body is None else now)
            )
        if not changed.rowcount:
            raise StoreError(
                f"No {kind} of {user_id} for activity {activity_id}; expected one to edit.",
                remedy=f"Run: runletters process --user {user_id} {activity_id}",
            )

    def contents(
        self, user_id: str, kind: Kind | None = None, *, current: bool = True
    ) -> pl.DataFrame:
        """Texts of a user, one row per version, with `text`: the edit where there is one."""
        query = _with_text().where(content.c.user_id == user_id)
        query = query if kind is None else query.where(content.c.kind == kind)
        query = query.where(content.c.is_current) if current else query
        return self._frame(query.order_by(content.c.activity_id, content.c.kind, content.c.version))

    def newest_texts(self, user_id: str, kind: Kind, *, limit: int) -> list[tuple[str, str]]:
        """Activity and text of the versions that are read, last written first."""
        query = (
            _with_text()
            .where(content.c.user_id == user_id, content.c.kind == kind, content.c.is_current)
            .order_by(content.c.created_at.desc(), content.c.activity_id)
            .limit(limit)
        )
        with self._read() as connection:
            return [
                (row["activity_id"], row["text"]) for row in connection.execute(query).mappings()
            ]

    def content(self, user_id: str, activity_id: str, kind: Kind) -> dict[str, Any] | None:
        """The current version as a row, with `text` as in `contents`; None if not written."""
        query = _with_text().where(*_item(user_id, activity_id, kind), content.c.is_current)
        with self._read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else dict(row)


def keep_version(
    connection: sa.Connection,
    user_id: str,
    activity_id: str,
    kind: Kind,
    *,
    text: Text,
    fingerprint: str,
    now: datetime,
) -> None:
    """Keep a text of an item that nobody claims, as a digest: the newest is current.

    A runner's own edit stays current, as everywhere. The caller holds the user's row.
    """
    outcome = Outcome(
        user_id=user_id, activity_id=activity_id, kind=kind, fingerprint=fingerprint, text=text
    )
    known = _versions(connection, user_id, [activity_id]).get((activity_id, kind), ())
    change = judge_unclaimed(outcome, text, known, now=now)
    _write_changes(connection, user_id, [change], now)


def _with_text() -> sa.Select[Any]:
    text = sa.func.coalesce(content.c.edited_body, content.c.body).label("text")
    return sa.select(content, text)


def _item(user_id: str, activity_id: str, kind: Kind) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        content.c.user_id == user_id,
        content.c.activity_id == activity_id,
        content.c.kind == kind,
    )


def _record_user(
    connection: sa.Connection,
    user_id: str,
    outcomes: Sequence[Outcome],
    owner: str,
    now: datetime,
) -> list[Change]:
    activity_ids = [outcome.activity_id for outcome in outcomes]
    items = lock_items(connection, user_id, activity_ids)
    versions = _versions(connection, user_id, activity_ids)
    changes: dict[tuple[str, Kind], Change] = {}
    for outcome in outcomes:
        key = (outcome.activity_id, outcome.kind)
        # The same item twice in one window is judged once: the first outcome stands.
        if key not in changes and outcome.activity_id in items:
            item = items[outcome.activity_id]
            changes[key] = judge(outcome, item, versions.get(key, ()), owner=owner, now=now)
    _write_changes(connection, user_id, list(changes.values()), now)
    return list(changes.values())


def _versions(
    connection: sa.Connection, user_id: str, activity_ids: Sequence[str]
) -> dict[tuple[str, Kind], tuple[Version, ...]]:
    found: dict[tuple[str, Kind], tuple[Version, ...]] = {}
    columns = [content.c[name] for name in Version.COLUMNS]
    for some in chunks(sorted(set(activity_ids))):
        query = (
            sa.select(content.c.activity_id, content.c.kind, *columns)
            .where(content.c.user_id == user_id, content.c.activity_id.in_(some))
            .order_by(content.c.version)
        )
        for row in connection.execute(query).mappings():
            key = (row["activity_id"], row["kind"])
            version = Version(**{name: row[name] for name in Version.COLUMNS})
            found[key] = (*found.get(key, ()), version)
    return found


def _write_changes(
    connection: sa.Connection, user_id: str, changes: Sequence[Change], now: datetime
) -> None:
    gone = [change.supersedes for change in changes if change.supersedes]
    for some in chunks(gone):
        # Before the new versions: one current version per item holds within a transaction too.
        connection.execute(
            sa.update(content)
            .where(content.c.content_id.in_(some))
            .values(is_current=False, superseded_at=now)
        )
    if rows := [change.row for change in changes if change.row]:
        connection.execute(sa.insert(content), rows)
    _write_status(connection, user_id, [change for change in changes if change.status])


def _write_status(connection: sa.Connection, user_id: str, changes: Sequence[Change]) -> None:
    for names in sorted({tuple(change.status) for change in changes}):
        one = (
            sa.update(generation_status)
            .where(
                generation_status.c.user_id == user_id,
                generation_status.c.activity_id == sa.bindparam("of_activity"),
            )
            .values({name: sa.bindparam(f"new_{name}") for name in names})
        )
        values = [
            {"of_activity": change.activity_id}
            | {f"new_{name}": value for name, value in change.status.items()}
            for change in changes
            if tuple(change.status) == names
        ]
        connection.execute(one, values)
