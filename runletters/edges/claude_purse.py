"""Budgets that concurrent flow runs share: one row per account, changed in one statement.

A reservation either fits every account or changes none. What does not fit only because
calls under way hold their worst case waits for them: they mostly settle for less. What a
process that died had set aside is freed, but for calls that may have been billed: those count
as spent with their worst case.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from runletters.budgeting import (
    Account,
    Limits,
    Reservation,
    Scope,
    lower,
    may_fit_later,
    reached,
    run_key,
    scopes,
    worst_case_nano_usd,
)
from runletters.content import WorkItem
from runletters.edges import reservation_rows
from runletters.edges.processes import owner_name
from runletters.edges.store_base import StoreBase, upsert
from runletters.edges.store_engine import reader_of
from runletters.edges.store_schema import attempts, budgets
from runletters.errors import BudgetReached
from runletters.ledger import Mode
from runletters.pricing import Model

PATIENCE_S = 100.0
"""How long nothing here may settle before nobody waits for the calls of others any more."""
LOOK_EVERY_S = 0.1
TIDY_EVERY_S = 5.0


class StoredPurse:
    """The accounts in the store."""

    def __init__(
        self,
        store: StoreBase,
        limits: Limits,
        now: Callable[[], datetime],
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._engine = store.engine
        self._limits = limits
        self._now = now
        self._patience_s = patience_s
        self._run_limits: dict[str, int | None] = {}
        self._opened: set[str] = set()
        self._settled_s = time.monotonic()
        self._tidied_s = float("-inf")
        self._head = threading.Lock()

    def begin(self, flow_run_id: str, limit_nano_usd: int | None) -> None:
        """Give a run a limit of its own, also for its parts in other processes."""
        self._run_limits.pop(flow_run_id, None)
        self._settled_s = time.monotonic()
        self.tidy()
        if limit_nano_usd is None:
            return
        row = {
            "scope": run_key(flow_run_id),
            "spent_nano_usd": 0,
            "reserved_nano_usd": 0,
            "limit_nano_usd": limit_nano_usd,
        }
        with self._engine.begin() as connection:
            opened = upsert(connection, budgets).values(row)
            limit = {"limit_nano_usd": limit_nano_usd}
            connection.execute(opened.on_conflict_do_update(index_elements=["scope"], set_=limit))

    def reserve(
        self,
        item: WorkItem,
        flow_run_id: str,
        model: Model,
        parameters: Mapping[str, Any],
        mode: Mode = "live",
        *,
        attempt_id: str = "",
    ) -> Reservation:
        """Set the worst case of a call aside.

        Raises:
            BudgetReached: it does not fit into one of the accounts; none was changed.
        """
        counted = scopes(
            self._limits_of(flow_run_id),
            flow_run_id=flow_run_id,
            user_id=item.user_id,
            now=self._now(),
        )
        worst = worst_case_nano_usd(model, parameters, mode)
        if worst is None or not counted:
            return Reservation()  # an unknown price was said aloud; it stops nothing
        call = attempt_id or str(uuid.uuid4())
        asked = Reservation(reservation_id=call, scopes=counted, worst_nano_usd=worst)
        by = _Asker(user_id=item.user_id, owner=owner_name(flow_run_id))
        if not self._fits(asked, by, is_last=False):
            # The lines of a batch settle together, hours later: none waits for another.
            self._wait_until_it_fits(asked, by, is_patient=mode == "live")
        return asked

    def _wait_until_it_fits(self, asked: Reservation, by: _Asker, *, is_patient: bool) -> None:
        with self._head:  # one looks, the others wait for it
            self._tidy_now_and_then()
            is_last = not is_patient or self._is_patience_over()
            while not self._fits(asked, by, is_last=is_last):
                time.sleep(LOOK_EVERY_S)
                self._tidy_now_and_then()
                is_last = self._is_patience_over()

    def _tidy_now_and_then(self) -> None:
        if time.monotonic() - self._tidied_s > TIDY_EVERY_S:
            self.tidy()

    def tidy(self) -> int:
        """End what processes that are gone had set aside; how many calls that were."""
        self._tidied_s = time.monotonic()
        now = self._now()
        with reader_of(self._engine).begin() as connection:
            found = reservation_rows.left_behind(connection, now)
        if not found:
            return 0
        with self._engine.begin() as connection:
            return reservation_rows.take_over(connection, found, now)

    def _is_patience_over(self) -> bool:
        return time.monotonic() - self._settled_s > self._patience_s

    def _fits(self, asked: Reservation, by: _Asker, *, is_last: bool) -> bool:
        """Reserve, or say that it may fit once others have settled."""
        try:
            with self._engine.begin() as connection:
                for scope in asked.scopes:
                    self._open(connection, scope, by.user_id)
                    _reserve(connection, scope, asked.worst_nano_usd)
                reservation_rows.keep(connection, asked, by.owner, self._now())
        except _MayFitLater as full:
            if is_last:
                raise full.reached from None
            return False
        return True

    def _open(self, connection: sa.Connection, scope: Scope, user_id: str) -> None:
        """An account begins with what the ledger knows, so that a limit may come late."""
        if scope.key in self._opened:
            return
        self._opened.add(scope.key)
        known = sa.select(budgets.c.scope).where(budgets.c.scope == scope.key)
        if connection.scalar(known) is not None:
            return
        empty = {
            "scope": scope.key,
            "spent_nano_usd": _in_ledger(connection, scope, user_id, self._now()),
            "reserved_nano_usd": 0,
        }
        connection.execute(upsert(connection, budgets).values(empty).on_conflict_do_nothing())

    def _limits_of(self, flow_run_id: str) -> Limits:
        if flow_run_id not in self._run_limits:
            query = sa.select(budgets.c.limit_nano_usd).where(
                budgets.c.scope == run_key(flow_run_id)
            )
            with self._engine.connect() as connection:
                self._run_limits[flow_run_id] = connection.scalar(query)
        own = lower(self._limits.run_nano_usd, self._run_limits[flow_run_id])
        return replace(self._limits, run_nano_usd=own)

    def settle(self, reservation: Reservation, cost_nano_usd: int | None) -> None:
        """Turn a reservation into what was spent; settled again, nothing changes."""
        if not reservation.scopes and not reservation.reservation_id:
            return
        self._settled_s = time.monotonic()
        with self._engine.begin() as connection:
            if reservation.reservation_id:
                reservation_rows.end(connection, reservation.reservation_id, cost_nano_usd)
            else:  # set aside by a version that kept no rows
                reservation_rows.change(
                    connection,
                    [scope.key for scope in reservation.scopes],
                    spent_nano_usd=reservation.spent_nano_usd(cost_nano_usd),
                    reserved_nano_usd=-reservation.worst_nano_usd,
                )

    def account(self, scope: Scope) -> Account:
        """What an account holds now."""
        with self._engine.connect() as connection:
            return _account(connection, scope)


@dataclass(frozen=True, kw_only=True)
class _Asker:
    """For whom something is set aside, and by which process."""

    user_id: str
    owner: str


class _MayFitLater(Exception):
    def __init__(self, reached: BudgetReached) -> None:
        super().__init__(str(reached))
        self.reached = reached


def _reserve(connection: sa.Connection, scope: Scope, worst_nano_usd: int) -> None:
    held = budgets.c.spent_nano_usd + budgets.c.reserved_nano_usd
    fitted = connection.execute(
        sa.update(budgets)
        .where(budgets.c.scope == scope.key, held + worst_nano_usd <= scope.limit_nano_usd)
        .values(reserved_nano_usd=budgets.c.reserved_nano_usd + worst_nano_usd)
    )
    if fitted.rowcount == 1:
        return
    account = _account(connection, scope)
    full = reached(scope, account, worst_nano_usd)
    raise _MayFitLater(full) if may_fit_later(scope, account, worst_nano_usd) else full


def _in_ledger(connection: sa.Connection, scope: Scope, user_id: str, now: datetime) -> int:
    at = attempts.c
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = (at.started_at >= midnight) & (at.started_at < midnight + timedelta(days=1))
    kind, _, rest = scope.key.partition(" ")
    counted = {
        "day": today,
        "user": today & (at.user_id == user_id),
        "run": at.flow_run_id == rest,
    }[kind]
    spent = sa.select(sa.func.coalesce(sa.func.sum(at.cost_nano_usd), 0)).where(counted)
    return int(connection.scalar(spent) or 0)


def _account(connection: sa.Connection, scope: Scope) -> Account:
    query = sa.select(budgets.c.spent_nano_usd, budgets.c.reserved_nano_usd)
    row = connection.execute(query.where(budgets.c.scope == scope.key)).one_or_none()
    return Account(spent_nano_usd=row[0], reserved_nano_usd=row[1]) if row else Account()
