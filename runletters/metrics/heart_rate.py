"""Heart rate of a run: averages, maximum, time in zone, drift and decoupling.

Pure: no clock, no network, no database, no files.

Two averages exist and differ where the recording is irregular: the mean over samples
(what Strava prints) and the mean over time. Both are here, each under its own name.
Each sample stands for half the time to each of its neighbours; a pause of the timer
stands for nobody.
"""

from __future__ import annotations

import polars as pl

DRIFT_S = 1_200.0
"""Drift is not told below 20 minutes of moving with heart rate."""
DECOUPLING_S = 3_600.0
"""Decoupling is told of steady runs of 60 minutes and more only (Friel)."""
STEADY_PERCENT = 15.0
"""Steady: the pace of 5-minute pieces varies less than this (standard deviation / mean)."""
PIECE_S = 300.0
BRIDGED_S = 30.0


def heart_rates(samples: pl.DataFrame) -> pl.DataFrame:
    """Averages and maximum of each run with heart rate.

    Args:
        samples: from `runletters.metrics.samples.samples`.

    Returns:
        Per `activity_id`: `heart_rate_sample_mean_bpm`, `heart_rate_time_mean_bpm`,
        `heart_rate_highest_bpm`, `heart_rate_covered_s` (time that samples stand for).
    """
    weighed = weighted(samples)
    return weighed.group_by("activity_id", maintain_order=True).agg(
        heart_rate_sample_mean_bpm=pl.col("heart_rate_bpm").mean(),
        heart_rate_time_mean_bpm=_time_mean(),
        heart_rate_highest_bpm=pl.col("heart_rate_bpm").max(),
        heart_rate_covered_s=pl.col("weight_s").sum(),
    )


def weighted(samples: pl.DataFrame) -> pl.DataFrame:
    """Samples with heart rate and `weight_s`, the time each stands for.

    Half the way to the sample before and half the way to the next one. Samples without
    heart rate between two that have it are bridged up to 30 s; a longer silence stands
    for nobody.
    """
    clock_s = (pl.col("dt_s") * ~pl.col("is_timer_pause")).cum_sum().over("run")
    to_before = pl.col("clock_s").diff().over("run").fill_null(0.0)
    to_after = pl.col("clock_s").diff(-1).over("run").neg().fill_null(0.0)
    return (
        samples.lazy()
        .with_columns(clock_s=clock_s)
        .with_columns(any_before_s=to_before, any_after_s=to_after)
        .filter(pl.col("heart_rate_bpm").is_not_null())
        .with_columns(rated_before_s=to_before, rated_after_s=to_after)
        .with_columns(weight_s=(_bridged("before") + _bridged("after")) / 2)
        .collect()
    )


def _bridged(side: str) -> pl.Expr:
    rated = pl.col(f"rated_{side}_s")
    is_near = (rated > 0) & (rated <= BRIDGED_S)
    return pl.when(is_near).then(rated).otherwise(f"any_{side}_s")


def time_in_bands(samples: pl.DataFrame, lower_bpm: tuple[float, ...]) -> pl.DataFrame:
    """Seconds below the first bound and from each bound to the next.

    Args:
        samples: from `runletters.metrics.samples.samples`.
        lower_bpm: lower bounds, rising; each belongs to the band above it.

    Returns:
        Per `activity_id`: `band_0_s` (below all bounds) to `band_<n>_s`.
    """
    band = pl.sum_horizontal(pl.col("heart_rate_bpm") >= bound for bound in lower_bpm)
    return (
        weighted(samples)
        .with_columns(band=band)
        .group_by("activity_id", maintain_order=True)
        .agg(
            pl.col("weight_s").filter(pl.col("band") == index).sum().alias(f"band_{index}_s")
            for index in range(len(lower_bpm) + 1)
        )
    )


def histogram(samples: pl.DataFrame) -> pl.DataFrame:
    """Seconds at each whole heart rate: all that zones and loads need to know of a run.

    With it, new zones or a new maximum never ask for the streams again.

    Returns:
        Per `activity_id`: `heart_rate_seconds`, a list of (`bpm`, `seconds`), rising.
    """
    return (
        weighted(samples)
        .group_by("activity_id", bpm=pl.col("heart_rate_bpm").round().cast(pl.Int16))
        .agg(seconds=pl.col("weight_s").sum().round(6))
        .sort("activity_id", "bpm")
        .group_by("activity_id", maintain_order=True)
        .agg(heart_rate_seconds=pl.struct("bpm", "seconds"))
    )


def drift(samples: pl.DataFrame) -> pl.DataFrame:
    """How the second half of the moving time differs from the first.

    Returns:
        Per `activity_id`, null where the evidence does not carry it:
        `heart_rate_drift_percent` ((HR2 - HR1) / HR1, pace ignored; 20 min and more),
        `decoupling_percent` ((EF1 - EF2) / EF1 with EF = speed / HR, positive = the second
        half was dearer; 60 min and more, steady), `efficiency_factor` (metres per minute
        and beat, on the flat as run, not graded), `pace_5min_variation_percent`.
    """
    return (
        _halves(samples)
        .join(_variation(samples), on="activity_id", how="left", maintain_order="left")
        .select(
            "activity_id",
            _percent("hr_2", "hr_1").alias("heart_rate_drift_percent"),
            pl.when(
                (pl.col("moving_s") >= DECOUPLING_S)
                & (pl.col("pace_5min_variation_percent") < STEADY_PERCENT)
            )
            .then(-_percent("ef_2", "ef_1"))
            .alias("decoupling_percent"),
            efficiency_factor=pl.when(pl.col("moving_s") > 0).then("ef"),
            pace_5min_variation_percent="pace_5min_variation_percent",
        )
    )


def efficiency_factor(speed_m_s: float, heart_rate_bpm: float) -> float:
    """Metres per minute for each beat per minute (Friel uses yards: times 1.09361)."""
    return speed_m_s * 60.0 / heart_rate_bpm


def decoupling_percent(first: float, second: float) -> float:
    """(EF1 - EF2) / EF1 in per cent: positive means the second half was dearer (Friel)."""
    return (first - second) / first * 100.0


def _time_mean() -> pl.Expr:
    covered = pl.col("weight_s").sum()
    weighed = (pl.col("heart_rate_bpm") * pl.col("weight_s")).sum() / covered
    return pl.when(covered > 0).then(weighed).otherwise(pl.col("heart_rate_bpm").mean())


def _percent(second: str, first: str) -> pl.Expr:
    change = (pl.col(second) - pl.col(first)) / pl.col(first) * 100.0
    return pl.when(pl.col("moving_s") >= DRIFT_S).then(change)


def _halves(samples: pl.DataFrame) -> pl.DataFrame:
    middle_s = pl.col("moving_t_s") - pl.col("dt_s") / 2
    which = (middle_s >= pl.col("moving_t_s").last().over("run") / 2) + 1
    rate = pl.col("heart_rate_bpm").forward_fill().over("run")
    halves = (
        samples.lazy()
        .with_columns(half=which, rate=(rate + rate.shift(1)) / 2)
        .filter(pl.col("is_moving") & pl.col("rate").is_not_null())
        .group_by("activity_id", maintain_order=True)
        .agg(
            pl.col("dt_s").sum().alias("moving_s"),
            _efficiency(pl.lit(value=True)).alias("ef"),
            *(_mean_rate(pl.col("half") == half).alias(f"hr_{half}") for half in (1, 2)),
            *(_efficiency(pl.col("half") == half).alias(f"ef_{half}") for half in (1, 2)),
        )
    )
    return halves.collect()


def _mean_rate(mask: pl.Expr) -> pl.Expr:
    beats = (pl.col("rate") * pl.col("dt_s")).filter(mask).sum()
    return beats / pl.col("dt_s").filter(mask).sum()


def _efficiency(mask: pl.Expr) -> pl.Expr:
    beats = (pl.col("rate") * pl.col("dt_s")).filter(mask).sum()
    return pl.col("dd_m").filter(mask).sum() * 60.0 / beats


def _variation(samples: pl.DataFrame) -> pl.DataFrame:
    piece = ((pl.col("moving_t_s") - pl.col("dt_s") / 2) / PIECE_S).floor()
    speed = pl.col("dd_m").sum() / pl.col("dt_s").sum()
    return (
        samples.lazy()
        .filter(pl.col("is_moving"))
        .group_by("activity_id", piece.alias("piece"), maintain_order=True)
        .agg(speed=speed, seconds=pl.col("dt_s").sum())
        .filter(pl.col("seconds") >= PIECE_S / 2)
        .group_by("activity_id", maintain_order=True)
        .agg(pace_5min_variation_percent=pl.col("speed").std() / pl.col("speed").mean() * 100.0)
        .collect()
    )
