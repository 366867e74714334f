"""Every aggregate twice: Polars and DuckDB agree on random runs and histories.

Tolerance: a millionth. Both add the same numbers in another order, and ours are rounded
to six decimals.
"""

from __future__ import annotations

import random
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from runletters.activities import STREAM_SCHEMA
from runletters.metrics import best_efforts as efforts
from runletters.metrics import load, routes, trends
from runletters.metrics.classify import with_usual
from runletters.metrics.elevation import elevation
from runletters.metrics.grade import graded
from runletters.metrics.heart_rate import drift, heart_rates, histogram
from runletters.metrics.intervals import sessions
from runletters.metrics.moving import moving
from runletters.metrics.pacing import evenness, pacing
from runletters.metrics.quality import FLAGS, quality
from runletters.metrics.run_metrics import personalised, run_metrics
from runletters.metrics.samples import samples
from runletters.metrics.splits import SPLIT_SCHEMA, splits_of
from runletters.metrics.steps import steps
from runletters.users import Preferences
from tests.runletters.metrics import histories
from tests.runletters.metrics.engines import asked, same

KNOWN = Preferences(heart_rate_max_bpm=195, heart_rate_rest_bpm=55)
LOOSE = settings(max_examples=20, deadline=None)
FEW = settings(max_examples=5, deadline=None)


def streams_table(streams: pl.DataFrame) -> pl.DataFrame:
    """The streams with every column of the schema."""
    absent = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in STREAM_SCHEMA.items()
        if name not in streams.columns
    ]
    return streams.with_columns(absent)


@LOOSE
@given(histories.STREAMS)
def test_samples_agree(streams: pl.DataFrame) -> None:
    """Cleaning, moving and distance are the same rules in both."""
    ours = samples(streams)

    theirs = asked("metrics_samples", {"streams": streams_table(streams)})

    same(ours, theirs, keys=["activity_id", "t_s"])


@LOOSE
@given(histories.STREAMS)
def test_figures_of_a_run_agree(streams: pl.DataFrame) -> None:
    """Moving time, splits and heart rates from the same samples."""
    clean = samples(streams)
    table = {"samples": clean.drop("run")}

    same(moving(clean), asked("metrics_moving", table), keys=["activity_id"])
    in_sql = asked("metrics_splits", table, unit_m=500.0)
    assert set(SPLIT_SCHEMA) == set(in_sql.columns)
    same(splits_of(clean, 500.0), in_sql, keys=["activity_id", "index"])
    rates = asked("metrics_heart_rates", table)
    if rates.height:
        same(heart_rates(clean), rates, keys=["activity_id"])
    assert rates.height == heart_rates(clean).height


@LOOSE
@given(histories.STREAMS)
def test_best_efforts_agree(streams: pl.DataFrame) -> None:
    """A binary search over all runs finds what trying every piece finds."""
    clean = samples(streams)
    found = efforts.best_efforts(clean).filter(pl.col("effort") == "1km")

    theirs = asked(
        "metrics_best_efforts",
        {"samples": clean.drop("run")},
        length_m=1_000.0,
        fastest_s=efforts.FASTEST_S["1km"],
    )

    assert theirs.height == found.height
    if found.height:
        same(found, theirs, keys=["activity_id"])


@LOOSE
@given(histories.STREAMS)
def test_zones_and_trimp_agree(streams: pl.DataFrame) -> None:
    """What a runner's limits make of the seconds at each heart rate."""
    ids = streams["activity_id"].unique(maintain_order=True).to_list()
    starts = pl.Series([histories.history([(0, 1, 300, None, "measured", None)])["started_at"][0]])
    activities = pl.DataFrame({"activity_id": ids}).with_columns(
        started_at=pl.lit(starts[0]).cast(pl.Datetime("us", "UTC"))
    )
    rows = run_metrics(activities, streams, KNOWN)
    measured = rows.filter(
        pl.col("heart_rate_quality") == "measured", pl.col("heart_rate_seconds").is_not_null()
    )
    lower = [55 + share * 140 for share in (0.5, 0.6, 0.7, 0.8, 0.9)]

    zones = asked("metrics_time_in_zones", {"run_metrics": rows}, lower_bpm=lower)
    trimps = asked(
        "metrics_trimp",
        {"run_metrics": rows},
        rest_bpm=55.0,
        max_bpm=195.0,
        factor=0.64,
        exponent=1.92,
    )

    assert zones.height == trimps.height == measured.height
    if measured.height:
        same(measured, zones, keys=["activity_id"])
        same(measured, trimps, keys=["activity_id"])


@LOOSE
@given(histories.HISTORIES)
def test_load_over_days_and_weeks_agrees(rows: pl.DataFrame) -> None:
    """Days of rest, CTL, ATL, TSB, monotony, strain, ramp and weeks."""
    until = rows["local_date"].max() + timedelta(days=9)
    daily = load.daily_load(rows, until)

    same(
        daily,
        asked("metrics_daily_load", {"run_metrics": rows}, until=until),
        keys=["local_date"],
    )
    table = {"daily_load": daily}
    same(load.fitness(daily), asked("metrics_fitness", table), keys=["local_date"])
    same(load.weekly_load(daily), asked("metrics_weekly_load", table), keys=["week_start"])


@LOOSE
@given(histories.HISTORIES)
@pytest.mark.parametrize("period", ["week", "month", "year"])
def test_periods_agree(period: trends.Period, rows: pl.DataFrame) -> None:
    """Totals of weeks, months and years."""
    same(
        trends.periods(rows, period),
        asked("metrics_periods", {"run_metrics": rows}, period=period),
        keys=["period_start"],
    )


@LOOSE
@given(histories.HISTORIES)
def test_streaks_agree(rows: pl.DataFrame) -> None:
    """Days in a row, by counting and by islands."""
    ours = [(streak.first, streak.last, streak.days) for streak in trends.streaks(rows)]

    theirs = asked("metrics_streaks", {"run_metrics": rows}).rows()

    assert theirs == ours


@LOOSE
@given(histories.HISTORIES)
def test_records_agree(rows: pl.DataFrame) -> None:
    """The runner's best of a distance, its day, and out of how many."""
    found = rows.select(
        "activity_id",
        effort=pl.lit("1km"),
        distance_m=pl.lit(1_000.0),
        elapsed_s=pl.col("pace_s_per_km"),
    )

    theirs = asked("metrics_records", {"run_metrics": rows, "best_efforts": found})

    ours = efforts.records(found, rows)
    assert theirs.height == ours.height
    if ours.height:
        same(ours, theirs, keys=["effort"])


def test_the_edges_of_the_rules_agree() -> None:
    """A stretch at 0.92 m/s moves, and a stop of exactly ten seconds is a pause."""
    run = [(10, 30, 140, 0, 0)] * 20
    walk = [(50, 46, 110, 0, 0)] * 3
    clean = samples(histories.stream("run", [*run, (10, 0, 130, 0, 0), *run, *walk]))
    table = {"samples": clean.drop("run")}

    ours = moving(clean)

    assert (1, 10.0) == ours.select("pauses_count", "longest_pause_s").row(0)
    same(ours, asked("metrics_moving", table), keys=["activity_id"])
    streams = histories.stream("run", [*run, (10, 0, 130, 0, 0), *run, *walk])
    theirs = asked("metrics_samples", {"streams": streams_table(streams)})
    same(clean, theirs, keys=["activity_id", "t_s"])


def test_every_heart_rate_is_in_the_same_zone_in_both() -> None:
    """A minute at each whole heart rate from 90 to 195, the bounds of the zones among them."""
    streams = histories.stream("run", [(20, 60, rate // 3, 0, 0) for rate in range(270, 588)])
    rows = run_metrics(pl.DataFrame({"activity_id": ["run"]}), streams, KNOWN)
    table = {"run_metrics": rows}
    lower = [55 + share * 140 for share in (0.5, 0.6, 0.7, 0.8, 0.9)]
    limits = {"rest_bpm": 55.0, "max_bpm": 195.0, "factor": 0.64, "exponent": 1.92}

    assert "measured" == rows["heart_rate_quality"].item()
    same(rows, asked("metrics_time_in_zones", table, lower_bpm=lower), keys=["activity_id"])
    same(rows, asked("metrics_trimp", table, **limits), keys=["activity_id"])


def test_new_limits_need_no_streams() -> None:
    """Zones made again from the row equal zones made with the streams at hand."""
    streams = histories.even_stream("run", seconds=1_800, heart_rate_bpm=150.0)
    other = Preferences(heart_rate_max_bpm=180)
    activities = pl.DataFrame({"activity_id": ["run"]})

    again = personalised(run_metrics(activities, streams, KNOWN), other)

    assert_frame_equal(run_metrics(activities, streams, other), again)


def long_runs(seed: int) -> pl.DataFrame:
    """Two runs of about an hour, uneven in everything: halves and drift need length."""
    chance = random.Random(seed)

    def step() -> tuple[int, int, int | None, int, int]:
        seconds = chance.randint(5, 30)
        metres = round(seconds * chance.uniform(1.5, 4.5)) * chance.choice([0, 1, 1, 1, 1, 1])
        return seconds, metres, chance.choice([None, *range(110, 180)]), 0, chance.randint(-2, 2)

    return pl.concat(
        [histories.stream(f"run-{place}", [step() for _ in range(220)]) for place in (0, 1)]
    )


@FEW
@given(st.integers(0, 10_000))
def test_how_a_run_was_spread_agrees(seed: int) -> None:
    """Halves, quarters, evenness, drift and efficiency from the same samples."""
    clean = samples(long_runs(seed))
    placed = clean.drop("run")
    for name, ours, tables, parameters in (
        ("metrics_pacing", pacing(clean), {"samples": placed}, {}),
        ("metrics_drift", drift(clean).drop("decoupling_percent"), {"samples": placed}, {}),
        ("metrics_evenness", evenness(splits_of(clean, 500.0), 500.0),
         {"splits": splits_of(clean, 500.0)}, {"unit_m": 500.0}),
    ):  # fmt: skip
        theirs = asked(name, tables, **parameters).drop("decoupling_percent", strict=False)
        assert 2 == theirs.height == ours.height
        assert 0 == sum(ours.null_count().row(0))
        same(ours, theirs, keys=["activity_id"])
    found = efforts.best_efforts(clean).filter(pl.col("effort") == "1km")
    limits = {"length_m": 1_000.0, "fastest_s": efforts.FASTEST_S["1km"]}
    assert 2 == found.height
    same(found, asked("metrics_best_efforts", {"samples": placed}, **limits), keys=["activity_id"])


@FEW
@given(histories.HISTORIES)
def test_what_is_usual_agrees(rows: pl.DataFrame) -> None:
    """The medians of the 56 days before each run."""
    ours = with_usual(rows).filter(pl.col("usual_runs").is_not_null())

    theirs = asked("metrics_usual", {"run_metrics": rows.drop("heart_rate_seconds")})

    assert theirs.height == ours.height
    if ours.height:
        same(ours, theirs, keys=["activity_id"])


REPETITIONS = st.lists(
    st.tuples(st.sampled_from(["one", "two"]), st.integers(20, 400), st.integers(50, 2_000),
              st.none() | st.integers(10, 300)), min_size=1, max_size=30)  # fmt: skip


@FEW
@given(REPETITIONS)
def test_sessions_agree(rows: list[tuple[str, int, int, int | None]]) -> None:
    """Counts, medians and the pace of all fast stretches together."""
    found = pl.DataFrame(
        [(name, float(s), float(m), s / m * 1_000, r) for name, s, m, r in rows],
        schema=["activity_id", "duration_s", "distance_m", "pace_s_per_km", "recovery_s"],
        orient="row",
        schema_overrides={"recovery_s": pl.Float64},
    )

    same(sessions(found), asked("metrics_sessions", {"repetitions": found}), keys=["activity_id"])


REPEATABLE = settings(max_examples=10, deadline=None, derandomize=True)
"""The same runs each time: a rare rounding in a library is no reason for a red build."""


@REPEATABLE
@given(histories.RICH_STREAMS)
def test_figures_of_every_channel_agree(streams: pl.DataFrame) -> None:
    """Drift, decoupling, evenness of 5 minutes, climb, grade, steps, flags, seconds by rate."""
    clean = samples(streams)
    table = {"samples": clean.drop("run")}
    seconds = histogram(clean).explode("heart_rate_seconds").unnest("heart_rate_seconds")

    for name, ours, keys in (
        ("metrics_drift", drift(clean), ["activity_id"]),
        ("metrics_elevation", elevation(clean), ["activity_id"]),
        ("metrics_grade", graded(clean), ["activity_id"]),
        ("metrics_steps", steps(clean), ["activity_id"]),
        ("metrics_quality", quality(clean), ["activity_id"]),
        ("metrics_heart_rate_seconds", seconds, ["activity_id", "bpm"]),
    ):
        theirs = asked(name, table)
        assert theirs.height == ours.height, name
        if ours.height:
            assert set(ours.columns) == set(theirs.columns)
            same(ours, theirs, keys=keys)


HOUR = (73, 25, 3)
"""Half an hour at 3 m/s and a little more: two of them are just over an hour."""


def test_decoupling_of_a_steady_hour_agrees() -> None:
    """An hour whose second half is dearer: told, and the same in both."""
    pieces: list[histories.Piece] = [(*HOUR, rate, 85, 250, 2, 5) for rate in (140, 154)]
    clean = samples(histories.rich_stream("run", pieces))

    ours = drift(clean)

    assert ours["decoupling_percent"].item() == pytest.approx(100 * (1 - 140 / 154), abs=0.1)
    same(ours, asked("metrics_drift", {"samples": clean.drop("run")}), keys=["activity_id"])


BROKEN: dict[str, list[histories.Piece]] = {
    "gps_teleport": [(20, 5, 3, 140, 85, None, 0, 1), (1, 2, 60, 140, 85, None, 0, 1),
                     (20, 5, 3, 141, 85, None, 0, 1)],
    "distance_frozen": [(150, 5, 0, 140, 85, None, 0, 3)],
    "long_gap": [(20, 5, 3, 140, 85, None, 0, 1), (1, 130, 3, 140, 85, None, 0, 1)],
    "heart_rate_jumps": [(2, 2, 3, rate, 85, None, 0, 1) for rate in (120, 150, 120, 150)],
    "heart_rate_early_spike": [(90, 5, 3, 175, 60, None, 0, 1), (150, 5, 3, 140, 60, None, 0, 1)],
    "heart_rate_frozen": [(70, 5, 3, 151, 85, None, 0, 1)],
    "heart_rate_cadence_lock": [(150, 1, 3, 170, 85, None, 0, 1)],
    "heart_rate_gaps": [(20, 5, 3, None, 85, None, 0, 1), (20, 5, 3, 140, 85, None, 0, 1)],
}  # fmt: skip
"""For each flag the shortest run that earns it."""


@pytest.mark.parametrize("flag", FLAGS)
def test_each_flag_is_raised_by_both(flag: str) -> None:
    """No flag is agreed on by never being raised."""
    clean = samples(histories.rich_stream("run", BROKEN[flag]))

    ours = quality(clean)

    assert flag in ours["stream_flags"].item()
    same(ours, asked("metrics_quality", {"samples": clean.drop("run")}), keys=["activity_id"])


def test_the_edges_of_the_sensors_agree() -> None:
    """A strap silent for 25 s, legs at 125 and at rest, and a spike in the eighth minute."""
    silent: list[histories.Piece] = [
        (60, 5, 3, 140, 125, 250, 0, 1),
        (4, 5, 3, None, 0, 250, 0, 1),
        (60, 5, 3, 150, 125, 250, 0, 1),
    ]
    spike: list[histories.Piece] = [
        (50, 5, 3, 140, 85, None, 0, 1),
        (46, 5, 3, 175, 85, None, 0, 1),
        (150, 5, 3, 140, 85, None, 0, 1),
    ]
    runs = (histories.rich_stream("silent", silent), histories.rich_stream("spike", spike))
    clean = samples(pl.concat(runs))
    table = {"samples": clean.drop("run")}
    seconds = histogram(clean).explode("heart_rate_seconds").unnest("heart_rate_seconds")

    assert 250 == steps(clean)["stream_cadence_spm"][0]
    assert "heart_rate_early_spike" in quality(clean)["stream_flags"][1]
    same(steps(clean), asked("metrics_steps", table), keys=["activity_id"])
    same(quality(clean), asked("metrics_quality", table), keys=["activity_id"])
    same(seconds, asked("metrics_heart_rate_seconds", table), keys=["activity_id", "bpm"])


WALKS = st.lists(
    st.lists(
        st.tuples(st.integers(-60, 60), st.integers(-60, 60)) | st.none(), min_size=1, max_size=60
    ),
    min_size=1,
    max_size=4,
)
"""Steps of a few runs in 0.00001 degrees; None is a lost position."""


def walked(walks: list[list[tuple[int, int] | None]]) -> pl.DataFrame:
    """Positions of runs that all start at the same invented place."""
    rows: list[tuple[str, float | None, float | None]] = []
    for place, walk in enumerate(walks):
        north = east = 0
        for step in walk:
            north, east = north + 2 * (step or (0, 0))[0], east + 2 * (step or (0, 0))[1]
            known = (10.001 + north / 1e5, 20.002 + east / 1e5) if step else (None, None)
            rows.append((f"run-{place}", *known))
    schema = {"activity_id": pl.String(), "latitude_deg": pl.Float64(),
              "longitude_deg": pl.Float64()}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


@REPEATABLE
@given(WALKS)
def test_routes_and_their_likeness_agree(walks: list[list[tuple[int, int] | None]]) -> None:
    """Cells of each run, and how alike any two runs are, each seen from both sides."""
    positions = walked([*walks, [(30, 30)] * 40])
    cells = routes.route_cells(positions)
    sets = {name: frozenset(own) for name, own in cells.iter_rows()}
    ours = [
        (one, other, routes.similarity(routes.Surroundings.of(sets[one]), sets[other]))
        for one in sets
        for other in sets
    ]

    same(cells, asked("metrics_route_cells", {"streams": positions}), keys=["activity_id"])
    same(
        pl.DataFrame(ours, schema=["activity_id", "other_id", "similarity"], orient="row"),
        asked("metrics_route_similarity", {"routes": cells}),
        keys=["activity_id", "other_id"],
    )


def test_a_route_inside_a_longer_one_is_alike_by_the_smaller_share() -> None:
    """Twenty cells in a row and their first eighteen: all of one, nineteen of the other."""
    lines = {
        "long": frozenset(range(20)),
        "short": frozenset(range(18)),
        "half": frozenset([*range(9), 5_000]),  # nine tenths of it are half of the long one
    }
    cells = pl.DataFrame(
        {"activity_id": list(lines), "cells": [sorted(line) for line in lines.values()]},
        schema=routes.ROUTES_SCHEMA,
    )

    found = asked("metrics_route_similarity", {"routes": cells})
    actual = {(one, other): share for one, other, share in found.iter_rows()}

    ours = {
        (one, other): routes.similarity(routes.Surroundings.of(lines[one]), lines[other])
        for one in lines
        for other in lines
    }
    assert 0.95 == ours["long", "short"] == ours["short", "long"]
    assert 0.5 == ours["long", "half"]
    assert ours == pytest.approx(actual)
