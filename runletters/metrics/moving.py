"""Moving time and pauses.

Pure: no clock, no network, no database, no files. What counts as moving is stated in
`runletters.metrics.samples`.
"""

from __future__ import annotations

import polars as pl

PAUSE_S = 10.0
"""Standing shorter than this is no pause that anybody would count."""


def moving(samples: pl.DataFrame) -> pl.DataFrame:
    """Moving time and pauses of each run.

    Args:
        samples: from `runletters.metrics.samples.samples`.

    Returns:
        Per `activity_id`: `stream_distance_m`, `stream_elapsed_s`, `stream_moving_s`,
        `paused_s` (all time not moving), `pauses_count` and `longest_pause_s` (stretches
        of 10 s or more), `moving_rule` ("timer" or "speed").
    """
    totals = samples.group_by("activity_id", maintain_order=True).agg(
        stream_distance_m=pl.col("distance_m").last(),
        stream_elapsed_s=pl.col("dt_s").sum(),
        stream_moving_s=pl.col("moving_t_s").last(),
        paused_s=pl.col("dt_s").sum() - pl.col("moving_t_s").last(),
        moving_rule=pl.when(pl.col("is_timer_pause").any())
        .then(pl.lit("timer"))
        .otherwise(pl.lit("speed")),
    )
    longest = (
        pauses(samples)
        .group_by("activity_id", maintain_order=True)
        .agg(pauses_count=pl.len().cast(pl.Int64), longest_pause_s=pl.col("duration_s").max())
    )
    return totals.join(longest, on="activity_id", how="left", maintain_order="left").with_columns(
        pl.col("pauses_count").fill_null(0)
    )


def pauses(samples: pl.DataFrame) -> pl.DataFrame:
    """Every pause of 10 s or more: `activity_id`, `started_t_s`, `duration_s`, `distance_m`."""
    still = pl.col("dt_s") * ~pl.col("is_moving")
    return (
        samples.lazy()
        .with_columns(stretch=pl.struct("run", "is_moving").rle_id(), still_s=still)
        .filter(~pl.col("is_moving") & (pl.col("dt_s") > 0))
        .group_by("stretch", maintain_order=True)
        .agg(
            pl.col("activity_id").first(),
            started_t_s=pl.col("t_s").first() - pl.col("dt_s").first(),
            duration_s=pl.col("still_s").sum(),
            distance_m=pl.col("distance_m").first(),
        )
        .filter(pl.col("duration_s") >= PAUSE_S)
        .drop("stretch")
        .collect()
    )
