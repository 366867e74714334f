"""Points at exact distances along each run, interpolated between the samples around them.

Pure: no clock, no network, no database, no files.
"""

from __future__ import annotations

import polars as pl


def grid(samples: pl.DataFrame, step_m: float) -> pl.DataFrame:
    """Where each run passed every multiple of a distance.

    Args:
        samples: from `runletters.metrics.samples.samples`.
        step_m: distance between two points, in metres, above 0.

    Returns:
        Per run and point: `activity_id`, `run`, `index` (from 1), `distance_m` (index times
        step), `t_s`, `moving_t_s`, `altitude_m`; linear between samples, so a pause that
        happens at the point itself belongs to what follows it.
    """
    return (
        samples.lazy()
        .select("activity_id", "run", *_edges(step_m))
        .filter(pl.col("last_index") > pl.col("first_index"))
        .with_columns(index=pl.int_ranges(pl.col("first_index") + 1, pl.col("last_index") + 1))
        .explode("index")
        .select(
            "activity_id", "run", "index", distance_m=pl.col("index") * step_m, **_points(step_m)
        )
        .collect()
    )


def _edges(step_m: float) -> list[pl.Expr]:
    start_m = pl.col("distance_m") - pl.col("dd_m")
    return [
        start_m.alias("start_m"),
        pl.col("dd_m"),
        _before("t_s").alias("t0"),
        pl.col("t_s").alias("t1"),
        _before("moving_t_s").alias("m0"),
        pl.col("moving_t_s").alias("m1"),
        _before("altitude_m").alias("a0"),
        pl.col("altitude_m").alias("a1"),
        _index(start_m, step_m).alias("first_index"),
        _index(pl.col("distance_m"), step_m).alias("last_index"),
    ]


def _before(column: str) -> pl.Expr:
    return pl.col(column).shift(1)


def _index(distance_m: pl.Expr, step_m: float) -> pl.Expr:
    # A billionth of a step forgives the rounding of summed metres at an exact boundary.
    return (distance_m / step_m + 1e-9).floor().cast(pl.Int64)


def _points(step_m: float) -> dict[str, pl.Expr]:
    share = ((pl.col("index") * step_m - pl.col("start_m")) / pl.col("dd_m")).clip(0.0, 1.0)
    return {
        "t_s": pl.col("t0") + share * (pl.col("t1") - pl.col("t0")),
        "moving_t_s": pl.col("m0") + share * (pl.col("m1") - pl.col("m0")),
        "altitude_m": pl.col("a0") + share * (pl.col("a1") - pl.col("a0")),
    }
