"""Repetitions inside a run: found by speed, not by the lap button.

Pure: no clock, no network, no database, no files.

Speed over pieces of 10 s, standing included, median of three. Fast means above the middle
between the slow and the fast tenth of the run, if these differ by 25 % or more.
Repetitions are fast stretches of 20 s or more; a session has three or more of them, each
within half and twice the median duration, with slower running between.
"""

from __future__ import annotations

import polars as pl

PIECE_S = 10.0
SHORTEST_S = 20.0
CONTRAST = 1.25
FEWEST = 3
SLOW_SHARE, FAST_SHARE = 0.15, 0.90
LONGEST_SHARE = 0.7
"""A stretch longer than this share of the run is the run, not a repetition."""

REPETITION_SCHEMA: dict[str, pl.DataType] = {
    "activity_id": pl.String(),
    "index": pl.Int64(),
    "started_t_s": pl.Float64(),
    "duration_s": pl.Float64(),
    "distance_m": pl.Float64(),
    "pace_s_per_km": pl.Float64(),
    "heart_rate_avg_bpm": pl.Float64(),
    "recovery_s": pl.Float64(),
}


def repetitions(samples: pl.DataFrame) -> pl.DataFrame:
    """The repetitions of every run that is an interval session.

    Args:
        samples: from `runletters.metrics.samples.samples`.

    Returns:
        REPETITION_SCHEMA; `recovery_s` is the time to the next repetition, null at the last.
        Durations are multiples of 10 s.
    """
    stretches = _stretches(_fast(_pieces(samples)))
    total_s = samples.group_by("activity_id").agg(total_s=pl.col("dt_s").sum())
    fast = stretches.join(total_s, on="activity_id", maintain_order="left").filter(
        pl.col("duration_s") >= SHORTEST_S,
        pl.col("duration_s") <= pl.col("total_s") * LONGEST_SHARE,
    )
    return _sessions(fast).select(
        pl.col(name).cast(kind) for name, kind in REPETITION_SCHEMA.items()
    )


def sessions(repetitions: pl.DataFrame) -> pl.DataFrame:
    """One row per interval session.

    Returns:
        Per `activity_id`: `repetitions_count`, `repetition_s` and `repetition_m` (medians),
        `repetition_pace_s_per_km` (all distance over all time),
        `repetition_pace_variation_percent`,
        `recovery_s` (median).
    """
    pace = pl.col("pace_s_per_km")
    return repetitions.group_by("activity_id", maintain_order=True).agg(
        repetitions_count=pl.len().cast(pl.Int64),
        repetition_s=pl.col("duration_s").median(),
        repetition_m=pl.col("distance_m").median(),
        repetition_pace_s_per_km=pl.col("duration_s").sum() / pl.col("distance_m").sum() * 1_000,
        repetition_pace_variation_percent=pace.std() / pace.mean() * 100.0,
        recovery_s=pl.col("recovery_s").median(),
    )


def _pieces(samples: pl.DataFrame) -> pl.DataFrame:
    clock_s = pl.col("t_s") - pl.col("t_s").first().over("run")
    middle_s = clock_s - pl.col("dt_s") / 2
    return (
        samples.lazy()
        .filter(~pl.col("is_timer_pause"), pl.col("dt_s") > 0)
        .group_by("activity_id", "run", piece=(middle_s / PIECE_S).floor(), maintain_order=True)
        .agg(
            metres=pl.col("dd_m").sum(),
            seconds=pl.col("dt_s").sum(),
            heart_rate=pl.col("heart_rate_bpm").mean(),
        )
        .with_columns(speed=pl.col("metres") / pl.col("seconds"))
        .collect()
    )


def _fast(pieces: pl.DataFrame) -> pl.DataFrame:
    smooth = pl.col("speed").rolling_median(3, center=True, min_samples=1).over("run")
    slow = pl.col("smooth").quantile(SLOW_SHARE).over("run")
    quick = pl.col("smooth").quantile(FAST_SHARE).over("run")
    return (
        pieces.with_columns(smooth=smooth)
        .with_columns(slow=slow, quick=quick)
        .filter((pl.col("quick") >= CONTRAST * pl.col("slow")) & (pl.col("quick") > 0))
        .with_columns(is_fast=pl.col("smooth") > (pl.col("slow") + pl.col("quick")) / 2)
    )


def _stretches(pieces: pl.DataFrame) -> pl.DataFrame:
    return (
        pieces.group_by(pl.struct("run", "is_fast").rle_id().alias("stretch"), maintain_order=True)
        .agg(
            pl.col("activity_id", "is_fast").first(),
            started_t_s=pl.col("piece").first() * PIECE_S,
            duration_s=pl.col("seconds").sum(),
            distance_m=pl.col("metres").sum(),
            heart_rate_avg_bpm=pl.col("heart_rate").mean(),
        )
        .filter("is_fast")
    )


def _sessions(fast: pl.DataFrame) -> pl.DataFrame:
    typical = pl.col("duration_s").median().over("activity_id")
    ends_s = pl.col("started_t_s") + pl.col("duration_s")
    return (
        fast.filter(pl.col("duration_s").is_between(typical / 2, typical * 2))
        .filter(pl.len().over("activity_id") >= FEWEST)
        .with_columns(
            index=pl.int_range(1, pl.len() + 1).over("activity_id"),
            pace_s_per_km=pl.col("duration_s") / pl.col("distance_m") * 1_000.0,
            recovery_s=pl.col("started_t_s").shift(-1).over("activity_id") - ends_s,
        )
        .with_columns(pl.selectors.float().round(6))
    )
