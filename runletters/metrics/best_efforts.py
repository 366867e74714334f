"""Fastest stretches of 400 m to the marathon inside each run.

Pure: no clock, no network, no database, no files. Elapsed time, both ends interpolated;
a stretch that holds a teleport does not count, nor one faster than any human was.
"""

from __future__ import annotations

import polars as pl

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
    found = [
        _best(_long_enough(keyed, length_m), name, length_m) for name, length_m in EFFORTS_M.items()
    ]
    empty = pl.DataFrame(schema=BEST_EFFORTS_SCHEMA)
    return (
        pl.concat([empty, *found])
        .sort("activity_id", "distance_m")
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
    stride = (highest if isinstance(highest, float) else 0.0) + max(EFFORTS_M.values()) + 1.0
    return samples.select(
        "activity_id",
        "run",
        "t_s",
        "distance_m",
        pl.col("is_teleport").cum_sum().alias("teleports"),
        (pl.col("run").cast(pl.Float64) * stride + pl.col("distance_m")).alias("key"),
    )


def _long_enough(keyed: pl.DataFrame, length_m: float) -> pl.DataFrame:
    return keyed.filter(pl.col("distance_m").last().over("run") >= length_m)


def _best(keyed: pl.DataFrame, name: str, length_m: float) -> pl.DataFrame:
    tries = pl.concat([_from_samples(keyed, length_m), _to_samples(keyed, length_m)])
    return (
        tries.filter(pl.col("elapsed_s") >= FASTEST_S[name])
        .sort("elapsed_s", "started_t_s")
        .group_by("activity_id", maintain_order=True)
        .first()
        .with_columns(effort=pl.lit(name), distance_m=pl.lit(length_m))
        .select(*BEST_EFFORTS_SCHEMA)
    )


def _from_samples(keyed: pl.DataFrame, length_m: float) -> pl.DataFrame:
    """Stretches that begin at a sample: the end is the first moment that far along."""
    target = pl.col("key") + length_m
    after = pl.col("key").search_sorted(target, side="left")
    return _stretches(keyed, after, target, outer="after").select(
        "activity_id",
        elapsed_s=pl.col("other_t_s") - pl.col("t_s"),
        started_t_s=pl.col("t_s"),
        started_m=pl.col("distance_m"),
    )


def _to_samples(keyed: pl.DataFrame, length_m: float) -> pl.DataFrame:
    """Stretches that end at a sample: the start is the last moment that far back."""
    target = pl.col("key") - length_m
    after = pl.col("key").search_sorted(target, side="right")
    return _stretches(keyed, after, target, outer="before").select(
        "activity_id",
        elapsed_s=pl.col("t_s") - pl.col("other_t_s"),
        started_t_s=pl.col("other_t_s"),
        started_m=pl.col("distance_m") - length_m,
    )


def _stretches(keyed: pl.DataFrame, after: pl.Expr, target: pl.Expr, *, outer: str) -> pl.DataFrame:
    """Each sample with the interpolated time at the target; other runs and teleports out."""
    return (
        keyed.lazy()
        .with_columns(target=target, after=after.clip(1, pl.len() - 1))
        .with_columns(before=pl.col("after") - 1)
        .with_columns(
            k0=pl.col("key").gather("before"),
            k1=pl.col("key").gather("after"),
            t0=pl.col("t_s").gather("before"),
            t1=pl.col("t_s").gather("after"),
            same=(pl.col("run").gather("before") == pl.col("run"))
            & (pl.col("run").gather("after") == pl.col("run")),
            clean=pl.col("teleports").gather(outer) == pl.col("teleports"),
        )
        .filter("same", "clean", pl.col("target").is_between("k0", "k1"))
        .with_columns(share=(pl.col("target") - pl.col("k0")) / (pl.col("k1") - pl.col("k0")))
        .with_columns(other_t_s=pl.col("t0") + pl.col("share") * (pl.col("t1") - pl.col("t0")))
        .collect()
    )
