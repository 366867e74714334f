"""Invented histories: the same for the same seed, and believable."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from runletters.activities import ACTIVITY_SCHEMA, RUN_SPORTS, STREAM_SCHEMA
from runletters.samples import SampleActivity, generate_frame_batches, generate_history
from runletters.samples.biography import year_of
from runletters.samples.words import INJECTION

UNTIL = date(2026, 11, 22)
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # an example takes a second


@pytest.fixture(scope="module")
def history() -> list[SampleActivity]:
    """The demo's history: three years of one runner."""
    return list(generate_history(7, 3, UNTIL))


def _runs(history: list[SampleActivity]) -> list[SampleActivity]:
    return [a for a in history if a.summary.is_run]


def _pace_s_per_km(activity: SampleActivity) -> float:
    summary = activity.summary
    assert summary.moving_s is not None
    assert summary.distance_m is not None
    return summary.moving_s / summary.distance_m * 1000


def test_the_demo_history_has_about_450_runs_in_order_of_time(
    history: list[SampleActivity],
) -> None:
    """Three years at the default rate are about 450 runs, oldest first, ids all different."""
    starts = [a.summary.started_at for a in history]

    assert 400 <= len(_runs(history)) <= 500
    assert sorted(starts) == starts
    assert len(history) == len({a.native_id for a in history})
    assert {a.summary.sport for a in history} - RUN_SPORTS == {"cycling", "walking"}


def test_the_same_seed_gives_the_same_samples_and_another_seed_another_runner() -> None:
    """A history is a function of its arguments; the seed chooses the runner."""
    first, second, other = (
        pl.concat([a.streams for a in generate_history(seed, 1, date(2025, 3, 1), 1.5)])
        for seed in (3, 3, 4)
    )

    assert first.equals(second)
    assert not first.equals(other)


@settings(max_examples=3, deadline=None, phases=NO_SHRINKING)
@given(seed=st.integers(0, 10_000), later_days=st.integers(1, 40))
def test_a_later_end_adds_runs_and_changes_none(seed: int, later_days: int) -> None:
    """Ten more days of the same runner are the same history with its tail longer."""
    until = date(2025, 6, 1)
    shorter = list(generate_history(seed, 1, until, 1.2))
    longer = list(generate_history(seed, 1, until + timedelta(days=later_days), 1.2))

    shared = [a.native_id for a in longer if a.summary.started_local.date() <= until]
    dropped = len(shorter) - len(shared)

    assert [a.native_id for a in shorter[dropped:]] == shared
    if shared:
        assert shorter[-1].summary == longer[len(shared) - 1].summary
        assert shorter[-1].streams.equals(longer[len(shared) - 1].streams)


@settings(max_examples=3, deadline=None, phases=NO_SHRINKING)
@given(seed=st.integers(0, 10_000), year=st.integers(2013, 2030), rate=st.floats(1.0, 4.0))
def test_every_run_of_every_runner_is_within_what_bodies_do(
    seed: int, year: int, rate: float
) -> None:
    """Paces, heart rates, cadences, distances and clocks stay believable for any seed."""
    runs = [a for a in generate_history(seed, 1, date(year, 12, 31), rate) if a.summary.is_run]

    for run in runs:
        summary = run.summary
        assert 170 <= _pace_s_per_km(run) <= (780 if run.kind == "trail" else 600)
        assert 2_500 <= (summary.distance_m or 0) <= 42_300
        assert (summary.moving_s or 0) <= (summary.elapsed_s or 0)
        assert 90 <= (summary.heart_rate_avg_bpm or 150) <= 195
        assert 60 <= (summary.cadence_avg_rpm or 80) <= 100


@settings(max_examples=3, deadline=None, phases=NO_SHRINKING)
@given(seed=st.integers(0, 10_000))
def test_streams_are_ordered_and_agree_with_their_totals(seed: int) -> None:
    """Time and segment never fall, distance ends at the total, laps add up to the whole."""
    recorded = [a for a in generate_history(seed, 1, date(2024, 9, 1), 1.5) if a.channels]

    for activity in recorded:
        streams, totals = activity.streams, activity.device_totals
        assert dict(streams.schema) == STREAM_SCHEMA
        assert bool((streams["t_s"].diff().drop_nulls() > 0).all())
        assert bool((streams["distance_m"].diff().drop_nulls() >= 0).all())
        assert bool((streams["segment"].diff().drop_nulls() >= 0).all())
        assert streams["distance_m"][-1] == pytest.approx(totals.distance_m, abs=0.1)
        assert streams["t_s"][-1] == totals.elapsed_s
        assert sum(lap.elapsed_s or 0 for lap in activity.laps) == totals.elapsed_s
        assert sum(lap.timer_s or 0 for lap in activity.laps) == totals.timer_s


def test_races_are_run_at_their_exact_distance_and_faster_when_shorter(
    history: list[SampleActivity],
) -> None:
    """5 km, 10 km, half and marathon, each slower per km than the one before on average."""
    races = [a for a in history if a.kind == "race"]
    paces = {
        metres: np.mean([_pace_s_per_km(r) for r in races if r.summary.distance_m == metres])
        for metres in (5_000.0, 10_000.0, 21_097.5, 42_195.0)
    }

    assert {r.summary.distance_m for r in races} == set(paces)
    assert list(paces.values()) == sorted(paces.values())
    assert all(r.summary.is_race for r in races)


def test_long_runs_are_on_sundays_and_longer_than_easy_ones(
    history: list[SampleActivity],
) -> None:
    """The week has a shape."""
    kinds = {kind: [a for a in history if a.kind == kind] for kind in ("long", "easy")}
    middle = {k: np.median([a.summary.distance_m or 0 for a in v]) for k, v in kinds.items()}

    assert {6} == {a.summary.started_local.weekday() for a in kinds["long"]}
    assert middle["long"] > 1.5 * middle["easy"]


def test_fitness_makes_easy_runs_faster_at_the_same_heart_rate() -> None:
    """Over years speed per heartbeat grows, which is what a trend should find."""
    easy = [
        a
        for a in generate_history(7, 8, UNTIL, 2.0)
        if a.kind == "easy" and a.summary.heart_rate_avg_bpm
    ]

    def per_beat(some: list[SampleActivity]) -> float:
        beats = [a.summary.heart_rate_avg_bpm or 1 for a in some]
        return float(np.mean([1 / _pace_s_per_km(a) / b for a, b in zip(some, beats, strict=True)]))

    assert per_beat(easy[-40:]) > 1.05 * per_beat(easy[:40])


def test_injury_leaves_a_gap_and_a_careful_return(history: list[SampleActivity]) -> None:
    """No run falls into an injury; the first weeks after it are short."""
    injuries = [
        e for year in (2024, 2025, 2026) for e in year_of(7, year).episodes if e.phase == "injury"
    ]
    assert injuries, "three years of this runner hold an injury"
    days = [(a.summary.started_local.date(), a) for a in _runs(history)]

    for injury in injuries:
        after = [a for day, a in days if timedelta() < day - injury.last <= timedelta(days=20)]
        assert not [a for day, a in days if injury.holds(day)]
        assert all((a.summary.distance_m or 0) < 9_000 for a in after)


def test_intervals_have_laps_that_alternate_between_fast_and_slow(
    history: list[SampleActivity],
) -> None:
    """Repetitions are laps; each is clearly faster than the recovery after it."""
    intervals = [a for a in history if a.kind == "intervals" and a.laps]

    for session in intervals:
        speeds = [(x.distance_m or 0) / (x.elapsed_s or 1) for x in session.laps[1:-1]]
        fast, slow = speeds[::2], speeds[1::2]
        assert len(speeds) >= 8
        assert min(fast) > 1.3 * max(slow)


def test_history_has_everything_a_reader_must_survive(history: list[SampleActivity]) -> None:
    """Treadmill, no strap, artefacts, lost satellites, pauses, manual entries, line breaks."""
    recorded = [a for a in history if a.channels]
    hearts = [a.channels["heart_rate_bpm"] for a in recorded]
    indoors = [a for a in recorded if a.kind == "treadmill"]
    outdoors = [a for a in recorded if a.kind != "treadmill"]

    assert indoors
    assert all(np.isnan(a.channels["latitude_deg"]).all() for a in indoors)
    assert any(np.isnan(a.channels["latitude_deg"]).any() for a in outdoors)
    assert 0.03 < np.mean([np.isnan(h).all() for h in hearts]) < 0.15
    assert any(np.nanmax(h, initial=0) > 210 for h in hearts)
    assert any(a.channels["segment"][-1] > 0 for a in recorded)
    assert any(a.summary.is_manual for a in history)
    assert any("\n" in (a.summary.notes or "") for a in history)
    assert {"Atlantic/Azores", "America/Noronha"} == {a.time_zone for a in history}
    assert len({a.summary.utc_offset_s for a in history}) >= 3


def test_one_note_each_autumn_tries_to_give_orders(history: list[SampleActivity]) -> None:
    """The truth gate has something to withstand, and complaints of pain to notice."""
    injected = [a for a in history if a.summary.notes == INJECTION]

    assert [2024, 2025, 2026] == [a.summary.started_local.year for a in injected]
    assert any("pain" in (a.summary.notes or "") for a in history)


def test_everybody_runs_on_the_ocean(history: list[SampleActivity]) -> None:
    """Positions lie within half a degree of two spots in the Atlantic, far from any land."""
    streams = pl.concat([a.streams for a in history]).drop_nulls("latitude_deg")
    home = streams.filter(pl.col("longitude_deg") > -10)
    away = streams.filter(pl.col("longitude_deg") <= -10)

    assert home.select(pl.col("latitude_deg").is_between(0.0, 1.0).all()).item()
    assert home.select(pl.col("longitude_deg").is_between(-1.0, 0.5).all()).item()
    assert away.select(pl.col("latitude_deg").is_between(-2.5, -1.0).all()).item()
    assert away.select(pl.col("longitude_deg").is_between(-25.0, -23.5).all()).item()


def test_frames_hold_the_same_history_in_the_shape_the_product_keeps() -> None:
    """Activities in ACTIVITY_SCHEMA; streams carry their activity's id and every sample."""
    until = date(2025, 2, 1)
    samples = list(generate_history(5, 1, until, 1.0, sampling="every_second"))

    batches = list(generate_frame_batches(5, 1, until, 1.0, batch_size=20))
    activities = pl.concat([a for a, _ in batches])
    streams = pl.concat([s for _, s in batches])

    assert dict(activities.schema) == ACTIVITY_SCHEMA
    assert dict(streams.schema) == {"activity_id": pl.String(), **STREAM_SCHEMA}
    assert activities["activity_id"].to_list() == [a.native_id for a in samples]
    assert streams.drop("activity_id").equals(pl.concat([a.streams for a in samples]))


def test_a_recording_of_a_sample_is_what_a_reader_would_hand_over(
    history: list[SampleActivity],
) -> None:
    """Summary, streams, laps and totals travel in the product's own types."""
    sample = next(a for a in history if a.kind == "race")

    recording = sample.recording

    assert recording.summary == sample.summary
    assert recording.source.kind == "sample"
    assert recording.streams.height == sample.channels["t_s"].size
    assert recording.rights == "full"
