"""What in a recording cannot be believed: teleports, strap artefacts, frozen values.

Pure: no clock, no network, no database, no files. A flag keeps the figures it touches
out of claims; nothing is corrected in silence.
"""

from __future__ import annotations

import polars as pl

from runletters.metrics.samples import great_circle_step

LONG_GAP_S = 120.0
FROZEN_S = 300.0
FROZEN_SAMPLES = 30
JUMP_BPM = 25.0
JUMP_S = 5.0
JUMPS = 3
EARLY_S = 480.0
EARLY_EXCESS_BPM = 15.0
LOCK_SPM = 2.0
LOCK_SHARE = 0.6
LOCK_SAMPLES = 120
MISSING_SHARE = 0.25
TELEPORT_M = 100.0
TELEPORT_SHARE = 0.01
RUNNING_M_S = 1.5

DISTANCE_FLAGS = ("gps_teleport", "distance_frozen", "long_gap")
HEART_RATE_FLAGS = (
    "heart_rate_jumps", "heart_rate_early_spike", "heart_rate_frozen",
    "heart_rate_cadence_lock", "heart_rate_gaps",
)  # fmt: skip
FLAGS = (*DISTANCE_FLAGS, *HEART_RATE_FLAGS)
HARMLESS = frozenset({
    "no_positions", "no_heart_rate", "no_streams", "manual", "duplicate", "merged",
    "sport_assumed", "totals_computed", "multisport_leg", "file_missing", "file_unreadable",
})  # fmt: skip
"""Flags that say what is absent, not that a figure is wrong. A file that states no totals, as
a GPX never does, has those of its samples; a row of an export whose file is not there has its own.
"""
FASTEST_S_PER_KM = 150.0
"""Faster than the world's best 3 km: distance or time is wrong."""
SLOWEST_S_PER_KM = 1_800.0
"""Slower than walking with a child: the clock ran on."""
SHORTEST_M, LONGEST_M = 200.0, 320_000.0
"""Below a lap of a small track, or further than anybody runs in one go: no comparison."""


def doubts(flags: str) -> pl.Expr:
    """Flags of a list column that make distance, time or date doubtful.

    One rule for letters, comparisons and predictions: what is harmless or only touches
    heart rate or altitude takes a run out of nothing.
    """
    flag = pl.element()
    spares = flag.is_in(list(HARMLESS)) | flag.str.contains("^(heart_rate_|hr_|altitude_)")
    return pl.col(flags).fill_null([]).list.eval(flag.filter(~spares))


def is_believable() -> pl.Expr:
    """Whether distance and pace (`distance_m`, `pace_s_per_km`) can be those of a run."""
    distance = pl.col("distance_m").is_between(SHORTEST_M, LONGEST_M)
    pace = pl.col("pace_s_per_km").is_between(FASTEST_S_PER_KM, SLOWEST_S_PER_KM)
    return (distance & pace).fill_null(value=False)


def quality(samples: pl.DataFrame) -> pl.DataFrame:
    """Which flags each run carries.

    Args:
        samples: from `runletters.metrics.samples.samples`.

    Returns:
        Per `activity_id`: `stream_flags`, a sorted list out of
        gps_teleport (intervals faster than 12.5 m/s over 30 m or more make up more than
        100 m or 1 % of the distance),
        distance_frozen (position moves on for 5 minutes at running pace, distance stands),
        long_gap (2 minutes or more without a sample while moving),
        heart_rate_jumps (three steps of 25 bpm or more within 5 s),
        heart_rate_early_spike (first 8 minutes 15 bpm above the median of the rest),
        heart_rate_frozen (one value for 5 minutes and 30 samples while moving),
        heart_rate_cadence_lock (equal to the steps per minute, within 2, in 60 % of samples),
        heart_rate_gaps (more than a quarter of the samples without one, where some have it).
    """
    tested = samples.group_by("activity_id", maintain_order=True).agg(
        test.alias(flag) for flag, test in _tests().items()
    )
    for flag, frozen in (
        ("heart_rate_frozen", _frozen_heart_rate(samples)),
        ("distance_frozen", _frozen_distance(samples)),
    ):
        ids = frozen["activity_id"].unique().to_list()
        tested = tested.with_columns(pl.col("activity_id").is_in(ids).alias(flag))
    return tested.select("activity_id", stream_flags=_raised())


def _raised() -> pl.Expr:
    named = [
        pl.when(pl.col(flag).fill_null(value=False)).then(pl.lit(flag)) for flag in sorted(FLAGS)
    ]
    return pl.concat_list(named).list.drop_nulls()


def _tests() -> dict[str, pl.Expr]:
    rate, rated = pl.col("heart_rate_bpm"), pl.col("heart_rate_bpm").count()
    jump = (rate.diff().abs() >= JUMP_BPM) & (pl.col("dt_s") <= JUMP_S)
    early = pl.col("t_s") - pl.col("t_s").first() <= EARLY_S
    spike = rate.filter(early).quantile(0.9) - rate.filter(~early).median()
    steps = pl.col("cadence_rpm") * 2
    locked = ((rate - steps).abs() <= LOCK_SPM) & (steps > 0)
    gap = (pl.col("dt_s") >= LONG_GAP_S) & pl.col("is_moving")
    return {
        "gps_teleport": pl.col("teleport_m").sum() > _tolerated_m(),
        "long_gap": gap.any(),
        "heart_rate_jumps": jump.sum() >= JUMPS,
        "heart_rate_early_spike": (spike >= EARLY_EXCESS_BPM)
        & (pl.col("dt_s").sum() > 2 * EARLY_S),
        "heart_rate_cadence_lock": (rated >= LOCK_SAMPLES) & (locked.sum() >= LOCK_SHARE * rated),
        "heart_rate_gaps": (rated > 0) & (pl.len() - rated > MISSING_SHARE * pl.len()),
    }


def _tolerated_m() -> pl.Expr:
    return pl.max_horizontal(TELEPORT_M, pl.col("distance_m").last() * TELEPORT_SHARE)


def _frozen_heart_rate(samples: pl.DataFrame) -> pl.DataFrame:
    """Stretches of one heart rate, long in time and samples, while the runner moved."""
    return (
        samples.lazy()
        .filter(pl.col("heart_rate_bpm").is_not_null() & pl.col("is_moving"))
        .group_by(pl.struct("run", "heart_rate_bpm").rle_id().alias("stretch"))
        .agg(pl.col("activity_id").first(), pl.len(), seconds=pl.col("dt_s").sum())
        .filter((pl.col("seconds") >= FROZEN_S) & (pl.col("len") >= FROZEN_SAMPLES))
        .collect()
    )


def _frozen_distance(samples: pl.DataFrame) -> pl.DataFrame:
    """Stretches in which the position runs on and the distance does not."""
    metres = great_circle_step().fill_null(0.0)
    return (
        samples.lazy()
        .with_columns(metres=metres, stands=pl.col("dd_m") <= 0)
        .with_columns(stretch=pl.struct("run", "stands").rle_id())
        .filter(pl.col("stands") & ~pl.col("is_teleport"))
        .group_by("stretch")
        .agg(pl.col("activity_id").first(), pl.col("metres").sum(), seconds=pl.col("dt_s").sum())
        .filter(
            (pl.col("seconds") >= FROZEN_S) & (pl.col("metres") >= RUNNING_M_S * pl.col("seconds"))
        )
        .collect()
    )
