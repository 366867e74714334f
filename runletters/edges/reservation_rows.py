"""What is set aside for calls, row by row: who holds it, until when, and what became of it.

A process that dies leaves rows behind. Whoever finds them looks into the ledger: a call that
was never begun costs nothing and is freed; one without an end may have been billed and counts
with its worst case; one that ended counts with what it cost. Should the process live after
all, its own word comes last. Lines of a batch wait for whoever reads the batch.

Rows are locked before accounts, and both in the order of their keys: nobody waits in a circle.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from runletters.budgeting import Reservation
from runletters.edges.processes import is_dead
from runletters.edges.store_base import chunks
from runletters.edges.store_schema import attempts, batch_lines, budgets, reservations

LEASE_S = 900.0
"""Longer than any call; a machine that nobody can ask has so long until it counts as gone."""
KEPT = timedelta(days=2)
_ROW = reservations.c


def keep(connection: sa.Connection, made: Reservation, owner: str, now: datetime) -> None:
    """Note what was just set aside, in the same transaction."""
    row = {
        "attempt_id": made.reservation_id,
        "scopes": json.dumps(sorted(scope.key for scope in made.scopes)),
        "worst_nano_usd": made.worst_nano_usd,
        "owner": owner,
        "state": "open",
        "lease_until": now + timedelta(seconds=LEASE_S),
    }
    connection.execute(sa.insert(reservations), row)


def end(connection: sa.Connection, reservation_id: str, cost_nano_usd: int | None) -> None:
    """Turn what was set aside into what was spent; the first end counts.

    Args:
        connection: a transaction.
        reservation_id: of the call.
        cost_nano_usd: None: unknown, the worst case counts.
    """
    ended = sa.delete(reservations).where(_ROW.attempt_id == reservation_id)
    row = connection.execute(ended.returning(_ROW.scopes, _ROW.worst_nano_usd, _ROW.state))
    if (found := row.one_or_none()) is None:
        return
    worst = found.worst_nano_usd
    spent = worst if cost_nano_usd is None else cost_nano_usd
    is_open, was_counted = found.state == "open", found.state == "counted"
    change(
        connection,
        json.loads(found.scopes),
        spent_nano_usd=spent - (worst if was_counted else 0),
        reserved_nano_usd=-worst if is_open else 0,
    )


def change(
    connection: sa.Connection, keys: Iterable[str], *, spent_nano_usd: int, reserved_nano_usd: int
) -> None:
    """Add to accounts, always in the same order."""
    for key in sorted(keys):
        connection.execute(
            sa.update(budgets)
            .where(budgets.c.scope == key)
            .values(
                spent_nano_usd=budgets.c.spent_nano_usd + spent_nano_usd,
                reserved_nano_usd=budgets.c.reserved_nano_usd + reserved_nano_usd,
            )
        )


def left_behind(connection: sa.Connection, now: datetime) -> list[str]:
    """Calls whose process is gone and whose line nobody will read, by id."""
    line = batch_lines
    query = (
        sa.select(_ROW.attempt_id, _ROW.owner, _ROW.lease_until)
        .outerjoin(line, line.c.attempt_id == _ROW.attempt_id)
        .where(_ROW.state == "open", line.c.custom_id.is_(None) | line.c.result.is_not(None))
        .order_by(_ROW.attempt_id)
    )
    is_gone = cache(is_dead)
    return [
        row.attempt_id
        for row in connection.execute(query)
        if row.lease_until < now or is_gone(row.owner)
    ]


def take_over(connection: sa.Connection, attempt_ids: Sequence[str], now: datetime) -> int:
    """End what was left behind, by what the ledger says; how many rows that were."""
    spent, freed = defaultdict[str, int](int), defaultdict[str, int](int)
    taken = 0
    for some in chunks(attempt_ids):
        for row in _locked(connection, some):
            taken += 1
            state, counted = _found_out(row)
            _note(connection, row.attempt_id, state)
            for key in json.loads(row.scopes):
                spent[key] += counted
                freed[key] += row.worst_nano_usd
    for key in sorted(freed):
        change(connection, [key], spent_nano_usd=spent[key], reserved_nano_usd=-freed[key])
    old = (_ROW.state != "open") & (_ROW.lease_until < now - KEPT)
    connection.execute(sa.delete(reservations).where(old))
    return taken


def forget_account(connection: sa.Connection, account: str) -> None:
    """Take accounts whose key begins so out of what is set aside; the others still count."""
    theirs = _ROW.scopes.contains(account, autoescape=True)
    query = sa.select(_ROW.attempt_id, _ROW.scopes).where(theirs).order_by(_ROW.attempt_id)
    for attempt_id, scopes in connection.execute(query.with_for_update()).all():
        others = [key for key in json.loads(scopes) if not key.startswith(account)]
        this = sa.update(reservations).where(_ROW.attempt_id == attempt_id)
        connection.execute(this.values(scopes=json.dumps(others)))


def _locked(connection: sa.Connection, attempt_ids: Sequence[str]) -> Sequence[sa.Row[Any]]:
    query = (
        sa.select(reservations, attempts.c.outcome, attempts.c.cost_nano_usd)
        .outerjoin(attempts, attempts.c.attempt_id == _ROW.attempt_id)
        .where(_ROW.attempt_id.in_(attempt_ids), _ROW.state == "open")
        .order_by(_ROW.attempt_id)
        .with_for_update(of=reservations)
    )
    return connection.execute(query).all()


def _found_out(row: sa.Row[Any]) -> tuple[str, int]:
    """The state of a row that was left behind, and what counts as spent."""
    if row.outcome is None:
        return "freed", 0
    cost: int | None = row.cost_nano_usd
    if row.outcome == "sent" or cost is None:
        return "counted", row.worst_nano_usd
    return "ended", cost


def _note(connection: sa.Connection, attempt_id: str, state: str) -> None:
    this = _ROW.attempt_id == attempt_id
    if state == "ended":
        connection.execute(sa.delete(reservations).where(this))
    else:
        connection.execute(sa.update(reservations).where(this).values(state=state))
