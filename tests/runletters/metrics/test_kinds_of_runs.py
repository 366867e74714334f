"""Intervals, classes by rule, similar runs, routes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from runletters.metrics import intervals, routes, similar
from runletters.metrics.classify import FIGURES, classified, classify
from runletters.metrics.samples import samples
from runletters.sheets.classify import reason_of
from tests.runletters.metrics import histories


def session(repeats: int, *, fast_s: int = 120, slow_s: int = 90) -> pl.DataFrame:
    """Ten easy minutes, repetitions at 4.5 m/s, ten easy minutes; second by second."""
    speeds = [2.6] * 600
    for _ in range(repeats):
        speeds += [4.5] * fast_s + [2.2] * slow_s
    speeds += [2.6] * 600
    return pl.DataFrame(
        {
            "activity_id": ["session"] * len(speeds),
            "t_s": [float(second) for second in range(1, len(speeds) + 1)],
            "distance_m": pl.Series(speeds).cum_sum(),
        }
    )


@pytest.mark.parametrize("repeats", [3, 6, 10])
def test_repetitions_are_found_and_measured(repeats: int) -> None:
    """Count exact; length within two pieces of 10 s; pace within 3 %."""
    found = intervals.repetitions(samples(session(repeats)))

    row = intervals.sessions(found).row(0, named=True)

    assert repeats == row["repetitions_count"]
    assert pytest.approx(120, abs=20) == row["repetition_s"]
    assert pytest.approx(1_000 / 4.5, rel=0.03) == row["repetition_pace_s_per_km"]
    assert pytest.approx(90, abs=20) == row["recovery_s"]


@pytest.mark.parametrize("repeats", [0, 1, 2])
def test_fewer_than_three_are_no_session(repeats: int) -> None:
    """One fast mile in an easy run is no interval training."""
    found = intervals.repetitions(samples(session(repeats)))

    assert found.is_empty()


def test_even_running_is_no_session() -> None:
    """Noise is not structure."""
    even = histories.even_stream("run", seconds=3_000)

    assert intervals.repetitions(samples(even)).is_empty()


USUAL: dict[str, Any] = {
    "distance_m": 10_000.0, "moving_s": 3_300.0, "pace_s_per_km": 330.0,
    "pace_quality": "measured", "sport": "running", "usual_runs": 20,
    "usual_distance_m": 10_000.0, "usual_pace_s_per_km": 330.0, "pauses_count": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "easy"),
        ({"is_race": True}, "race"),
        ({"pace_s_per_km": 270.0, "moving_s": 2_700.0}, "race"),
        ({"pace_s_per_km": 270.0, "pauses_count": 3}, "tempo"),
        ({"repetitions_count": 6, "repetition_s": 180.0}, "intervals"),
        ({"sport": "treadmill_running"}, "treadmill"),
        ({"sport": "trail_running"}, "trail"),
        ({"elevation_gain_m": 260.0}, "hills"),
        ({"distance_m": 18_000.0, "moving_s": 5_940.0}, "long"),
        ({"pace_s_per_km": 300.0, "distance_m": 8_000.0}, "tempo"),
        ({"pace_s_per_km": 360.0, "distance_m": 6_000.0}, "recovery"),
        ({"pace_s_per_km": 315.0, "distance_m": 8_000.0}, "steady"),
        ({"pace_quality": "doubtful"}, "unknown"),
        ({"distance_m": None}, "unknown"),
        ({"usual_runs": 2}, "unknown"),
    ],
)
def test_the_first_rule_that_holds_names_the_run(changes: dict[str, Any], expected: str) -> None:
    """Each class by the figure that makes it, with a reason."""
    found = classify({**USUAL, **changes})

    assert expected == found.name
    assert reason_of(found.rule, {name: found.figures.get(name) for name in FIGURES})


@given(histories.HISTORIES)
def test_later_runs_never_change_an_earlier_class(rows: pl.DataFrame) -> None:
    """The class of a run is the same with and without what came after it."""
    middle = rows["local_date"].min() + timedelta(days=60)
    then = rows.filter(pl.col("local_date") <= middle)

    now = classified(rows).join(then.select("activity_id"), on="activity_id", how="semi")

    assert_frame_equal(classified(then), now)


def loop(activity_id: str, *, shift_deg: float = 0.0, points: int = 200) -> pl.DataFrame:
    """An invented square of 500 m on each side, in the middle of an ocean."""
    side = 0.0045
    corners = [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side), (0.0, 0.0)]
    rows: list[tuple[str, float, float]] = []
    for place in range(points):
        edge, share = divmod(place / points * 4, 1)
        (lat0, lon0), (lat1, lon1) = corners[int(edge)], corners[int(edge) + 1]
        rows.append(
            (activity_id, lat0 + (lat1 - lat0) * share + shift_deg, lon0 + (lon1 - lon0) * share)
        )
    return pl.DataFrame(rows, schema=["activity_id", "latitude_deg", "longitude_deg"], orient="row")


def cells_of(*loops: pl.DataFrame) -> dict[str, frozenset[int]]:
    found = routes.route_cells(pl.concat(loops))
    return {name: frozenset(cells) for name, cells in found.iter_rows()}


def test_the_same_loop_is_the_same_route_in_spite_of_gps_noise() -> None:
    """20 m beside, and half as many points: the same; 500 m beside: another route."""
    cells = cells_of(
        loop("one"), loop("noisy", shift_deg=0.0002, points=120), loop("far", shift_deg=0.0045)
    )

    assert (
        routes.similarity(routes.Surroundings.of(cells["one"]), cells["noisy"]) >= routes.SAME_ROUTE
    )
    assert routes.similarity(routes.Surroundings.of(cells["one"]), cells["far"]) < routes.SAME_ROUTE


def test_an_encoded_line_is_read_and_a_broken_one_is_none() -> None:
    """Google's own example; rubbish counts as no route."""
    points = routes.decoded("_p~iF~ps|U_ulLnnqC_mqNvxq`@")

    assert [(38.5, -120.2), (40.7, -120.95), (43.252, -126.453)] == points
    assert routes.decoded("\x01\x02") == []


def compared_history() -> pl.DataFrame:
    """Five runs of 10 km, each faster than the one before, with heart rate."""
    days = [(day * 10, 10_000, 340 - day * 5, None, "measured", None) for day in range(5)]
    return histories.history(days).with_columns(
        heart_rate_avg_bpm=150.0, heart_rate_quality=pl.lit("measured")
    )


def test_only_earlier_runs_are_similar() -> None:
    """The middle run is compared with the two before it."""
    found = similar.similar_runs("run-002", compared_history(), {})

    assert {"run-000", "run-001"} == set(found["activity_id"])
    assert {"distance"} == set(found["basis"])


def test_a_route_wins_over_a_distance() -> None:
    """Two earlier runs on the same loop are enough to speak of the loop."""
    cells = cells_of(*(loop(f"run-00{place}") for place in (1, 3, 4)))

    found = similar.similar_runs("run-004", compared_history(), cells)

    assert {"run-001", "run-003"} == set(found["activity_id"])
    assert {"route"} == set(found["basis"])


def test_what_changed_at_equal_heart_rate() -> None:
    """Rank, n, dates, and the pace that the median heart rate was worth then and now."""
    rows = compared_history()

    found = similar.compared("run-004", rows, similar.similar_runs("run-004", rows, {}))

    assert found is not None
    assert (5, 1, 1, 5) == (found.n, found.pace_rank, found.efficiency_rank, found.efficiency_n)
    assert (325.0, "run-003") == (found.best_pace_s_per_km, found.best_activity_id)
    assert pytest.approx(-12.5) == found.pace_change_s_per_km
    # The same heart rate throughout: the change of pace is the change at equal heart rate,
    # up to the median of inverse paces.
    assert found.pace_change_at_equal_heart_rate_s_per_km is not None
    assert pytest.approx(-12.5, abs=0.1) == found.pace_change_at_equal_heart_rate_s_per_km


def test_a_doubtful_run_is_compared_with_nothing() -> None:
    """Bad distance or time stays out of comparisons."""
    rows = compared_history().with_columns(
        pace_quality=pl.when(pl.col("activity_id") == "run-004")
        .then(pl.lit("doubtful"))
        .otherwise("pace_quality")
    )

    assert similar.similar_runs("run-004", rows, {}).is_empty()


def test_a_leg_of_a_multisport_day_is_compared_with_nothing() -> None:
    """It was run on tired legs; without that it has four runs beside it."""
    rows = compared_history()
    leg = rows.with_columns(classification=pl.lit("multisport"))

    assert 4 == similar.similar_runs("run-004", rows, {}).height
    assert similar.similar_runs("run-004", leg, {}).is_empty()


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=30))
def test_a_route_is_like_itself(cells: list[int]) -> None:
    """Likeness is 1 with itself and the same from both sides above the threshold."""
    own = frozenset(cells)

    assert routes.similarity(routes.Surroundings.of(own), own) == 1.0
