"""Budgets that concurrent flow runs share: one row per account, changed in one statement.

A reservation either fits every account or changes none. A process that dies keeps its
reservations spent: nobody knows whether its last calls were billed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from runletters.budgeting import (
    Account,
    Limits,
    Reservation,
    Scope,
    reached,
    scopes,
    worst_case_nano_usd,
)
from runletters.content import WorkItem
from runletters.edges.store_base import StoreBase, upsert
from runletters.edges.store_schema import budgets
from runletters.ledger import Mode
from runletters.pricing import Model


class StoredPurse:
    """The accounts in the store."""

    def __init__(self, store: StoreBase, limits: Limits, now: Callable[[], datetime]) -> None:
        self._engine = store.engine
        self._limits = limits
        self._now = now

    def reserve(
        self,
        item: WorkItem,
        flow_run_id: str,
        model: Model,
        parameters: Mapping[str, Any],
        mode: Mode = "live",
    ) -> Reservation:
        """Set the worst case of a call aside.

        Raises:
            BudgetReached: it does not fit into one of the accounts; none was changed.
        """
        counted = scopes(
            self._limits, flow_run_id=flow_run_id, user_id=item.user_id, now=self._now()
        )
        worst = worst_case_nano_usd(model, parameters, mode)
        if worst is None or not counted:
            return Reservation()  # an unknown price was said aloud; it stops nothing
        with self._engine.begin() as connection:
            for scope in counted:
                _reserve(connection, scope, worst)
        return Reservation(scopes=counted, worst_nano_usd=worst)

    def settle(self, reservation: Reservation, cost_nano_usd: int | None) -> None:
        """Turn a reservation into what was spent."""
        if not reservation.scopes:
            return
        spent = reservation.spent_nano_usd(cost_nano_usd)
        keys = [scope.key for scope in reservation.scopes]
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(budgets)
                .where(budgets.c.scope.in_(keys))
                .values(
                    spent_nano_usd=budgets.c.spent_nano_usd + spent,
                    reserved_nano_usd=budgets.c.reserved_nano_usd - reservation.worst_nano_usd,
                )
            )

    def account(self, scope: Scope) -> Account:
        """What an account holds now."""
        with self._engine.connect() as connection:
            return _account(connection, scope)


def _reserve(connection: sa.Connection, scope: Scope, worst_nano_usd: int) -> None:
    empty = {"scope": scope.key, "spent_nano_usd": 0, "reserved_nano_usd": 0}
    connection.execute(upsert(connection, budgets).values(empty).on_conflict_do_nothing())
    held = budgets.c.spent_nano_usd + budgets.c.reserved_nano_usd
    fitted = connection.execute(
        sa.update(budgets)
        .where(budgets.c.scope == scope.key, held + worst_nano_usd <= scope.limit_nano_usd)
        .values(reserved_nano_usd=budgets.c.reserved_nano_usd + worst_nano_usd)
    )
    if fitted.rowcount != 1:
        raise reached(scope, _account(connection, scope), worst_nano_usd)


def _account(connection: sa.Connection, scope: Scope) -> Account:
    query = sa.select(budgets.c.spent_nano_usd, budgets.c.reserved_nano_usd)
    row = connection.execute(query.where(budgets.c.scope == scope.key)).one_or_none()
    return Account(spent_nano_usd=row[0], reserved_nano_usd=row[1]) if row else Account()
