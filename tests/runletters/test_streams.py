"""Samples put in order: what is kept, what is left out, and what is said about it."""

from __future__ import annotations

import math
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runletters.activities import STREAM_SCHEMA, no_streams
from runletters.streams import SAMPLE_SCHEMA, clean_streams, great_circle_m, longest_rise


def samples(**channels: list[float | None]) -> pl.DataFrame:
    """A frame of the given channels, all floats but the segment."""
    kinds = {name: SAMPLE_SCHEMA[name] for name in channels}
    return pl.DataFrame(channels, schema=kinds)


def test_nothing_becomes_an_empty_frame_of_the_right_shape() -> None:
    """No sample at all gives no row, every column, and no flag."""
    clean = clean_streams(pl.DataFrame())

    assert no_streams().schema == clean.frame.schema
    assert clean.frame.is_empty()
    assert () == clean.flags


def test_channels_that_were_not_recorded_are_null() -> None:
    """A frame with only times and heart rates has all columns, the others null throughout."""
    clean = clean_streams(samples(time_s=[10, 11], heart_rate_bpm=[120, 121]))

    assert list(STREAM_SCHEMA) == clean.frame.columns
    assert [0.0, 1.0] == clean.frame["t_s"].to_list()
    assert 2 == clean.frame["power_w"].null_count()


def test_samples_that_run_backward_are_left_out_and_said() -> None:
    """One early sample in the middle goes, everything else stays."""
    clean = clean_streams(samples(time_s=[0, 1, 2, 3, 1.5, 4], power_w=[1, 2, 3, 4, 5, 6]))

    assert [1, 2, 3, 4, 6] == clean.frame["power_w"].to_list()
    assert ("backward_times",) == clean.flags
    assert 1 == clean.out_of_order


def test_one_wild_future_time_does_not_cost_the_rest() -> None:
    """A first sample of another year is left out; the many that agree are kept."""
    clean = clean_streams(samples(time_s=[9e8, 1, 2, 3]))

    assert 1.0 == clean.started_at_s
    assert [0, 1, 2] == clean.frame["t_s"].to_list()


def test_samples_of_one_moment_are_merged_channel_by_channel() -> None:
    """Two half-filled rows of the same second become one full row."""
    clean = clean_streams(
        samples(time_s=[5, 5, 6], heart_rate_bpm=[150, None, 151], power_w=[None, 210, 220])
    )

    assert [150, 151] == clean.frame["heart_rate_bpm"].to_list()
    assert [210, 220] == clean.frame["power_w"].to_list()
    assert 1 == clean.same_time


def test_samples_without_time_are_left_out_and_said() -> None:
    """A sample that cannot be placed does not shift the others."""
    clean = clean_streams(samples(time_s=[5, None, 7], power_w=[1, 2, 3]))

    assert [1, 3] == clean.frame["power_w"].to_list()
    assert ("points_without_time",) == clean.flags


def test_distance_is_summed_from_positions_where_no_counter_is() -> None:
    """One degree of latitude is 111.195 km on a sphere of 6371.0088 km."""
    clean = clean_streams(
        samples(time_s=[0, 60], latitude_deg=[10, 11], longitude_deg=[20, 20]),
    )

    assert pytest.approx(111_195.08, abs=0.01) == clean.frame["distance_m"][-1]


def test_what_happens_in_a_stop_is_not_counted() -> None:
    """The jump between two segments adds no distance."""
    clean = clean_streams(
        samples(
            time_s=[0, 1, 2, 3],
            latitude_deg=[10, 10.001, 10.5, 10.501],
            longitude_deg=[1, 1, 1, 1],
            segment=[0, 0, 4, 4],
        )
    )

    assert pytest.approx(222.39, abs=0.01) == clean.frame["distance_m"][-1]
    assert [0, 0, 1, 1] == clean.frame["segment"].to_list()


def test_a_point_without_position_keeps_the_distance_so_far() -> None:
    """A gap in the fix is bridged by the straight line between its ends."""
    clean = clean_streams(
        samples(time_s=[0, 1, 2], latitude_deg=[10, None, 10.002], longitude_deg=[1, None, 1])
    )

    assert [0, 0, 222.39] == [round(each, 2) for each in clean.frame["distance_m"]]


def test_a_counter_that_starts_anew_counts_on_and_is_said() -> None:
    """A fall of the counter by more than 50 m is a reset, not a way back."""
    clean = clean_streams(samples(time_s=[0, 1, 2, 3], distance_m=[0, 900, 5, 25]))

    assert [0, 900, 905, 925] == clean.frame["distance_m"].to_list()
    assert ("distance_reset",) == clean.flags


def test_a_counter_never_falls() -> None:
    """The tremble of a counter is flattened."""
    clean = clean_streams(samples(time_s=[0, 1, 2, 3], distance_m=[0, 10, 9.5, 12]))

    assert [0, 10, 10, 12] == clean.frame["distance_m"].to_list()


@pytest.mark.parametrize(
    ("channel", "value"),
    [
        ("heart_rate_bpm", 0.0),
        ("heart_rate_bpm", -3.0),
        ("power_w", -1.0),
        ("altitude_m", 99_999.0),
        ("speed_m_s", math.nan),
        ("temperature_c", math.inf),
        ("latitude_deg", 91.0),
        ("longitude_deg", 181.0),
    ],
)
def test_what_cannot_be_a_measurement_is_null(channel: str, value: float) -> None:
    """Dead sensors and impossible positions leave a gap, not a number."""
    row = {"time_s": [0.0], "latitude_deg": [1.0], "longitude_deg": [1.0], channel: [value]}

    clean = clean_streams(samples(**row))

    assert [None] == clean.frame[channel].to_list()


def test_a_receiver_without_a_fix_has_no_position() -> None:
    """0/0 is what devices write before they know where they are."""
    clean = clean_streams(samples(time_s=[0], latitude_deg=[0], longitude_deg=[0]))

    assert [None] == clean.frame["latitude_deg"].to_list()
    assert [None] == clean.frame["distance_m"].to_list()


def test_a_wished_start_before_the_first_sample_is_the_start() -> None:
    """Time runs from the start of the clock, not from the first fix."""
    clean = clean_streams(samples(time_s=[100, 101]), started_at_s=95)

    assert [5, 6] == clean.frame["t_s"].to_list()


def test_the_great_circle_of_a_quarter_of_the_earth() -> None:
    """From the equator to the pole is a quarter of the circumference."""
    names = ("a", "b", "c", "d")
    frame = pl.DataFrame(dict(zip(names, ([0.0], [0.0], [90.0], [0.0]), strict=True)))

    metres = frame.select(great_circle_m(*(pl.col(name) for name in names))).item()

    assert pytest.approx(math.pi * 6_371_008.8 / 2) == metres


@given(st.lists(st.integers(-20, 20), max_size=12))
def test_the_longest_rise_never_falls_and_none_is_longer(values: list[int]) -> None:
    """Against the plain quadratic rule for the length."""
    best = [1] * len(values)
    for here in range(len(values)):
        before = (best[at] for at in range(here) if values[at] <= values[here])
        best[here] = 1 + max(before, default=0)

    path = longest_rise(values)

    assert max(best, default=0) == len(path)
    assert sorted(set(path)) == path
    assert all(values[one] <= values[two] for one, two in pairwise(path))


NUMBERS = st.none() | st.floats(-1e10, 1e10) | st.sampled_from([math.nan, math.inf])


@given(
    st.lists(
        st.fixed_dictionaries({name: NUMBERS for name in SAMPLE_SCHEMA if name != "segment"}),
        max_size=8,
    )
)
def test_whatever_comes_in_comes_out_in_order(rows: list[dict[str, float | None]]) -> None:
    """Time rises strictly from 0 on, distance never falls, no number is without end."""
    clean = clean_streams(pl.DataFrame(rows, schema=SAMPLE_SCHEMA))

    times = clean.frame["t_s"].to_list()
    distances = clean.frame["distance_m"].drop_nulls().to_list()
    assert STREAM_SCHEMA == dict(clean.frame.schema)
    assert len(rows) == (
        clean.frame.height + clean.without_time + clean.out_of_order + clean.same_time
    )
    assert all(before <= after for before, after in pairwise(times))
    assert all(before <= after for before, after in pairwise(distances))
    assert all(math.isfinite(value) for value in (*times, *distances))
