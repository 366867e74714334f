"""Splits of a kilometre, a mile or any other distance, cut at the exact boundary.

Pure: no clock, no network, no database, no files.
"""

from __future__ import annotations

import polars as pl

from runletters.metrics.grid import grid
from runletters.metrics.samples import samples

KILOMETRE_M = 1_000.0
MILE_M = 1_609.344
SHORTEST_REST_M = 1.0
"""A rest behind the last whole split that is shorter than this is rounding, not a split."""

SPLIT_SCHEMA: dict[str, pl.DataType] = {
    "activity_id": pl.String(),
    "index": pl.Int64(),
    "distance_m": pl.Float64(),
    "elapsed_s": pl.Float64(),
    "moving_s": pl.Float64(),
    "pace_s": pl.Float64(),
    "elevation_change_m": pl.Float64(),
    "heart_rate_avg_bpm": pl.Float64(),
}


def splits(streams: pl.DataFrame, unit_m: float = KILOMETRE_M) -> pl.DataFrame:
    """Splits of many runs; see `splits_of` for the columns."""
    return splits_of(samples(streams), unit_m)


def splits_of(clean: pl.DataFrame, unit_m: float = KILOMETRE_M) -> pl.DataFrame:
    """Splits of many runs, boundaries interpolated, elapsed time inside.

    Args:
        clean: from `runletters.metrics.samples.samples`.
        unit_m: length of a whole split in metres; the last one of a run may be shorter.

    Returns:
        Per `activity_id` and `index` (from 1): `distance_m`, `elapsed_s`, `moving_s`,
        `pace_s` (moving seconds per unit), `elevation_change_m` (end minus start, raw),
        `heart_rate_avg_bpm` (mean of the samples inside, as Strava does it).
    """
    bounds = pl.concat([_starts(clean), grid(clean, unit_m), _ends(clean)], how="diagonal")
    cut = (
        bounds.lazy()
        .sort("run", "distance_m", "t_s", maintain_order=True)
        .with_columns(_spent(name) for name in ("distance_m", "t_s", "moving_t_s", "altitude_m"))
        .with_columns(index=pl.int_range(pl.len(), dtype=pl.Int64).over("run"))
        .filter((pl.col("index") > 0) & (pl.col("distance_m") >= SHORTEST_REST_M))
        .select(*_columns(unit_m))
        .collect()
    )
    joined = cut.join(
        _heart_rate(clean, unit_m), on=["activity_id", "index"], how="left", maintain_order="left"
    )
    return joined.select(*SPLIT_SCHEMA).with_columns(pl.selectors.float().round(6))


def _starts(clean: pl.DataFrame) -> pl.DataFrame:
    first = clean.group_by("run", maintain_order=True).first()
    return first.select("activity_id", "run", "distance_m", "t_s", "moving_t_s", "altitude_m")


def _ends(clean: pl.DataFrame) -> pl.DataFrame:
    last = clean.group_by("run", maintain_order=True).last()
    return last.select("activity_id", "run", "distance_m", "t_s", "moving_t_s", "altitude_m")


def _spent(column: str) -> pl.Expr:
    return pl.col(column).diff().over("run").alias(column)


def _columns(unit_m: float) -> list[pl.Expr]:
    moving_s = pl.col("moving_t_s")
    return [
        pl.col("activity_id"),
        pl.col("index"),
        pl.col("distance_m"),
        pl.col("t_s").alias("elapsed_s"),
        moving_s.alias("moving_s"),
        (moving_s / pl.col("distance_m") * unit_m).alias("pace_s"),
        pl.col("altitude_m").alias("elevation_change_m"),
    ]


def _heart_rate(clean: pl.DataFrame, unit_m: float) -> pl.DataFrame:
    middle_m = pl.col("distance_m") - pl.col("dd_m") / 2
    return (
        clean.lazy()
        .filter(pl.col("heart_rate_bpm").is_not_null())
        .group_by("activity_id", index=(middle_m / unit_m).floor().cast(pl.Int64) + 1)
        .agg(heart_rate_avg_bpm=pl.col("heart_rate_bpm").mean())
        .collect()
    )
