"""The common ground of every figure from a stream: clean samples and their intervals.

Pure: no clock, no network, no database, no files. Works on any number of runs at once.

A row stands for one sample and for the interval that led to it. Conventions, used by
every module of this package:

- Time is seconds since the start; a second sample of the same moment is dropped.
- Distance starts at 0 with the first sample, never falls, and leaves out teleports:
  an interval faster than any sprinter (12.5 m/s) that covers 30 m or more brings 0 m.
- A pause of the timer is a change of `segment` that takes 3 s or longer (a track may be
  cut without a pause).
- Moving: where the timer paused at least once, all time the timer ran, but not 30 s and
  more without a sample at less than 0.894 m/s; else all intervals at 0.894 m/s or faster
  (a mile in 30 minutes, Strava's rule for runs). Slower stretches of less than 3 s are
  no stop: many sensors move the distance on every other second only.
- A heart rate outside 30-230 bpm is no heart rate.
"""

from __future__ import annotations

import polars as pl

from runletters.activities import STREAM_SCHEMA

MOVING_M_S = 1609.344 / 1800
TIMER_PAUSE_S = 3.0
SHORTEST_STOP_S = 3.0
SILENT_S = 30.0
TELEPORT_M_S = 12.5
TELEPORT_M = 30.0
HEART_RATE_BPM = (30.0, 230.0)
EARTH_RADIUS_M = 6_371_008.8

_RUN = "run"


def samples(streams: pl.DataFrame) -> pl.DataFrame:
    """Clean samples of many runs, with what each interval brought.

    Args:
        streams: `activity_id` and the columns of STREAM_SCHEMA; missing columns count
            as not recorded.

    Returns:
        The same columns plus `run` (index of the run in this frame, from 0, in order of
        appearance), `dt_s` and `dd_m` (the interval to this sample; 0 at a run's first),
        `is_timer_pause`, `is_teleport`, `teleport_m` (metres left out), `is_moving`,
        `moving_t_s` (moving seconds so far) and `distance_m` rebuilt as stated above.
        Sorted by run and time.
    """
    return (
        _ordered(_completed(streams))
        .lazy()
        .with_columns(_time_step())
        .filter((pl.col("dt_s") > 0) | _is_first())
        .with_columns(_has_distance(), _heart_rate())
        .with_columns(_distance_step().alias("dd_m"))
        .with_columns(_is_teleport(), _is_timer_pause())
        .with_columns(
            dd_m=pl.when("is_teleport").then(0.0).otherwise("dd_m"),
            teleport_m=pl.when("is_teleport").then("dd_m").otherwise(0.0),
        )
        .with_columns(_is_fast())
        .with_columns(_is_moving())
        .with_columns(
            distance_m=pl.col("dd_m").cum_sum().over(_RUN),
            moving_t_s=(pl.col("dt_s") * pl.col("is_moving")).cum_sum().over(_RUN),
        )
        .drop("has_distance", "is_fast")
        .collect()
    )


def names_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Which activity stands behind each `run` index of a samples frame."""
    return frame.group_by(_RUN, maintain_order=True).agg(pl.col("activity_id").first())


def great_circle_step() -> pl.Expr:
    """Metres from the last known position of the run: haversine on a sphere of 6,371.0088 km."""
    latitude = pl.col("latitude_deg").forward_fill().over(_RUN).radians()
    longitude = pl.col("longitude_deg").forward_fill().over(_RUN).radians()
    half = (latitude.diff() / 2).sin().pow(2) + latitude.cos() * latitude.shift(1).cos() * (
        longitude.diff() / 2
    ).sin().pow(2)
    return 2 * EARTH_RADIUS_M * half.clip(0.0, 1.0).sqrt().arcsin()


def _completed(streams: pl.DataFrame) -> pl.DataFrame:
    absent = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in STREAM_SCHEMA.items()
        if name not in streams.columns
    ]
    return streams.with_columns(absent).select("activity_id", *STREAM_SCHEMA)


def _ordered(streams: pl.DataFrame) -> pl.DataFrame:
    timed = streams.filter(pl.col("t_s").is_not_null())
    numbered = timed.with_columns(pl.col("activity_id").rle_id().alias(_RUN))
    if _is_in_order(numbered):
        return numbered
    return timed.sort("activity_id", "t_s", maintain_order=True).with_columns(
        pl.col("activity_id").rle_id().alias(_RUN)
    )


def _is_in_order(numbered: pl.DataFrame) -> bool:
    runs, blocks, backward = numbered.select(
        pl.col("activity_id").n_unique(),
        pl.col(_RUN).n_unique().alias("blocks"),
        (~_is_first() & (pl.col("t_s").diff() < 0)).sum().alias("backward"),
    ).row(0)
    return runs == blocks and not backward


def _is_first() -> pl.Expr:
    return pl.col(_RUN) != pl.col(_RUN).shift(1, fill_value=2**32 - 1)


def _step(column: str) -> pl.Expr:
    return pl.when(_is_first()).then(0.0).otherwise(pl.col(column).diff())


def _time_step() -> pl.Expr:
    return _step("t_s").alias("dt_s")


def _has_distance() -> pl.Expr:
    return (pl.col("distance_m").count().over(_RUN) > 1).alias("has_distance")


def _heart_rate() -> pl.Expr:
    heart_rate = pl.col("heart_rate_bpm")
    return pl.when(heart_rate.is_between(*HEART_RATE_BPM)).then(heart_rate).alias("heart_rate_bpm")


def _distance_step() -> pl.Expr:
    recorded = pl.col("distance_m").interpolate_by("t_s").over(_RUN).diff()
    step = pl.when("has_distance").then(recorded).otherwise(great_circle_step())
    return pl.when(_is_first()).then(0.0).otherwise(step.fill_null(0.0).clip(lower_bound=0.0))


def _is_teleport() -> pl.Expr:
    too_fast = pl.col("dd_m") > pl.col("dt_s") * TELEPORT_M_S
    return (too_fast & (pl.col("dd_m") >= TELEPORT_M)).alias("is_teleport")


def _is_timer_pause() -> pl.Expr:
    changed = pl.col("segment").fill_null(0).diff().fill_null(0) != 0
    pause = changed & ~_is_first() & (pl.col("dt_s") >= TIMER_PAUSE_S)
    return pause.alias("is_timer_pause")


def _is_fast() -> pl.Expr:
    by_speed = (pl.col("dd_m") >= pl.col("dt_s") * MOVING_M_S) & (pl.col("dt_s") > 0)
    return (by_speed & ~pl.col("is_timer_pause")).alias("is_fast")


def _is_moving() -> pl.Expr:
    silent = ~pl.col("is_fast") & (pl.col("dt_s") >= SILENT_S)
    by_timer = ~pl.col("is_timer_pause") & ~_is_first() & ~silent
    stretch_s = pl.col("dt_s").sum().over(pl.struct(_RUN, "is_fast").rle_id())
    by_speed = pl.col("is_fast") | ((stretch_s < SHORTEST_STOP_S) & ~_is_first())
    timed = pl.col("is_timer_pause").any().over(_RUN)
    return pl.when(timed).then(by_timer).otherwise(by_speed).alias("is_moving")
