"""Fastest stretches of 400 m to the marathon inside each run.

Pure: no clock, no network, no database, no files. Elapsed time, both ends interpolated;
a stretch that holds a teleport does not count, nor one faster than any human was.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from runletters.metrics.samples import names_of

EFFORTS_M: dict[str, float] = {
    "400m": 400.0,
    "half_mile": 804.672,
    "1km": 1_000.0,
    "mile": 1_609.344,
    "2_miles": 3_218.688,
    "5km": 5_000.0,
    "10km": 10_000.0,
    "15km": 15_000.0,
    "half_marathon": 21_097.5,
    "marathon": 42_195.0,
}

FASTEST_S: dict[str, float] = {
    "400m": 43.0,
    "half_mile": 101.0,
    "1km": 131.0,
    "mile": 223.0,
    "2_miles": 474.0,
    "5km": 755.0,
    "10km": 1_571.0,
    "15km": 2_400.0,
    "half_marathon": 3_400.0,
    "marathon": 7_200.0,
}
"""World records, rounded down: faster is an error of the recording."""

BEST_EFFORTS_SCHEMA: dict[str, pl.DataType] = {
    "activity_id": pl.String(),
    "effort": pl.String(),
    "distance_m": pl.Float64(),
    "elapsed_s": pl.Float64(),
    "started_t_s": pl.Float64(),
    "started_m": pl.Float64(),
}


def best_efforts(samples: pl.DataFrame) -> pl.DataFrame:
    """The best effort of each run over each distance that it is long enough for.

    The fastest stretch begins or ends at a sample, because between samples the speed is
    constant: both kinds are tried, exactly.

    Args:
        samples: from `runletters.metrics.samples.samples`.

    Returns:
        BEST_EFFORTS_SCHEMA: `effort` is a key of EFFORTS_M, `started_t_s` and `started_m`
        say where it began.
    """
    keyed = _keyed(samples)
    found = [_best(keyed, name, length_m) for name, length_m in EFFORTS_M.items()]
    return (
        pl.concat(found)
        .join(names_of(samples), on="run")
        .sort("activity_id", "distance_m")
        .select(*BEST_EFFORTS_SCHEMA)
        .with_columns(pl.col("elapsed_s", "started_t_s", "started_m").round(6))
    )


def records(efforts: pl.DataFrame, metrics: pl.DataFrame) -> pl.DataFrame:
    """The runner's best of every distance, with n and window.

    Args:
        efforts: from `best_efforts`, all runs of one runner.
        metrics: from `run_metrics`; only runs with a measured pace count.

    Returns:
        Per `effort`: `distance_m`, `elapsed_s`, `activity_id`, `local_date`, `runs_count`
        and `since` (first date that is counted).
    """
    sound = metrics.filter(pl.col("pace_quality") == "measured")
    return (
        efforts.join(sound.select("activity_id", "local_date"), on="activity_id")
        .sort("elapsed_s", "local_date", "activity_id")
        .group_by("effort", maintain_order=True)
        .agg(
            pl.col("distance_m", "elapsed_s", "activity_id", "local_date").first(),
            runs_count=pl.len().cast(pl.Int64),
            since=pl.col("local_date").min(),
        )
        .sort("distance_m")
    )


def _keyed(samples: pl.DataFrame) -> pl.DataFrame:
    """One rising key over all runs, so that one binary search serves them all."""
    highest = samples["distance_m"].max()
    stride = (highest if isinstance(highest, float) else 0.0) + 1.0
    return samples.select(
        "run",
        "t_s",
        "distance_m",
        pl.col("distance_m").last().over("run").alias("length_m"),
        pl.col("is_teleport").cum_sum().alias("teleports"),
        (pl.col("run").cast(pl.Float64) * stride + pl.col("distance_m")).alias("key"),
    )


def _best(keyed: pl.DataFrame, name: str, length_m: float) -> pl.DataFrame:
    tries = pl.concat([_from_samples(keyed, length_m), _to_samples(keyed, length_m)])
    # Times within a microsecond are equal: the earliest of them is told, so that a run
    # computed alone says the same as in company.
    fastest = pl.col("elapsed_s").min().over("run")
    return (
        tries.filter(pl.col("elapsed_s") >= FASTEST_S[name])
        .filter(pl.col("elapsed_s") <= fastest + 1e-6)
        .group_by("run", maintain_order=True)
        .agg(pl.all().get(pl.col("started_t_s").arg_min()))
        .with_columns(effort=pl.lit(name), distance_m=pl.lit(length_m))
    )


def _from_samples(keyed: pl.DataFrame, length_m: float) -> pl.DataFrame:
    """Stretches that begin at a sample: the end is the first moment that far along."""
    ahead = keyed.filter(pl.col("distance_m") + length_m <= pl.col("length_m"))
    other = _at(keyed, ahead, ahead["key"] + length_m, side="left")
    return other.select(
        "run",
        elapsed_s=pl.col("other_t_s") - pl.col("t_s"),
        started_t_s=pl.col("t_s"),
        started_m=pl.col("distance_m"),
    )


def _to_samples(keyed: pl.DataFrame, length_m: float) -> pl.DataFrame:
    """Stretches that end at a sample: the start is the last moment that far back."""
    behind = keyed.filter(pl.col("distance_m") >= length_m)
    other = _at(keyed, behind, behind["key"] - length_m, side="right")
    return other.select(
        "run",
        elapsed_s=pl.col("t_s") - pl.col("other_t_s"),
        started_t_s=pl.col("other_t_s"),
        started_m=pl.col("distance_m") - length_m,
    )


def _at(
    keyed: pl.DataFrame, ends: pl.DataFrame, target: pl.Series, *, side: Literal["left", "right"]
) -> pl.DataFrame:
    """One end of each stretch with the interpolated time of the other; none over a teleport."""
    last = max(1, keyed.height - 1)
    after = keyed["key"].search_sorted(target, side=side).cast(pl.Int64).clip(1, last)
    brackets = keyed.select(
        k0=pl.col("key").gather(after - 1),
        k1=pl.col("key").gather(after),
        t0=pl.col("t_s").gather(after - 1),
        t1=pl.col("t_s").gather(after),
        beyond=pl.col("teleports").gather(after if side == "left" else after - 1),
    )
    share = (pl.lit(target) - pl.col("k0")) / (pl.col("k1") - pl.col("k0"))
    return (
        pl.concat([ends, brackets], how="horizontal")
        .with_columns(other_t_s=pl.col("t0") + share * (pl.col("t1") - pl.col("t0")))
        .filter(pl.col("beyond") == pl.col("teleports"), pl.col("other_t_s").is_finite())
    )
