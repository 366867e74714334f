"""Budgets: which accounts a call counts to, and what a reached budget says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

from runletters.budgeting import (
    Account,
    Limits,
    Reservation,
    Scope,
    day_over,
    dollars,
    nano_usd,
    reached,
    scopes,
)

ALL = Limits(run_nano_usd=1, user_day_nano_usd=2, day_nano_usd=3)


def test_a_call_counts_to_run_user_and_day(now: datetime) -> None:
    """Always in the same order, so that two callers never lock crosswise."""
    counted = scopes(ALL, flow_run_id="r", user_id="ada", now=now)

    assert [3, 1, 2] == [scope.limit_nano_usd for scope in counted]
    assert "ada" not in " ".join(scope.key for scope in counted)


def test_days_are_utc_days(now: datetime) -> None:
    """Wherever the machine stands."""
    late = now.replace(hour=23).astimezone(timezone(timedelta(hours=9)))

    assert f"day {now:%Y-%m-%d}" == scopes(ALL, flow_run_id="r", user_id="u", now=late)[0].key


def test_the_words_of_a_reached_day_name_that_day(now: datetime) -> None:
    """Read a minute later the clock may show another day; other budgets are nobody's day."""
    late = now.replace(hour=23, minute=59)
    day, run, _ = scopes(ALL, flow_run_id="r", user_id="u", now=late)
    empty = Account(spent_nano_usd=3)

    assert late.date() == day_over(str(reached(day, empty, 1)))
    assert {None} == {day_over(None), day_over(str(reached(run, empty, 1)))}


def test_no_limit_counts_nowhere(now: datetime) -> None:
    """An open budget costs no row."""
    assert scopes(Limits(), flow_run_id="r", user_id="u", now=now) == ()
    assert Limits().is_open
    assert not ALL.is_open


def test_an_unknown_cost_is_the_worst_case() -> None:
    """A timeout may have been billed: what was reserved stays spent."""
    reservation = Reservation(worst_nano_usd=700)

    assert reservation.spent_nano_usd(None) == 700
    assert reservation.spent_nano_usd(0) == 0


def test_a_reached_budget_says_the_figures() -> None:
    """Limit, spent, reserved, left, the next call, and what to do."""
    scope = Scope(key="k", name="this run", limit_nano_usd=2_000_000_000)

    error = reached(
        scope, Account(spent_nano_usd=1_500_000_000, reserved_nano_usd=400_000_000), 200_000_000
    )

    for words in ("$2.0000", "this run", "$1.5000", "$0.4000", "$0.1000", "$0.2000", "pending"):
        assert words in str(error)


def test_dollars_become_whole_nano_dollars() -> None:
    """Never more than was given."""
    assert nano_usd(Decimal("0.1")) == 100_000_000
    assert nano_usd(Decimal("0.0000000019")) == 1
    assert nano_usd(None) is None
    assert dollars(3_400_000) == "$0.0034"
