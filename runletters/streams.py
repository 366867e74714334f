"""Samples as they were recorded, brought into the order of STREAM_SCHEMA.

Pure: no clock, no files. Nothing is smoothed and nothing is invented: what
cannot be a measurement becomes null, samples out of order are left out, and each
such step leaves a flag. Teleports are flagged, never repaired.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from runletters.activities import STREAM_SCHEMA

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG R1)."""

RESET_M = 50.0  # a fall of the distance counter by more than this is a counter that started anew
POSITION_LIMITS = {"latitude_deg": 90.0, "longitude_deg": 180.0}
ALTITUDE_LIMITS_M = (-1_000.0, 20_000.0)
SAMPLE_SCHEMA = {"time_s": pl.Float64()} | {
    name: kind for name, kind in STREAM_SCHEMA.items() if name != "t_s"
}
"""What `clean_streams` takes: seconds since 1970 (UTC) and the channels; all may be null."""


@dataclass(frozen=True, kw_only=True)
class CleanStreams:
    """Samples in STREAM_SCHEMA, strictly rising in time, and what was noticed on the way."""

    frame: pl.DataFrame
    started_at_s: float  # seconds since 1970, UTC; t_s counts from here
    flags: tuple[str, ...] = ()
    without_time: int = 0  # samples left out: no time
    out_of_order: int = 0  # samples left out: their time runs backward
    same_time: int = 0  # samples merged into another one of the same time


def clean_streams(samples: pl.DataFrame, *, started_at_s: float | None = None) -> CleanStreams:
    """Put samples in order and into STREAM_SCHEMA.

    Args:
        samples: any columns of SAMPLE_SCHEMA, in the order of the file.
        started_at_s: start of the clock in seconds since 1970; the first sample where
            this is None or later than the first sample.

    Returns:
        The frame and its flags: `points_without_time`, `backward_times`,
        `distance_reset`.
    """
    typed = _plausible(_typed(samples))
    timed = typed.filter(pl.col("time_s").is_not_null())
    ordered = _in_order(timed)
    single = _one_row_per_time(ordered)
    start_s = _start_s(single, started_at_s)
    frame, was_reset = _with_distance(_with_dense_segments(single))
    left_out = {
        "without_time": typed.height - timed.height,
        "out_of_order": timed.height - ordered.height,
        "same_time": ordered.height - single.height,
    }
    flags = {
        "points_without_time": left_out["without_time"] > 0,
        "backward_times": left_out["out_of_order"] > 0,
        "distance_reset": was_reset,
    }
    return CleanStreams(
        frame=frame.with_columns(t_s=(pl.col("time_s") - start_s).round(6)).select(*STREAM_SCHEMA),
        started_at_s=start_s,
        flags=tuple(name for name, is_set in flags.items() if is_set),
        **left_out,
    )


def great_circle_m(
    latitude_deg: pl.Expr,
    longitude_deg: pl.Expr,
    to_latitude_deg: pl.Expr,
    to_longitude_deg: pl.Expr,
) -> pl.Expr:
    """Distance over a sphere of EARTH_RADIUS_M, in metres (haversine)."""
    half_lat = (to_latitude_deg - latitude_deg).radians() / 2
    half_lon = (to_longitude_deg - longitude_deg).radians() / 2
    across = latitude_deg.radians().cos() * to_latitude_deg.radians().cos()
    chord = half_lat.sin() ** 2 + across * half_lon.sin() ** 2
    return 2 * EARTH_RADIUS_M * chord.clip(0, 1).sqrt().arcsin()


def _typed(samples: pl.DataFrame) -> pl.DataFrame:
    if not samples.columns:  # a select of constants alone would make one row out of none
        return pl.DataFrame(schema=SAMPLE_SCHEMA)
    present = set(samples.columns)
    return samples.select(
        (pl.col(name) if name in present else pl.lit(None)).cast(kind, strict=False).alias(name)
        for name, kind in SAMPLE_SCHEMA.items()
    )


def _plausible(frame: pl.DataFrame) -> pl.DataFrame:
    """Null where a value cannot be a measurement: not finite, no position, a dead sensor."""
    floats = [name for name, kind in SAMPLE_SCHEMA.items() if kind == pl.Float64]
    finite = frame.with_columns(
        pl.when(pl.col(name).is_finite()).then(pl.col(name)) for name in floats
    )
    latitude, longitude = (pl.col(name) for name in POSITION_LIMITS)
    on_earth = (latitude.abs() <= POSITION_LIMITS["latitude_deg"]) & (
        longitude.abs() <= POSITION_LIMITS["longitude_deg"]
    )
    # Devices without a fix write 0/0, a spot in the Gulf of Guinea.
    has_fix = on_earth & ~((latitude == 0) & (longitude == 0))
    return finite.with_columns(
        *(pl.when(has_fix).then(pl.col(name)).alias(name) for name in POSITION_LIMITS),
        pl.when(pl.col("heart_rate_bpm") > 0).then(pl.col("heart_rate_bpm")),
        pl.when(pl.col("altitude_m").is_between(*ALTITUDE_LIMITS_M)).then(pl.col("altitude_m")),
        *(
            pl.when(pl.col(name) >= 0).then(pl.col(name))
            for name in ("distance_m", "cadence_rpm", "power_w", "speed_m_s")
        ),
    )


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """The largest set of samples whose times never run backward, in the order of the file."""
    if frame["time_s"].is_sorted():
        return frame
    times: list[float] = frame["time_s"].to_list()
    return frame[longest_rise(times)]


def longest_rise(values: Sequence[float]) -> list[int]:
    """Positions of a longest non-decreasing subsequence (patience sorting, n log n)."""
    tails: list[float] = []
    tail_at: list[int] = []
    before: list[int] = []
    for index, value in enumerate(values):
        place = bisect_right(tails, value)
        before.append(tail_at[place - 1] if place else -1)
        tails[place : place + 1] = [value]
        tail_at[place : place + 1] = [index]
    return _walk_back(before, tail_at[-1] if tail_at else -1)


def _walk_back(before: Sequence[int], last: int) -> list[int]:
    path: list[int] = []
    while last >= 0:
        path.append(last)
        last = before[last]
    return path[::-1]


def _one_row_per_time(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of the same moment become one; in each channel the last value that is there."""
    if frame["time_s"].n_unique() == frame.height:
        return frame
    return frame.group_by("time_s", maintain_order=True).agg(pl.all().drop_nulls().last())


def _start_s(frame: pl.DataFrame, wished_s: float | None) -> float:
    known: list[float] = frame["time_s"].head(1).to_list()
    if wished_s is not None:
        known.append(wished_s)
    return min(known, default=0.0)


def _with_dense_segments(frame: pl.DataFrame) -> pl.DataFrame:
    filled = pl.col("segment").forward_fill().fill_null(0)
    return frame.with_columns(segment=filled.rle_id().cast(pl.Int32))


def _with_distance(frame: pl.DataFrame) -> tuple[pl.DataFrame, bool]:
    """The cumulated distance, and whether its counter started anew on the way."""
    if frame["distance_m"].is_null().all() or frame["distance_m"].max() == 0:
        return _distance_from_positions(frame), False
    counted = frame.with_row_index("row").filter(pl.col("distance_m").is_not_null())
    before = pl.col("distance_m").shift(1, fill_value=0.0)
    fell = pl.col("distance_m") < before - RESET_M
    total = (pl.col("distance_m") + pl.when(fell).then(before).otherwise(0.0).cum_sum()).cum_max()
    column = counted.select("row", total=total)
    joined = frame.with_row_index("row").join(column, on="row", how="left", maintain_order="left")
    was_reset = bool(counted.select(fell.any()).item())
    return joined.with_columns(distance_m=pl.col("total")).drop("row", "total"), was_reset


def _distance_from_positions(frame: pl.DataFrame) -> pl.DataFrame:
    """Great-circle steps summed inside each segment; what happens in a stop is not counted."""
    numbered = frame.with_row_index("row")
    placed = numbered.filter(pl.col("latitude_deg").is_not_null())
    if placed.is_empty():
        return frame
    latitude, longitude = pl.col("latitude_deg"), pl.col("longitude_deg")
    step = great_circle_m(latitude.shift(1), longitude.shift(1), latitude, longitude)
    same = pl.col("segment") == pl.col("segment").shift(1)
    column = placed.select("row", total=pl.when(same).then(step).otherwise(0.0).cum_sum())
    joined = numbered.join(column, on="row", how="left", maintain_order="left")
    total = pl.col("total").forward_fill().fill_null(0.0)
    return joined.with_columns(distance_m=total).drop("row", "total")
