"""The row of `run_metrics`: which source wins for each figure, and how far it is trusted.

Pure: no clock, no network, no database, no files.

Time: the device's own moving time, else the stream's, else the elapsed time. Distance,
ascent, heart rate, cadence: the activity's own total (the device's), else the stream's.
"""

from __future__ import annotations

import polars as pl

from runletters.activities import FLAT_SPORTS, RUN_SPORTS
from runletters.metrics.personal import PERSONAL_SCHEMA
from runletters.metrics.quality import (
    FASTEST_S_PER_KM,
    HEART_RATE_FLAGS,
    doubts,
    is_believable,
)
from runletters.metrics.steps import both_legs

DECIMALS = 6

_MEASURED: dict[str, pl.DataType] = {
    "stream_distance_m": pl.Float64(),
    "stream_elapsed_s": pl.Float64(),
    "stream_moving_s": pl.Float64(),
    "paused_s": pl.Float64(),
    "moving_rule": pl.String(),
    "pauses_count": pl.Int64(),
    "longest_pause_s": pl.Float64(),
    "stream_elevation_gain_m": pl.Float64(),
    "stream_elevation_loss_m": pl.Float64(),
    "heart_rate_sample_mean_bpm": pl.Float64(),
    "heart_rate_time_mean_bpm": pl.Float64(),
    "heart_rate_highest_bpm": pl.Float64(),
    "heart_rate_covered_s": pl.Float64(),
    "heart_rate_seconds": pl.List(pl.Struct({"bpm": pl.Int16(), "seconds": pl.Float64()})),
    "heart_rate_drift_percent": pl.Float64(),
    "decoupling_percent": pl.Float64(),
    "efficiency_factor": pl.Float64(),
    "pace_5min_variation_percent": pl.Float64(),
    "first_half_pace_s_per_km": pl.Float64(),
    "second_half_pace_s_per_km": pl.Float64(),
    "first_quarter_pace_s_per_km": pl.Float64(),
    "last_quarter_pace_s_per_km": pl.Float64(),
    "half_change_percent": pl.Float64(),
    "split_kind": pl.String(),
    "split_pace_variation_percent": pl.Float64(),
    "grade_factor_minetti": pl.Float64(),
    "gap_minetti_s_per_km": pl.Float64(),
    "stream_cadence_spm": pl.Float64(),
    "stream_power_w": pl.Float64(),
    "repetitions_count": pl.Int64(),
    "repetition_s": pl.Float64(),
    "repetition_m": pl.Float64(),
    "repetition_pace_s_per_km": pl.Float64(),
    "repetition_pace_variation_percent": pl.Float64(),
    "recovery_s": pl.Float64(),
    "stream_flags": pl.List(pl.String()),
}

MEASURED_SCHEMA: dict[str, pl.DataType] = {
    "user_id": pl.String(),
    "activity_id": pl.String(),
    "started_at": pl.Datetime("us", "UTC"),
    "local_date": pl.Date(),
    "sport": pl.String(),
    "is_race": pl.Boolean(),
    "is_manual": pl.Boolean(),
    "distance_m": pl.Float64(),
    "elapsed_s": pl.Float64(),
    "moving_s": pl.Float64(),
    "moving_source": pl.String(),  # device, timer, speed, elapsed
    "pace_s_per_km": pl.Float64(),
    "elevation_gain_m": pl.Float64(),
    "elevation_loss_m": pl.Float64(),
    "elevation_source": pl.String(),  # device, stream
    "heart_rate_avg_bpm": pl.Float64(),
    "heart_rate_max_bpm": pl.Float64(),
    "cadence_spm": pl.Float64(),
    "power_avg_w": pl.Float64(),
    **_MEASURED,
    "efficiency_factor_graded": pl.Float64(),
    "quality_flags": pl.List(pl.String()),
    "pace_quality": pl.String(),  # measured, estimated (typed in), doubtful; null without pace
    "heart_rate_quality": pl.String(),  # measured, doubtful; null without heart rate
}
"""One row per activity. `stream_…` figures are what the samples alone say."""

RUN_METRICS_SCHEMA: dict[str, pl.DataType] = {**MEASURED_SCHEMA, **PERSONAL_SCHEMA}
"""The whole row: what was measured, then what it means by the runner's limits."""


def completed(known: pl.DataFrame, measured: pl.DataFrame) -> pl.DataFrame:
    """Activities beside what their streams say, every figure resolved to one source.

    Args:
        known: ACTIVITY_SCHEMA.
        measured: per `activity_id` the figures of the streams; may be empty.
    """
    return (
        known.join(_typed(measured), on="activity_id", how="left", maintain_order="left")
        .with_columns(*_totals())
        .with_columns(*_level_ground())
        .with_columns(*_rates())
        .with_columns(_flags())
        .with_columns(_pace_quality(), _heart_rate_quality())
        .with_columns(*_only_if_sound())
        .with_columns(_graded_efficiency())
        .select(_tidy(name, kind) for name, kind in MEASURED_SCHEMA.items())
    )


def _typed(measured: pl.DataFrame) -> pl.DataFrame:
    schema = {"activity_id": pl.String(), **_MEASURED}
    return pl.DataFrame(schema=schema) if measured.is_empty() else _filled(measured, schema)


def _filled(measured: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    absent = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in schema.items()
        if name not in measured.columns
    ]
    return measured.with_columns(absent).select(*schema)


def _totals() -> list[pl.Expr]:
    own_moving = pl.col("moving_s") > 0
    cadence = pl.col("cadence_avg_rpm")
    return [
        _local_date(),
        pl.coalesce(_positive("distance_m"), "stream_distance_m").alias("distance_m"),
        pl.coalesce(_positive("elapsed_s"), "stream_elapsed_s", "moving_s").alias("elapsed_s"),
        pl.coalesce(_positive("moving_s"), _positive("stream_moving_s"), "elapsed_s").alias(
            "moving_s"
        ),
        pl.when(own_moving)
        .then(pl.lit("device"))
        .otherwise(pl.coalesce("moving_rule", pl.lit("elapsed")))
        .alias("moving_source"),
        pl.when(pl.col("elevation_gain_m").is_not_null())
        .then(pl.lit("device"))
        .when(pl.col("stream_elevation_gain_m").is_not_null())
        .then(pl.lit("stream"))
        .alias("elevation_source"),
        pl.coalesce("elevation_gain_m", "stream_elevation_gain_m").alias("elevation_gain_m"),
        pl.coalesce("elevation_loss_m", "stream_elevation_loss_m").alias("elevation_loss_m"),
        pl.coalesce(_rate("heart_rate_avg_bpm"), "heart_rate_sample_mean_bpm").alias(
            "heart_rate_avg_bpm"
        ),
        pl.coalesce(_rate("heart_rate_max_bpm"), "heart_rate_highest_bpm").alias(
            "heart_rate_max_bpm"
        ),
        pl.coalesce("stream_cadence_spm", _positive("cadence_avg_rpm") * both_legs(cadence)).alias(
            "cadence_spm"
        ),
        pl.coalesce(_positive("power_avg_w"), "stream_power_w").alias("power_avg_w"),
    ]


def _level_ground() -> list[pl.Expr]:
    """No climb and no grade on a belt or a track, whatever the barometer says."""
    is_flat = pl.col("sport").is_in(sorted(FLAT_SPORTS)).fill_null(value=False)
    names = (
        "elevation_gain_m", "elevation_loss_m", "stream_elevation_gain_m",
        "stream_elevation_loss_m", "grade_factor_minetti", "gap_minetti_s_per_km",
    )  # fmt: skip
    absent = [pl.when(~is_flat).then(name).alias(name) for name in names]
    return [*absent, pl.when(~is_flat).then("elevation_source").alias("elevation_source")]


def _local_date() -> pl.Expr:
    offset = pl.duration(seconds=pl.col("utc_offset_s").fill_null(0))
    return (pl.col("started_at") + offset).dt.date().alias("local_date")


def _positive(column: str) -> pl.Expr:
    return pl.when(pl.col(column) > 0).then(pl.col(column))


def _rate(column: str) -> pl.Expr:
    return pl.when(pl.col(column).is_between(30, 230)).then(pl.col(column))


def _rates() -> list[pl.Expr]:
    has_both = (pl.col("distance_m") > 0) & (pl.col("moving_s") > 0)
    pace = pl.col("moving_s") / pl.col("distance_m") * 1_000.0
    return [pl.when(has_both).then(pace).alias("pace_s_per_km")]


def _flags() -> pl.Expr:
    nothing = pl.lit([], dtype=pl.List(pl.String()))
    own = pl.col("quality").fill_null(nothing)
    is_run = pl.col("sport").fill_null("running").is_in(list(RUN_SPORTS))
    too_fast = is_run & (pl.col("pace_s_per_km") < FASTEST_S_PER_KM)
    derived = [
        pl.when(too_fast).then(pl.lit("implausible_speed")),
        pl.when(pl.col("stream_elapsed_s").is_null()).then(pl.lit("no_streams")),
    ]
    all_flags = pl.concat_list(
        own, pl.col("stream_flags").fill_null(nothing), pl.concat_list(derived)
    )
    return all_flags.list.drop_nulls().list.unique().list.sort().alias("quality_flags")


def _pace_quality() -> pl.Expr:
    is_run = pl.col("sport").fill_null("running").is_in(list(RUN_SPORTS))
    is_bad = (doubts("quality_flags").list.len() > 0) | (is_run & ~is_believable())
    return (
        pl.when(pl.col("pace_s_per_km").is_null())
        .then(None)
        .when(is_bad)
        .then(pl.lit("doubtful"))
        .when(pl.col("is_manual").fill_null(value=False))
        .then(pl.lit("estimated"))
        .otherwise(pl.lit("measured"))
        .alias("pace_quality")
    )


def _heart_rate_quality() -> pl.Expr:
    return (
        pl.when(pl.col("heart_rate_avg_bpm").is_null())
        .then(None)
        .when(_carries(HEART_RATE_FLAGS))
        .then(pl.lit("doubtful"))
        .otherwise(pl.lit("measured"))
        .alias("heart_rate_quality")
    )


def _carries(flags: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal(pl.col("quality_flags").list.contains(flag) for flag in flags)


def _only_if_sound() -> list[pl.Expr]:
    """What is claimed of the heart rate rests on a sound one, and of pace on a sound pace."""
    rate = pl.col("heart_rate_quality") == "measured"
    both = rate & (pl.col("pace_quality") == "measured")
    return [
        pl.when(rate).then("heart_rate_drift_percent").alias("heart_rate_drift_percent"),
        pl.when(both).then("decoupling_percent").alias("decoupling_percent"),
        pl.when(both).then("efficiency_factor").alias("efficiency_factor"),
    ]


def _graded_efficiency() -> pl.Expr:
    factor = pl.col("grade_factor_minetti")
    return (pl.col("efficiency_factor") * factor).alias("efficiency_factor_graded")


def _tidy(name: str, kind: pl.DataType) -> pl.Expr:
    # Sums over threads differ in the last bits; texts are identified by their facts, so
    # the same run must give the same figures to the last digit, every time.
    column = pl.col(name).cast(kind)
    return column.round(DECIMALS) if kind == pl.Float64() else column
