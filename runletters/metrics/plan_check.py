"""The last gate of a plan: does it keep its own limits?

Pure: no clock, no network, no database, no files.
"""

from __future__ import annotations

from itertools import pairwise

from runletters.metrics.plan import Plan
from runletters.metrics.plan_rules import (
    HARD,
    HARD_SHARES,
    LONGEST_HARD_S,
    SHORTEST_RUN_M,
    PlanState,
    base_m,
    hard_days_allowed,
)

MOST_GROWTH = 1.10


def violations(made: Plan, state: PlanState) -> list[str]:
    """Which limits a plan breaks: the last gate before words, empty for every sound plan."""
    found: list[str] = []
    before_m = base_m(state)
    for week in made.weeks:
        runs = [day for day in week.days if day.kind != "rest"]
        own_m = week.training_m
        if own_m > max(before_m, base_m(state)) * MOST_GROWTH + 1 and own_m > 3 * SHORTEST_RUN_M:
            found.append(f"{week.week_start}: more than 10 % above the week before")
        if len(runs) > 6:
            found.append(f"{week.week_start}: no day of rest")
        if sum(day.kind in HARD for day in runs) > max(2, hard_days_allowed(state)):
            found.append(f"{week.week_start}: too many hard days")
        before_m = own_m
    days = [day for week in made.weeks for day in week.days]
    found += [
        f"{day.local_date}: more than {LONGEST_HARD_S / 60:.0f} minutes at a hard pace"
        for day in days
        if day.hard_s > LONGEST_HARD_S or (day.kind in HARD_SHARES and not day.hard_s)
    ]
    for one, other in pairwise(days):
        if one.kind in HARD and other.kind in HARD:
            found.append(f"{other.local_date}: hard on neighbouring days")
    return found
