"""One thing to do next, taken from a plan inside checked limits.

Pure: no clock, no network, no database. The distances are those of `metrics.plan`,
rounded down to half units of the reader, so a rounding never exceeds a limit.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from runletters.digests.periods import Period, period_ending
from runletters.digests.sheet import Feeling, NextStep, StepKind
from runletters.digests.totals import earlier_totals, total_of, within
from runletters.digests.words import Words
from runletters.facts import Tone
from runletters.metrics.plan import PlanWeek, plan
from runletters.metrics.plan_rules import LONG_GROWTH, LOWEST_TSB, SHORTEST_RUN_M, PlanState

FRESH_TSB, TIRED_TSB = 5.0, -10.0
BIG_WEEK = 1.3
"""A week this many times the mean of the weeks before it is followed by a lighter one."""


def feeling(form: float | None) -> Feeling | None:
    """What a form is called: above 5 rested, to -10 in balance, to -30 tired, below it worn."""
    if form is None:
        return None
    if form < LOWEST_TSB:
        return "worn"
    return "tired" if form < TIRED_TSB else "balanced" if form <= FRESH_TSB else "fresh"


def plan_state(runs: pl.DataFrame, fitness: pl.DataFrame, period: Period) -> PlanState:
    """What a plan starts from, on the day after the period."""
    week = period_ending("week", period.last)
    weeks = [total_of(runs, week), *earlier_totals(runs, week, 3)]
    month = within(runs, period.last - timedelta(days=27), period.last)
    today = fitness.filter(pl.col("local_date") == period.last)
    row = today.row(0, named=True) if today.height else {"ctl": 0.0, "atl": 0.0}
    longest = month["distance_m"].fill_null(0.0).to_list()
    return PlanState(
        recent_week_m=tuple(each.distance_m for each in reversed(weeks)),
        days_per_week=sum(each.days_run for each in weeks) / len(weeks),
        longest_28d_m=max(longest, default=0.0),
        tsb=row["ctl"] - row["atl"],
        monotony_7d=row.get("monotony_7d"),
    )


def newest_longest_m(runs: pl.DataFrame, period: Period) -> float:
    """The longest run of the last fourteen days: legs remember that long."""
    newest = within(runs, period.last - timedelta(days=13), period.last)
    return max(newest["distance_m"].drop_nulls().to_list(), default=0.0)


def has_just_peaked(state: PlanState) -> bool:
    """Whether the newest week stands out so far that the next one is for recovery."""
    *before, newest = state.recent_week_m or (0.0,)
    usual = sum(before) / len(before) if before else newest
    is_big = newest > usual * BIG_WEEK
    return is_big or (state.tsb is not None and state.tsb < TIRED_TSB)


def next_step(
    state: PlanState, period: Period, tone: Tone, words: Words, *, newest_m: float
) -> NextStep:
    """The one thing: the long run, an easy week, a lighter week, a careful return, or rest.

    Args:
        state: where the runner stands.
        period: the advice is for the seven days after it.
        tone: pain, illness or a fall: no distance is advised at all.
        words: the reader's units and language.
        newest_m: from `newest_longest_m`; no run is advised that is more than a tenth longer,
            even where the plan would allow it.
    """
    if tone == "hardship":
        return NextStep(kind="gentle")
    if has_just_peaked(state):
        # As worn as the rules know it: three quarters of the usual, nothing hard, no long run.
        state = state.model_copy(update={"tsb": min(state.tsb or 0.0, LOWEST_TSB - 1)})
    week = plan(state, start=period.last + timedelta(days=1), weeks=1).weeks[0]
    long = next((day for day in week.days if day.kind == "long"), None)
    if week.rule == "build" and long is not None:
        day_text = words.wording.weekday(long.local_date)
        step = _of("long", min(long.distance_m, newest_m * LONG_GROWTH), words)
        return step.model_copy(update={"day": long.local_date, "day_text": day_text})
    kinds: dict[str, StepKind] = {"cutback": "lighter", "return": "return"}
    easy_m = _shortest_run_m(week)
    if newest_m > 0:
        easy_m = max(SHORTEST_RUN_M, min(easy_m, newest_m * LONG_GROWTH))
    return _of(kinds.get(week.rule, "easy"), easy_m, words)


def _shortest_run_m(week: PlanWeek) -> float:
    return min(day.distance_m for day in week.days if day.distance_m > 0)


def _of(kind: StepKind, metres: float, words: Words) -> NextStep:
    half = words.wording.unit_m / 2
    shown_m = metres // half * half
    return NextStep(
        kind=kind, distance_m=round(shown_m, 1), distance_text=words.wording.distance(shown_m)
    )
