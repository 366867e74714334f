"""Predictions, trends and plans: what is said about change and about what comes."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runletters.metrics import prediction, trends
from runletters.metrics.form import fitted_exponent, race_time_s, riegel_s
from runletters.metrics.plan import Plan, PlanState, Race, plan
from runletters.metrics.plan_check import violations
from runletters.metrics.plan_rules import HARD
from tests.runletters.metrics import histories

TODAY = date(2026, 6, 1)


def effort(days_ago: int, distance_m: float, seconds: float) -> prediction.Effort:
    return prediction.Effort(
        activity_id=f"{days_ago}-{distance_m:.0f}",
        local_date=TODAY - timedelta(days=days_ago),
        distance_m=distance_m,
        elapsed_s=seconds,
    )


def test_one_good_effort_predicts_by_daniels() -> None:
    """A 5 km of VDOT 50 is worth the table's other times; untested means ±5 %, ±10 % from afar."""
    seconds = race_time_s(50, 5_000)

    made, tests = prediction.predictions([effort(10, 5_000, seconds)], [], TODAY)

    by_race = {one.race: one for one in made}
    assert tests == []
    assert pytest.approx(2_481, rel=0.002) == by_race["10km"].seconds
    assert pytest.approx(0.05) == 1 - by_race["10km"].low_s / by_race["10km"].seconds
    assert (False, True) == (by_race["10km"].is_far_fetched, by_race["marathon"].is_far_fetched)
    assert pytest.approx(0.10) == 1 - by_race["marathon"].low_s / by_race["marathon"].seconds
    assert (0, None) == (by_race["10km"].tested_races, by_race["10km"].error_percent)


def test_a_runner_with_an_exponent_of_his_own_gets_it() -> None:
    """Three hard efforts on a line of exponent 1.08 predict along that line."""
    efforts = [effort(10, m, riegel_s(400, 1_609.344, m, 1.08)) for m in (1_609.344, 5_000, 10_000)]

    made, _ = prediction.predictions(efforts, [], TODAY)

    half = next(one for one in made if one.race == "half_marathon")
    assert half.method == "riegel_personal"
    assert half.exponent is not None
    assert pytest.approx(1.08, abs=1e-6) == half.exponent
    assert pytest.approx(riegel_s(400, 1_609.344, 21_097.5, 1.08)) == half.seconds


def test_the_back_test_looks_at_nothing_from_the_race_day_on() -> None:
    """Each race is predicted from the days before it; the error is the one of that day."""
    before = [effort(200 - 40 * n, 5_000, race_time_s(45, 5_000)) for n in range(4)]
    races = [effort(190 - 40 * n, 10_000, race_time_s(45, 10_000) * 1.03) for n in range(4)]

    tests = prediction.back_test([*before, *races], races)

    assert len(races) == len(tests)
    assert pytest.approx(-2.91, abs=0.01) == tests[0].error_percent
    assert all(abs(test.error_percent) <= 3 for test in tests)


def test_tested_ranges_are_as_wide_as_the_errors_were() -> None:
    """80 % quantile of the absolute errors, never below 2 %."""
    wide = [_test(error) for error in (1.0, -2.0, 3.0, -6.0, 8.0)]
    narrow = [_test(error) for error in (0.1, -0.2, 0.3)]

    assert pytest.approx(8.0) == prediction.range_percent(wide)
    assert prediction.NARROWEST_PERCENT == prediction.range_percent(narrow)
    assert prediction.UNTESTED_PERCENT == prediction.range_percent(wide[:2])


def _test(error_percent: float) -> prediction.BackTest:
    return prediction.BackTest(
        activity_id="race", local_date=TODAY, distance_m=5_000, actual_s=1_000.0,
        predicted_s=1_000.0 * (1 + error_percent / 100),
    )  # fmt: skip


def test_old_efforts_say_nothing() -> None:
    """Nothing in 90 days: no prediction rather than an old one."""
    made, _ = prediction.predictions([effort(91, 5_000, 1_200)], [], TODAY)

    assert made == []


@given(st.floats(1.02, 1.18), st.floats(150, 500))
def test_an_exponent_is_found_again(exponent: float, seconds: float) -> None:
    """Least squares in logarithms gives back the exponent the times were made with."""
    points = [(m, riegel_s(seconds, 1_000, m, exponent)) for m in (1_000, 3_000, 10_000)]

    found = fitted_exponent(points)

    assert found is not None
    assert exponent == pytest.approx(found, abs=1e-9)


def test_a_step_is_found_and_noise_is_not() -> None:
    """A step of three standard deviations is named at its place; noise never."""
    noise = Random(7)
    flat = [300 + noise.gauss(0, 5) for _ in range(48)]
    stepped = [value - (15 if place >= 30 else 0) for place, value in enumerate(flat)]

    (step,) = trends.change_points(stepped)

    assert trends.change_points(flat) == []
    assert pytest.approx(30, abs=1) == step.index
    assert pytest.approx(-15, abs=4) == step.mean_after - step.mean_before
    assert step.p_value <= trends.SIGNIFICANCE
    assert (48,) == (step.n_before + step.n_after,)


def test_noise_is_rarely_called_a_change() -> None:
    """100 series of noise: about one in a hundred may be wrong, five would be a bug."""
    noise = Random(11)
    series = [[noise.gauss(0, 1) for _ in range(24)] for _ in range(100)]

    wrong = sum(bool(trends.change_points(values)) for values in series)

    assert wrong <= 5


def test_short_series_have_no_change_points() -> None:
    """Below twelve values there is not enough to say."""
    assert trends.change_points([1.0] * 5 + [9.0] * 5) == []


def test_streaks_and_the_day_in_them() -> None:
    """Days in a row; short runs do not count; the day's place in its streak."""
    days = [(0, 5_000), (1, 5_000), (1, 800), (2, 5_000), (3, 800), (4, 5_000)]
    rows = histories.history([(day, m, 300, None, "measured", None) for day, m in days])

    found = trends.streaks(rows)

    first = histories.FIRST_DAY
    assert [3, 1] == [streak.days for streak in found]
    assert (2, 0) == (
        trends.streak_on(found, first + timedelta(days=1)),
        trends.streak_on(found, first + timedelta(days=3)),
    )
    assert pytest.approx(1 / 12) == trends.consistency(rows, first + timedelta(days=4))


STATES = st.builds(
    PlanState,
    recent_week_m=st.lists(st.floats(0, 120_000), max_size=4).map(tuple),
    days_per_week=st.floats(0, 7),
    longest_28d_m=st.floats(0, 45_000),
    tsb=st.one_of(st.none(), st.floats(-60, 40)),
    monotony_7d=st.one_of(st.none(), st.floats(0.3, 5)),
    vdot=st.one_of(st.none(), st.floats(25, 80)),
    hard_days_before=st.integers(0, 3),
)
RACES = st.one_of(
    st.none(),
    st.builds(
        Race,
        local_date=st.integers(0, 60).map(lambda day: TODAY + timedelta(days=day)),
        distance_m=st.sampled_from([5_000.0, 10_000.0, 21_097.5, 42_195.0]),
    ),
)


@settings(max_examples=200, deadline=None)
@given(STATES, RACES, st.integers(1, 4))
def test_every_plan_keeps_its_limits(state: PlanState, race: Race | None, weeks: int) -> None:
    """Growth, rest, hard days, days before a race: for any runner whatsoever."""
    made = plan(state, start=TODAY, weeks=weeks, race=race)

    assert violations(made, state) == []
    assert weeks == len(made.weeks)
    assert all(len(week.days) == 7 for week in made.weeks)
    assert all(any(day.kind == "rest" for day in week.days) for week in made.weeks)
    assert Plan.model_validate_json(made.model_dump_json()) == made
    _before_a_race(made, race)


def _before_a_race(made: Plan, race: Race | None) -> None:
    if race is None:
        return
    for week in made.weeks:
        for day in week.days:
            left = (race.local_date - day.local_date).days
            if left == 0:
                assert (day.kind, day.distance_m) == ("race", race.distance_m)
            elif 0 < left <= 3:
                assert day.kind in {"rest", "easy"}


def test_a_fourth_week_rests() -> None:
    """Three weeks up, one down to 75 % of the base."""
    state = PlanState(
        recent_week_m=(40_000,) * 4, days_per_week=4, longest_28d_m=15_000, tsb=0, vdot=45
    )

    made = plan(state, start=TODAY, weeks=4)

    assert ["build", "build", "build", "cutback"] == [week.rule for week in made.weeks]
    metres = [week.distance_m for week in made.weeks]
    assert metres[0] < metres[1] < metres[2]
    assert metres[3] <= 30_000
    assert metres[0] <= 40_000 * 1.08
    assert {"easy", "long", "tempo", "intervals", "rest"} == {
        day.kind for day in made.weeks[0].days
    }


def test_a_worn_runner_gets_nothing_hard() -> None:
    """TSB below -30: less distance, no hard day, and a caveat that says so."""
    state = PlanState(
        recent_week_m=(60_000,) * 4, days_per_week=5, longest_28d_m=20_000, tsb=-35, vdot=50
    )

    made = plan(state, start=TODAY, weeks=1)

    assert made.weeks[0].rule == "cutback"
    assert not any(day.kind in HARD for day in made.weeks[0].days)
    assert "low_form" in made.caveats


def test_weeks_outside_one_to_four_are_refused() -> None:
    """The message says what was asked and what is possible."""
    state = PlanState(recent_week_m=(), days_per_week=0)

    with pytest.raises(ValueError, match="5; a plan has 1 to 4"):
        plan(state, start=TODAY, weeks=5)


def test_periods_of_an_empty_history_are_empty() -> None:
    """No runs, no weeks."""
    rows = histories.history([(0, 5_000, 300, None, "measured", None)]).clear()

    assert trends.periods(rows, "week").is_empty()
    assert trends.streaks(rows) == []
    assert pl.Series(trends.change_points([])).is_empty()
