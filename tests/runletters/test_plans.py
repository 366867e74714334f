"""Plans in words: made of their facts, accepted by the gate, inside their limits."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.changed_digits import changed_digits, is_rejected

from runletters.facts import Units
from runletters.grounding import check
from runletters.metrics.plan import PlanDay, Race, race_on
from runletters.metrics.plan_rules import HARD, PlanState, base_m
from runletters.plans import plan_rows, plan_sheet, suggested, write_plan
from runletters.pricing import find_model
from runletters.prompting import request_parameters
from runletters.users import Preferences
from runletters.wording import wording_for

START = date(2026, 11, 23)
STATES = st.builds(
    PlanState,
    recent_week_m=st.lists(st.integers(0, 120_000).map(float), max_size=4).map(tuple),
    days_per_week=st.floats(0, 7),
    longest_28d_m=st.integers(0, 40_000).map(float),
    tsb=st.none() | st.floats(-60, 40),
    monotony_7d=st.none() | st.floats(0.5, 4),
    vdot=st.none() | st.floats(28, 75),
    hard_days_before=st.integers(0, 3),
)
RACES = st.none() | st.builds(
    Race,
    local_date=st.integers(0, 40).map(lambda days: START + timedelta(days=days)),
    distance_m=st.sampled_from([5_000.0, 10_000.0, 21_097.5, 42_195.0]),
)


def is_mostly_easy(day: PlanDay, base: float) -> bool:
    """No more than 20 minutes at a hard pace, a tenth of the week, or 5 minutes of a small one."""
    if day.kind not in {"tempo", "intervals"}:
        return day.hard_s == 0
    slow = day.pace_slow_s_per_km or 360.0
    return 300 <= day.hard_s <= 1_200 and day.hard_s <= max(300.0, base / 10_000 * slow)


@settings(max_examples=60, deadline=None)
@given(STATES, RACES, st.integers(1, 4), st.sampled_from(["en", "de"]),
       st.sampled_from(["metric", "imperial"]))  # fmt: skip
def test_the_words_of_every_plan_pass_the_gate(
    state: PlanState, race: Race | None, weeks: int, language: str, units: Units
) -> None:
    """Whatever the history: a plan inside its limits, and words made of nothing but its facts."""
    made = suggested(state, start=START, weeks=weeks, race=race)
    sheet = plan_sheet(made, state, Preferences(language=language, units=units))

    found = check(write_plan(sheet).body, sheet, kind="plan")

    assert [] == [(each.rule, each.found) for each in found]
    volumes = [max(base_m(state), 0.0), *(week.training_m for week in made.weeks)]
    for before, after in pairwise(volumes):
        assert after <= max(before, volumes[0]) * 1.10 + 1 or after <= 6_000
    for week in made.weeks:
        assert 2 >= sum(day.kind in HARD for day in week.days)
        assert all(is_mostly_easy(day, base_m(state)) for day in week.days)
        assert any(day.kind == "rest" for day in week.days)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_changed_digit_of_a_plan_is_caught(
    language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """At every place: no figure of another week, run or pace can stand in for the true one."""
    state = PlanState(
        recent_week_m=(30_000.0,) * 4, days_per_week=4, longest_28d_m=12_000.0, vdot=45.0
    )
    race = Race(local_date=START + timedelta(days=12), distance_m=21_097.5)
    made = suggested(state, start=START, weeks=2, race=race if language == "en" else None)
    units = "imperial" if language == "en" else "metric"
    sheet = plan_sheet(made, state, Preferences(language=language, units=units))
    texts = list(changed_digits(write_plan(sheet).body))

    missed = [said[max(0, place - 20) : place + 20] for said, place in texts
              if not is_rejected(said, sheet, "plan")]  # fmt: skip

    with capsys.disabled():
        print(f"\n{language} plan: {len(texts)} changed digits, {len(missed)} missed")
    assert len(texts) > 300
    assert [] == missed


def test_alike_weeks_are_told_apart_by_their_dates() -> None:
    """Two weeks of the same figures: the date of the one is caught in the place of the other."""
    state = PlanState(recent_week_m=(30_000.0,) * 4, days_per_week=4, longest_28d_m=12_000.0)
    sheet = plan_sheet(suggested(state, start=START, weeks=2, race=None), state, Preferences())
    first = {fact.name: fact for fact in sheet.facts}
    alike = (
        first.get(fact.name.replace("week_2", "week_1"), fact).model_copy(
            update={"name": fact.name, "window": fact.window}
        )
        if fact.name in {"plan_week_2", "plan_week_2_longest"}
        else fact
        for fact in sheet.facts
    )
    sheet = sheet.model_copy(update={"facts": tuple(alike)})
    body = write_plan(sheet).body

    assert not is_rejected(body, sheet, "plan")
    assert is_rejected(body.replace("30 November", "23 November"), sheet, "plan")
    assert is_rejected(body.replace("From 23 November", "From 30 November"), sheet, "plan")


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("The week from 30 November 2026 holds 55 km in 4 runs.", "number"),
        ("The plan starts on 24 December 2026.", "date"),
        ("Easy days heal an injury.", "medical"),
        ("Add 3 km to each easy day of the plan.", "number"),
    ],
)
def test_what_the_plan_does_not_say_is_rejected(said: str, rule: str) -> None:
    """A figure, a date or a claim that no fact of the plan holds."""
    state = PlanState(recent_week_m=(30_000.0,) * 4, days_per_week=4, longest_28d_m=12_000.0)
    sheet = plan_sheet(suggested(state, start=START, weeks=2, race=None), state, Preferences())

    found = check(f"{write_plan(sheet).body} {said}", sheet, kind="plan")

    assert rule in {each.rule for each in found if each.severity == "reject"}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Of a tempo day 14 minutes are fast, of a day for intervals 10 minutes in all;"),
        ("de", "Tempotag sind 14 Minuten schnell, von einem Tag für Intervalle zusammen 10"),
    ],
)
def test_a_hard_day_says_how_much_of_it_is_fast(language: str, expected: str) -> None:
    """30 km a week: 3 km at tempo and 2.4 km of intervals, never a whole day of 7 km."""
    state = PlanState(
        recent_week_m=(30_000.0,) * 4, days_per_week=4, longest_28d_m=12_000.0, vdot=45.0
    )
    made = suggested(state, start=START, weeks=1, race=None)

    said = write_plan(plan_sheet(made, state, Preferences(language=language))).body
    rows = plan_rows(made.model_dump(mode="json"), wording_for("en", "metric"))

    assert expected in said
    assert ["14 minutes", "10 minutes", "", ""] == [row[5] for row in rows]


def test_a_race_needs_its_day() -> None:
    """Half an order is refused, and the message says what is missing."""
    assert race_on("none", None) is None
    with pytest.raises(ValueError, match="together with its day"):
        race_on("10km", None)
    with pytest.raises(ValueError, match="expected one of"):
        race_on("none", START)


def test_a_model_is_sent_the_facts_and_no_schema() -> None:
    """The prompt carries every fact of the plan; the answer is plain text."""
    state = PlanState(recent_week_m=(30_000.0,) * 4, days_per_week=4, longest_28d_m=12_000.0)
    sheet = plan_sheet(suggested(state, start=START, weeks=3, race=None), state, Preferences())

    sent = request_parameters("plan", sheet, find_model("claude-haiku-4-5"), {})

    asked = sent["messages"][0]["content"]
    assert all(fact.text in asked for fact in sheet.facts)
    assert "output_config" not in sent
    assert "23 November 2026" in asked
