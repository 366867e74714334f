"""What holds for every run, whatever its numbers."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from runletters.metrics import form, load
from runletters.metrics.best_efforts import best_efforts
from runletters.metrics.elevation import elevation
from runletters.metrics.grade import graded
from runletters.metrics.heart_rate import drift, heart_rates, histogram, time_in_bands
from runletters.metrics.moving import moving, pauses
from runletters.metrics.pacing import pacing
from runletters.metrics.quality import quality
from runletters.metrics.run_metrics import RUN_METRICS_SCHEMA, run_metrics
from runletters.metrics.samples import samples
from runletters.metrics.splits import splits_of
from runletters.users import Preferences
from tests.runletters.metrics import histories

LOOSE = settings(max_examples=40, deadline=None)


@LOOSE
@given(histories.STREAMS)
def test_splits_add_up_to_the_run(streams: pl.DataFrame) -> None:
    """Distance and moving time of the splits are those of the run, rounding aside."""
    clean = samples(streams)
    summed = splits_of(clean, 500.0).group_by("activity_id").agg(pl.col("distance_m").sum())

    both = moving(clean).join(summed, on="activity_id", how="left")

    for row in both.iter_rows(named=True):
        # A rest of less than a metre is dropped.
        assert row["stream_distance_m"] == pytest.approx(row["distance_m"] or 0.0, abs=1.0)


@LOOSE
@given(histories.STREAMS)
def test_moving_time_lies_within_elapsed_time(streams: pl.DataFrame) -> None:
    """Moving and pausing are parts of the elapsed time; pauses are named one by one."""
    clean = samples(streams)
    row = moving(clean)

    named = pauses(clean)["duration_s"].sum()

    assert row.select((pl.col("stream_moving_s") <= pl.col("stream_elapsed_s")).all()).item()
    assert row.select((pl.col("paused_s") >= 0).all()).item()
    assert named <= row["paused_s"].sum() + 1e-6


@LOOSE
@given(histories.STREAMS)
def test_best_efforts_are_in_order(streams: pl.DataFrame) -> None:
    """A longer stretch never takes less time than a shorter one of the same run."""
    found = best_efforts(samples(streams))

    step = found.select(pl.col("elapsed_s").diff().over("activity_id").drop_nulls())

    assert (step["elapsed_s"] >= -1e-6).all()


@LOOSE
@given(histories.STREAMS)
def test_bands_hold_all_time_with_heart_rate(streams: pl.DataFrame) -> None:
    """Time in zones and in the histogram are the time that heart rates stand for."""
    clean = samples(streams)
    covered = heart_rates(clean)["heart_rate_covered_s"].sum()

    bands = time_in_bands(clean, (100.0, 140.0, 180.0)).select(pl.selectors.float())
    kept = histogram(clean).explode("heart_rate_seconds").unnest("heart_rate_seconds")

    assert covered == pytest.approx(sum(bands.sum().row(0)) if bands.height else 0.0)
    assert covered == pytest.approx(kept["seconds"].sum(), abs=1e-3)


@LOOSE
@given(histories.STREAMS)
def test_runs_do_not_touch_each_other(streams: pl.DataFrame) -> None:
    """A row made alone equals the row made among others."""
    ids = streams["activity_id"].unique(maintain_order=True).to_list()
    activities = pl.DataFrame({"activity_id": ids})
    preferences = Preferences(heart_rate_max_bpm=190)

    together = run_metrics(activities, streams, preferences)
    alone = [
        run_metrics(
            activities.filter(activity_id=name), streams.filter(activity_id=name), preferences
        )
        for name in ids
    ]

    assert_frame_equal(together, pl.concat(alone))


@LOOSE
@given(histories.STREAMS)
def test_order_and_repetition_of_samples_do_not_matter(streams: pl.DataFrame) -> None:
    """Shuffled samples, and samples given twice, are the same run."""
    twice = pl.concat([streams, streams]).sample(fraction=1.0, shuffle=True, seed=3)
    names = ["activity_id", "t_s", "distance_m", "moving_t_s"]

    again = samples(twice).sort("activity_id", "t_s").select(names)

    assert_frame_equal(samples(streams).sort("activity_id", "t_s").select(names), again)


@given(st.floats(30, 85), st.floats(1_500, 42_195))
def test_vdot_and_race_time_undo_each_other(value: float, distance_m: float) -> None:
    """The time of a VDOT is worth that VDOT."""
    seconds = form.race_time_s(value, distance_m)

    assert value == pytest.approx(form.vdot(distance_m, seconds), abs=0.01)


@LOOSE
@given(histories.HISTORIES, st.integers(0, 130), st.integers(0, 200))
def test_a_late_arrival_is_as_if_it_had_always_been_there(
    rows: pl.DataFrame, day: int, new_load: int
) -> None:
    """Fitness made again from the changed day on equals fitness made from nothing."""
    until = histories.FIRST_DAY + timedelta(days=140)
    stored = load.fitness(load.daily_load(rows, until - timedelta(days=9)))
    changed = histories.FIRST_DAY + timedelta(days=day)
    late = rows.head(1).with_columns(
        activity_id=pl.lit("late"), local_date=pl.lit(changed), load=pl.lit(float(new_load))
    )
    daily = load.daily_load(pl.concat([rows, late]), until)

    updated = load.fitness_after(stored, daily, changed)

    assert_frame_equal(load.fitness(daily), updated, abs_tol=1e-6)


def test_no_samples_give_typed_empty_frames() -> None:
    """Every function takes a frame without rows."""
    nothing = samples(pl.DataFrame(schema={"activity_id": pl.String(), "t_s": pl.Float64()}))

    parts = [
        made(nothing)
        for made in (
            moving, elevation, heart_rates, histogram, drift, pacing, splits_of, graded,
            quality, best_efforts,
        )
    ]  # fmt: skip

    assert {0} == {part.height for part in parts}


def test_a_run_without_streams_keeps_its_totals() -> None:
    """Manual and imported runs have pace and heart rate, and say that no stream stands behind."""
    activities = pl.DataFrame(
        {"activity_id": ["run"], "distance_m": [5_000.0], "moving_s": [1_500.0],
         "heart_rate_avg_bpm": [150.0], "is_manual": [True]}
    )  # fmt: skip

    row = run_metrics(activities, pl.DataFrame(schema={"activity_id": pl.String()}), Preferences())

    figures = row.row(0, named=True)
    assert list(RUN_METRICS_SCHEMA) == row.columns
    assert (300.0, "device", 150.0) == (
        figures["pace_s_per_km"], figures["moving_source"], figures["heart_rate_avg_bpm"]
    )  # fmt: skip
    assert (["no_streams"], "estimated", None) == (
        figures["quality_flags"], figures["pace_quality"], figures["hr_zone_model"]
    )  # fmt: skip


def test_bad_recordings_are_flagged() -> None:
    """Teleports, a strap that jumps, and a heart rate that copies the steps."""
    jump = histories.even_stream("teleport", seconds=1_200).with_columns(
        distance_m=pl.col("distance_m") + pl.when(pl.col("t_s") > 600).then(5_000.0).otherwise(0.0)
    )
    strap = histories.even_stream("strap", seconds=1_200).with_columns(
        heart_rate_bpm=pl.when(pl.col("t_s") % 100 == 50)
        .then(200.0)
        .otherwise(140.0 + pl.col("t_s") % 7)
    )
    lock = histories.even_stream("lock", seconds=1_200).with_columns(
        cadence_rpm=85.0 + (pl.col("t_s") % 5) / 2, heart_rate_bpm=170.0 + pl.col("t_s") % 5
    )
    frozen = histories.even_stream("frozen", seconds=1_200, heart_rate_bpm=120.0)
    streams = pl.concat([jump, strap, lock, frozen], how="diagonal")

    flags = dict(quality(samples(streams)).iter_rows())

    assert {
        "teleport": ["gps_teleport"],
        "strap": ["heart_rate_jumps"],
        "lock": ["heart_rate_cadence_lock"],
        "frozen": ["heart_rate_frozen"],
    } == flags


def test_a_teleport_adds_no_distance_and_no_best_effort() -> None:
    """5 km in a second are left out: the run is 3.6 km, and no stretch across it counts."""
    jump = histories.even_stream("run", seconds=1_200).with_columns(
        distance_m=pl.col("distance_m") + pl.when(pl.col("t_s") > 600).then(5_000.0).otherwise(0.0)
    )
    clean = samples(jump)

    found = dict(best_efforts(clean).select("effort", "elapsed_s").iter_rows())

    assert pytest.approx(3_600.0, abs=4.0) == clean["distance_m"].max()
    assert {"400m", "half_mile", "1km", "mile"} == set(found)
    assert pytest.approx(1_000 / 3, abs=0.01) == found["1km"]


def test_even_running_is_even() -> None:
    """Constant speed and heart rate: no drift, no decoupling, even halves."""
    streams = histories.even_stream("run", seconds=4_000, heart_rate_bpm=150.0).with_columns(
        heart_rate_bpm=150.0 + pl.col("t_s") % 2
    )
    activities = pl.DataFrame({"activity_id": ["run"]})

    row = run_metrics(activities, streams, Preferences()).row(0, named=True)

    assert pytest.approx(1_000 / 3) == row["pace_s_per_km"]
    assert pytest.approx(0.0, abs=0.01) == row["decoupling_percent"]
    assert pytest.approx(0.0, abs=0.01) == row["heart_rate_drift_percent"]
    assert row["split_kind"] == "even"
    assert pytest.approx(3.0 * 60 / 150.5, abs=1e-3) == row["efficiency_factor"]
