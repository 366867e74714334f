"""How the effort was spread: halves, quarters, evenness.

Pure: no clock, no network, no database, no files. All paces are moving seconds.
"""

from __future__ import annotations

import polars as pl

from runletters.metrics.splits import KILOMETRE_M

EVEN_PERCENT = 1.0
"""Halves within this of each other are an even run, neither positive nor negative."""
SHORTEST_M = 2_000.0
"""Below two kilometres halves say nothing."""
FEWEST_SPLITS = 3


def pacing(samples: pl.DataFrame) -> pl.DataFrame:
    """Pace of the halves by distance and of the outer quarters, in s per km.

    Args:
        samples: from `runletters.metrics.samples.samples`.

    Returns:
        Per `activity_id`: `first_half_pace_s_per_km`, `second_half_pace_s_per_km`,
        `half_change_percent` (second minus first; negative = faster), `split_kind`
        ("negative", "even", "positive"), `first_quarter_pace_s_per_km`,
        `last_quarter_pace_s_per_km`; null below 2 km.
    """
    quarters = [_seconds_at(samples, share) for share in (0.25, 0.5, 0.75)]
    total = samples.group_by("activity_id", maintain_order=True).agg(
        pl.col("distance_m").last(), s_100=pl.col("moving_t_s").last()
    )
    for quarter in quarters:
        total = total.join(quarter, on="activity_id", how="left", maintain_order="left")
    return total.filter(pl.col("distance_m") >= SHORTEST_M).select(*_paces()).with_columns(_kind())


def evenness(splits: pl.DataFrame, unit_m: float = KILOMETRE_M) -> pl.DataFrame:
    """Variation of the whole splits: `split_pace_variation_percent` per `activity_id`.

    Standard deviation (sample) over mean of the pace of at least three whole splits.
    """
    whole = pl.col("distance_m") >= unit_m - 0.5
    pace = pl.col("pace_s")
    return (
        splits.filter(whole)
        .group_by("activity_id", maintain_order=True)
        .agg(
            split_pace_variation_percent=pl.when(pl.len() >= FEWEST_SPLITS).then(
                pace.std() / pace.mean() * 100.0
            )
        )
    )


def _seconds_at(samples: pl.DataFrame, share: float) -> pl.DataFrame:
    mark_m = pl.col("mark_m")
    start_m = pl.col("distance_m") - pl.col("dd_m")
    spent_s = pl.col("dt_s") * pl.col("is_moving")
    reached = (mark_m - start_m) / pl.col("dd_m")
    seconds = pl.col("moving_t_s") - spent_s + reached * spent_s
    return (
        samples.lazy()
        .with_columns(mark_m=pl.col("distance_m").last().over("run") * share)
        .filter((start_m < mark_m) & (pl.col("distance_m") >= mark_m))
        .group_by("activity_id")
        .agg(seconds.first().alias(f"s_{share * 100:.0f}"))
        .collect()
    )


def _paces() -> list[pl.Expr]:
    km = pl.col("distance_m") / KILOMETRE_M
    return [
        pl.col("activity_id"),
        (pl.col("s_50") / (km / 2)).alias("first_half_pace_s_per_km"),
        ((pl.col("s_100") - pl.col("s_50")) / (km / 2)).alias("second_half_pace_s_per_km"),
        (pl.col("s_25") / (km / 4)).alias("first_quarter_pace_s_per_km"),
        ((pl.col("s_100") - pl.col("s_75")) / (km / 4)).alias("last_quarter_pace_s_per_km"),
        ((pl.col("s_100") / pl.col("s_50") - 2) * 100.0).alias("half_change_percent"),
    ]


def _kind() -> pl.Expr:
    change = pl.col("half_change_percent")
    return (
        pl.when(change < -EVEN_PERCENT)
        .then(pl.lit("negative"))
        .when(change > EVEN_PERCENT)
        .then(pl.lit("positive"))
        .when(change.is_not_null())
        .then(pl.lit("even"))
        .alias("split_kind")
    )
