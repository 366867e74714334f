"""Figures over many runs twice: ranks, medians, sums, lines and bests, in both engines.

Tolerance: a millionth, as for the figures of one run.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runletters.comparisons import COMPARISON_INPUT, compare
from runletters.digests.periods import Period
from runletters.digests.totals import total_of
from runletters.metrics import form, prediction, routes, similar, trends
from runletters.metrics.anchors import seen_heart_rate_max_bpm
from runletters.metrics.row import RUN_METRICS_SCHEMA
from runletters.sheets.condition import Loads
from tests.runletters.metrics import histories
from tests.runletters.metrics.engines import asked, same

FEW = settings(max_examples=6, deadline=None)

Run: TypeAlias = tuple[
    int, int, int, str, str, int | None, str, int | None, int | None, int | None, int
]

ALIKE = st.lists(
    st.tuples(
        st.integers(0, 500),  # day
        st.sampled_from([5_000, 5_400, 5_500, 5_501, 10_000, 11_000]),  # metres
        st.integers(240, 480),  # pace
        st.sampled_from(["measured", "measured", "estimated", "doubtful"]),
        st.sampled_from(["running", "running", "trail_running"]),
        st.none() | st.integers(110, 180),  # heart rate
        st.sampled_from(["measured", "measured", "doubtful"]),
        st.none() | st.integers(0, 120),  # climb
        st.none() | st.integers(80, 150),  # efficiency, in hundredths
        st.none() | st.integers(80, 150),  # the same, graded
        st.integers(0, 3),  # which route
    ),
    min_size=35,
    max_size=45,
)
"""Runs of few distances, so that many are like others."""


def alike_history(runs: list[Run]) -> pl.DataFrame:
    """Rows of run_metrics; two runs of one day begin an hour apart."""
    rows = [
        dict.fromkeys(RUN_METRICS_SCHEMA)
        | {
            "activity_id": f"run-{place:02d}",
            "local_date": histories.FIRST_DAY + timedelta(days=day),
            "started_at": datetime(2021, 12, 20, tzinfo=UTC) + timedelta(days=day, minutes=place),
            "sport": sport,
            "distance_m": float(metres),
            "pace_s_per_km": float(pace),
            "pace_quality": quality,
            "heart_rate_avg_bpm": rate,
            "heart_rate_max_bpm": rate and rate + 10,
            "heart_rate_quality": rate_quality,
            "elevation_gain_m": climb,
            "efficiency_factor": plain and plain / 100,
            "efficiency_factor_graded": graded and graded / 100,
        }
        for place, (
            day, metres, pace, quality, sport, rate, rate_quality, climb, plain, graded, _,
        ) in enumerate(runs)
    ]  # fmt: skip
    typed = pl.DataFrame(rows, schema_overrides=RUN_METRICS_SCHEMA, strict=False)
    return typed.select(*RUN_METRICS_SCHEMA)


LOOPS = [frozenset(range(20)), frozenset(range(18)), frozenset(range(900, 920)), frozenset[int]()]
"""Two that are alike, one elsewhere, and a run without positions."""


@FEW
@given(ALIKE)
def test_runs_like_it_agree(runs: list[Run]) -> None:
    """Medians, ranks and change at equal heart rate beside earlier runs like each run."""
    rows = alike_history(runs)
    cells = {f"run-{place:02d}": LOOPS[run[-1]] for place, run in enumerate(runs) if LOOPS[run[-1]]}
    near = {name: routes.Surroundings.of(own) for name, own in cells.items()}
    likeness = pl.DataFrame(
        [
            (one, other, routes.similarity(near[one], cells[other]))
            for one in cells
            for other in cells
        ],
        schema={"activity_id": pl.String, "other_id": pl.String, "similarity": pl.Float64},
        orient="row",
    )
    found = {
        name: similar.compared(name, rows, similar.similar_runs(name, rows, cells))
        for name in rows["activity_id"]
    }
    ours = [asdict(one) | {"activity_id": name} for name, one in found.items() if one]

    theirs = asked(
        "metrics_similar",
        {"run_metrics": rows.drop("heart_rate_seconds"), "likeness": likeness},
    )

    assert len(ours) == theirs.height
    if ours:
        table = pl.DataFrame(ours, infer_schema_length=None)
        assert set(table.columns) == set(theirs.columns)
        same(table, theirs, keys=["activity_id"])


STANDING = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 1, 1, 2, 2, 3, 4, 9, 30, 365]),  # days since the run before
        st.none() | st.integers(0, 1_439),  # minute of the day
        st.sampled_from([4_400, 4_600, 5_000, 5_500, 12_400, 21_097, 30_100, 42_195, 5_000, 4_900]),
        st.sampled_from([None, *range(295, 311)]),  # pace
        st.none() | st.integers(0, 40),  # climb
        st.sampled_from([None, *range(140, 151)]),  # heart rate
    ),
    min_size=60,
    max_size=75,
)
"""Runs in order: few distances and paces, so that ranks are shared and bands are full."""

Standing: TypeAlias = tuple[int, int | None, int, int | None, int | None, int | None]


@FEW
@given(STANDING, st.sampled_from(["metric", "imperial"]))
def test_places_in_a_history_agree(runs: list[Standing], units: str) -> None:
    """Ranks, last times, volumes, habits, usuals and anniversaries as of each run."""
    day = date(2020, 2, 20)
    rows: list[tuple[object, ...]] = []
    for place, (gap, minute, metres, pace, climb, rate) in enumerate(runs):
        day += timedelta(days=gap)
        rows.append((f"run-{place:02d}", day, minute, metres, pace, climb, rate))
    table = pl.DataFrame(rows, schema=COMPARISON_INPUT, orient="row", strict=False)

    ours = compare(table, "metric" if units == "metric" else "imperial")
    theirs = asked(
        "metrics_standing",
        {"runs": table.with_row_index("place", offset=1)},
        unit_m=1_000.0 if units == "metric" else form.MILE_M,
    )

    assert set(ours.columns) == set(theirs.columns)
    same(_typed(ours, theirs), theirs, keys=["activity_id"])


def _typed(ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """A column without any value has no kind of its own."""
    empty = [name for name, kind in ours.schema.items() if kind == pl.Null]
    return ours.with_columns(pl.col(name).cast(theirs.schema[name]) for name in empty)


FULL = st.lists(histories.DAYS, min_size=6, max_size=6).map(
    lambda parts: histories.history([day for part in parts for day in part])
)
"""Some forty runs in four months."""


@FEW
@given(FULL, st.integers(-3, 130), st.integers(0, 40))
def test_sums_between_two_days_agree(rows: pl.DataFrame, start: int, length: int) -> None:
    """What a digest adds up, the load of some days, and how regularly somebody ran."""
    known_at = pl.col("local_date").dt.day() % 8 > 0
    quality = pl.when(known_at).then(pl.lit("derived")).otherwise(pl.lit("estimated"))
    rows = rows.with_columns(load_quality=quality)
    first = histories.FIRST_DAY + timedelta(days=start)
    last = first + timedelta(days=length)
    table = {"run_metrics": rows.drop("heart_rate_seconds")}

    total = total_of(rows, Period(window="week", first=first, last=last))
    theirs = asked("metrics_total", table, first=first, last=last)
    share = asked("metrics_consistency", table, until=last, weeks=12)

    known = rows.drop_nulls("load").sort("local_date")
    guesses = [quality != "derived" for quality in known["load_quality"]]
    loads = Loads(known["local_date"].to_list(), known["load"].to_list(), guesses)
    in_sql = asked("metrics_load_between", table, first=first, last=last)

    assert asdict(total) == pytest.approx(theirs.row(0, named=True))
    assert loads.between(first, last) == pytest.approx(in_sql.row(0))
    assert trends.consistency(rows, last) == pytest.approx(share.item())


EFFORTS = st.lists(
    st.tuples(
        st.sampled_from([1_000.0, 1_609.344, 3_000.0, 5_000.0, 10_000.0]),
        st.integers(200, 420),  # seconds a kilometre
    ),
    max_size=3,
    unique_by=lambda effort: effort[0],
)


@FEW
@given(FULL, st.lists(EFFORTS, min_size=25, max_size=40), st.integers(60, 200))
def test_recent_efforts_agree(
    rows: pl.DataFrame, efforts: list[list[tuple[float, int]]], start: int
) -> None:
    """The efforts that a prediction is made of, and the one that is worth most."""
    day = histories.FIRST_DAY + timedelta(days=start)
    found = pl.DataFrame(
        [
            (name, metres, metres / 1_000 * pace)
            for name, own in zip(rows["activity_id"], efforts, strict=False)
            for metres, pace in own
        ],
        schema={"activity_id": pl.String, "distance_m": pl.Float64, "elapsed_s": pl.Float64},
        orient="row",
    )

    told, _ = prediction.predictions(prediction.efforts_of(found, rows), [], day)
    theirs = asked(
        "metrics_recent_efforts",
        {"run_metrics": rows.drop("heart_rate_seconds"), "best_efforts": found},
        day=day,
    )

    assert bool(told) == bool(theirs.height)
    if told:
        best = theirs.row(0, named=True)
        assert told[0].efforts_count == theirs.height
        assert told[0].vdot == pytest.approx(best["vdot"])
        assert (told[0].from_date, told[0].from_distance_m) == (
            best["local_date"],
            best["distance_m"],
        )


@FEW
@given(st.lists(st.tuples(st.integers(400, 42_195), st.integers(60, 20_000)), max_size=8))
def test_lines_through_efforts_agree(efforts: list[tuple[int, int]]) -> None:
    """Critical speed, what is above it, and the runner's own exponent."""
    pairs = [(float(metres), float(seconds)) for metres, seconds in efforts]
    table = pl.DataFrame(
        pairs, schema={"distance_m": pl.Float64, "elapsed_s": pl.Float64}, orient="row"
    )

    line, exponent = form.critical_speed(pairs), form.fitted_exponent(pairs)
    theirs = asked("metrics_critical_speed", {"efforts": table}).row(0, named=True)

    if line is not None:
        assert asdict(line) == pytest.approx({name: theirs[name] for name in asdict(line)})
    if exponent is not None:
        assert exponent == pytest.approx(theirs["exponent"])


def test_the_lines_have_examples() -> None:
    """Both figures exist for a runner who slows down as runners do."""
    pairs = [(1_500.0, 300.0), (3_000.0, 630.0), (5_000.0, 1_090.0), (10_000.0, 2_290.0)]
    table = pl.DataFrame(pairs, schema=["distance_m", "elapsed_s"], orient="row")

    line, exponent = form.critical_speed(pairs), form.fitted_exponent(pairs)
    theirs = asked("metrics_critical_speed", {"efforts": table}).row(0, named=True)

    assert line is not None
    assert {**asdict(line), "exponent": exponent} == pytest.approx(theirs)


@FEW
@given(ALIKE)
def test_the_highest_heart_rate_seen_agrees(runs: list[Run]) -> None:
    """The second highest of ten sound runs and more."""
    rows = alike_history(runs)

    sound = rows.filter(pl.col("heart_rate_quality") == "measured").drop_nulls("heart_rate_max_bpm")

    for some in (rows, sound.head(9), sound.head(10)):
        theirs = asked("metrics_seen_max", {"run_metrics": some.drop("heart_rate_seconds")})
        assert seen_heart_rate_max_bpm(some) == theirs.item()
