"""How much may be spent, and where: per flow run, per user and day, per day for all.

Pure: no clock, no network, no database. Money is in nano-dollars. Before a call its worst
case is reserved in every scope; afterwards the reservation becomes what was spent, or stays
as it is where nobody knows what the call cost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from runletters.errors import BudgetReached
from runletters.ledger import Mode
from runletters.pricing import Model, worst_cost_nano_usd
from runletters.prompting import sent_text
from runletters.users import user_key

NANO = 1_000_000_000


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


ALL_USERS = "for all users on"
_DAY_IN_WORDS = re.compile(rf"{ALL_USERS} (\d{{4}}-\d{{2}}-\d{{2}}) \(UTC\)")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that may be spent; None: no limit."""

    run_nano_usd: int | None = None
    user_day_nano_usd: int | None = None
    day_nano_usd: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is limited."""
        return (self.run_nano_usd, self.user_day_nano_usd, self.day_nano_usd) == (None,) * 3


class Scope(_Frozen):
    """One account: its key, what it is called, and its limit."""

    key: str
    name: str
    limit_nano_usd: int


class Reservation(_Frozen):
    """The worst case of one call, set aside in its scopes; its id is that of the call."""

    reservation_id: str = ""
    scopes: tuple[Scope, ...] = ()
    worst_nano_usd: int = 0

    def spent_nano_usd(self, cost_nano_usd: int | None) -> int:
        """What counts as spent; an unknown cost counts as the worst."""
        return self.worst_nano_usd if cost_nano_usd is None else cost_nano_usd


@dataclass(frozen=True, kw_only=True)
class Account:
    """What a scope holds at a moment."""

    spent_nano_usd: int = 0
    reserved_nano_usd: int = 0


def scopes(limits: Limits, *, flow_run_id: str, user_id: str, now: datetime) -> tuple[Scope, ...]:
    """The accounts a call counts to, always in the same order.

    Args:
        limits: what is limited at all.
        flow_run_id: the flow run that calls.
        user_id: for whom; only an opaque key of it is kept.
        now: aware; days are UTC days.
    """
    day = now.astimezone(UTC).date().isoformat()
    named = (
        (f"day {day}", f"{ALL_USERS} {day} (UTC)", limits.day_nano_usd),
        (run_key(flow_run_id), "this run", limits.run_nano_usd),
        (f"user {user_key(user_id)} {day}", "today for this user", limits.user_day_nano_usd),
    )
    return tuple(
        Scope(key=key, name=name, limit_nano_usd=limit)
        for key, name, limit in named
        if limit is not None
    )


def day_over(message: str | None) -> date | None:
    """The UTC day whose budget for all users stopped a run; None where something else did.

    From the words, not from a clock: who reads them may do so when the next day has begun.
    """
    found = _DAY_IN_WORDS.search(message or "")
    return date.fromisoformat(found[1]) if found else None


def run_key(flow_run_id: str) -> str:
    """The key of a flow run's account."""
    return f"run {flow_run_id}"


def lower(one_nano_usd: int | None, other_nano_usd: int | None) -> int | None:
    """The stricter of two limits; None where there is none."""
    given = [limit for limit in (one_nano_usd, other_nano_usd) if limit is not None]
    return min(given, default=None)


def may_fit_later(scope: Scope, account: Account, worst_nano_usd: int) -> bool:
    """Whether a call could fit once those under way have settled for less than their worst."""
    is_waiting_worth_it = account.reserved_nano_usd > 0
    return is_waiting_worth_it and account.spent_nano_usd + worst_nano_usd <= scope.limit_nano_usd


def worst_case_nano_usd(
    model: Model, parameters: Mapping[str, Any], mode: Mode = "live"
) -> int | None:
    """The most this call can cost; None if the model's price is not known."""
    return worst_cost_nano_usd(
        model,
        prompt=sent_text(parameters),
        max_output_tokens=parameters["max_tokens"],
        mode=mode,
    )


def reached(scope: Scope, account: Account, worst_nano_usd: int) -> BudgetReached:
    """Says which budget is reached, what is left, and what the next call could cost."""
    left = scope.limit_nano_usd - account.spent_nano_usd - account.reserved_nano_usd
    return BudgetReached(
        f"The budget of {dollars(scope.limit_nano_usd)} {scope.name} is reached: "
        f"{dollars(account.spent_nano_usd)} spent, {dollars(account.reserved_nano_usd)} reserved "
        f"for calls under way, {dollars(max(0, left))} left, and the next call could cost "
        f"{dollars(worst_nano_usd)}.",
        remedy="What is left stays pending. Raise the budget, or run again tomorrow.",
    )


def nano_usd(usd: Decimal | None) -> int | None:
    """Dollars as nano-dollars, never more than was given."""
    return None if usd is None else int((usd * NANO).to_integral_value(ROUND_FLOOR))


def dollars(nano: int) -> str:
    """Nano-dollars for the screen."""
    return f"${Decimal(nano) / NANO:.4f}"
