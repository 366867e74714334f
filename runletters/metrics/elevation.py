"""Elevation gain and loss, with the smoothing stated.

Pure: no clock, no network, no database, no files.

Altitude is read every 10 m of distance, averaged over 60 m and then its rises and falls
are summed. On five hilly runs with figures of the device the sum came within 5 %; from
GPS altitude on flat ground only the order of magnitude is known: show it as a band.
"""

from __future__ import annotations

import polars as pl

from runletters.metrics.grid import grid

STEP_M = 10.0
WINDOW_M = 60.0


def elevation(samples: pl.DataFrame) -> pl.DataFrame:
    """Gain and loss of each run in metres.

    Args:
        samples: from `runletters.metrics.samples.samples`.

    Returns:
        Per `activity_id`: `stream_elevation_gain_m` and `stream_elevation_loss_m` (both
        at least 0; null without altitude).
    """
    return rises(smoothed(grid(samples, STEP_M)))


def smoothed(points: pl.DataFrame, window_m: float = WINDOW_M) -> pl.DataFrame:
    """The same points with `altitude_m` averaged over a centred window of distance."""
    width = round(window_m / STEP_M) + 1
    mean = pl.col("altitude_m").rolling_mean(width, min_samples=1, center=True).over("run")
    return points.with_columns(
        pl.when(pl.col("altitude_m").is_not_null()).then(mean).alias("altitude_m")
    )


def rises(points: pl.DataFrame) -> pl.DataFrame:
    """Sum of rises and sum of falls, without any threshold, per `activity_id`."""
    step = pl.col("altitude_m").drop_nulls().diff()
    seen = pl.col("altitude_m").count() > 1
    return points.group_by("activity_id", maintain_order=True).agg(
        stream_elevation_gain_m=pl.when(seen).then(step.clip(lower_bound=0).sum()),
        stream_elevation_loss_m=pl.when(seen).then(-step.clip(upper_bound=0).sum()),
    )
