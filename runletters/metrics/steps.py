"""Steps per minute and power of a run.

Pure: no clock, no network, no database, no files.
"""

from __future__ import annotations

import polars as pl

ONE_LEG_BELOW = 130.0
"""A median below this counts one leg (strides); nobody runs at fewer than 130 steps."""


def steps(samples: pl.DataFrame) -> pl.DataFrame:
    """Cadence and power while moving.

    Returns:
        Per `activity_id`: `stream_cadence_spm` (steps of both legs per minute, mean of the
        moving samples above 0), `stream_power_w` (mean of the moving samples).
    """
    turning = pl.col("cadence_rpm").filter(pl.col("is_moving") & (pl.col("cadence_rpm") > 0))
    return samples.group_by("activity_id", maintain_order=True).agg(
        stream_cadence_spm=turning.mean() * both_legs(turning.median()),
        stream_power_w=pl.col("power_w").filter("is_moving").mean(),
    )


def both_legs(cadence: pl.Expr) -> pl.Expr:
    """Factor from the recorded cadence to steps per minute: 2 for one leg, else 1."""
    return pl.when(cadence < ONE_LEG_BELOW).then(2.0).otherwise(1.0)
