"""Findings of the truth gate: one row each, beside the call whose reply they are about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa

from runletters.edges.store_base import StoreBase, chunks, insert_or_ignore
from runletters.edges.store_schema import attempts, findings
from runletters.gatekeeping import is_blocking
from runletters.ledger import Attempt

_IDENTIFYING = ("user_id", "activity_id", "found", "expected")


def keep_findings(connection: sa.Connection, closed: Sequence[Attempt]) -> None:
    """Write down what was found in the replies of these calls; known rows stay as they are."""
    if telling := [each for each in closed if each.findings]:
        present = _present(connection, [each.attempt_id for each in telling])
        rows = [row for each in telling for row in _rows(each, each.attempt_id in present)]
        insert_or_ignore(connection, findings, rows)


def forget_findings(connection: sa.Connection, user_id: str) -> None:
    """Take user, activity and quoted words out of a user's findings."""
    connection.execute(
        sa.update(findings).where(findings.c.user_id == user_id).values(dict.fromkeys(_IDENTIFYING))
    )


def _present(connection: sa.Connection, attempt_ids: Sequence[str]) -> set[str]:
    """Those calls whose user is still there."""
    found: set[str] = set()
    for some in chunks(attempt_ids):
        mine = attempts.c.attempt_id.in_(some) & attempts.c.user_id.is_not(None)
        found |= set(connection.scalars(sa.select(attempts.c.attempt_id).where(mine)))
    return found


def _rows(attempt: Attempt, is_present: bool) -> Iterator[dict[str, Any]]:
    for index, fault in enumerate(attempt.findings):
        row = _row(attempt, index, fault)
        yield row if is_present else row | dict.fromkeys(_IDENTIFYING)


def _row(attempt: Attempt, index: int, fault: Mapping[str, Any]) -> dict[str, Any]:
    start, end = fault.get("span", (0, 0))
    return {
        "finding_id": f"{attempt.attempt_id}-{index}",
        "attempt_id": attempt.attempt_id,
        "user_id": attempt.user_id,
        "activity_id": attempt.activity_id,
        "kind": attempt.kind,
        "model": attempt.model,
        "prompt_sha256": attempt.prompt_sha256,
        "rule": str(fault.get("rule", "unnamed")),
        "severity": "reject" if is_blocking(fault) else "note",
        "span_start": start,
        "span_end": end,
        "found": fault.get("found") or None,
        "expected": fault.get("expected") or None,
        "message": str(fault.get("message", "")),
        "found_at": attempt.ended_at or attempt.started_at,
    }


class StoreFindings(StoreBase):
    """The part of the store that keeps what the truth gate found."""

    def findings(self, user_id: str | None = None) -> pl.DataFrame:
        """All findings in paid replies by time, of one user where one is given."""
        query = sa.select(findings).order_by(findings.c.found_at, findings.c.finding_id)
        return self._frame(query if user_id is None else query.where(findings.c.user_id == user_id))
