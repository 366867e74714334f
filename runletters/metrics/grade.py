"""Grade-adjusted pace, called after its model: Minetti.

Pure: no clock, no network, no database, no files.

Cost of running on a slope (Minetti et al. 2002, J Appl Physiol 93:1039): energy per
kilogram and metre as a polynomial of the grade i, |i| <= 0.45. A metre uphill counts as
cost(i) / cost(0) metres on the flat. The model rewards downhill more than runners can
use; no figure of a brand is meant or met.
"""

from __future__ import annotations

import polars as pl

from runletters.metrics.elevation import STEP_M, smoothed
from runletters.metrics.grid import grid

STEEPEST = 0.45
ALTITUDE_WINDOW_M = 30.0
STANDING_M_S = 0.5
_COEFFICIENTS = (155.4, -30.4, -43.3, 46.3, 19.5, 3.6)


def cost_j_per_kg_m(grade: float) -> float:
    """Energy per kg and metre at a grade (rise over distance), clamped to 45 %."""
    slope = max(-STEEPEST, min(STEEPEST, grade))
    total = 0.0
    for coefficient in _COEFFICIENTS:
        total = total * slope + coefficient
    return total


def cost_ratio(grade: float, *, damping: float = 1.0) -> float:
    """Metres on the flat that one metre at this grade is worth.

    Args:
        grade: rise over distance, 0.05 = 5 %.
        damping: 1 for Minetti as published; some products use his ratio to the power 0.83.
    """
    return float((cost_j_per_kg_m(grade) / cost_j_per_kg_m(0.0)) ** damping)


def flat_pace_s_per_km(pace_s_per_km: float, grade: float, *, damping: float = 1.0) -> float:
    """The pace on the flat that costs as much per second as this pace at this grade."""
    return pace_s_per_km / cost_ratio(grade, damping=damping)


def graded(samples: pl.DataFrame) -> pl.DataFrame:
    """Grade-adjusted distance and pace of each run.

    Every 10 m, altitude averaged over 30 m; pieces below 0.5 m/s are left out.

    Args:
        samples: from `runletters.metrics.samples.samples`.

    Returns:
        Per `activity_id`: `grade_factor_minetti` (flat metres per metre run) and
        `gap_minetti_s_per_km` (moving seconds per flat kilometre); null without altitude.
    """
    seconds = pl.col("moving_s").filter("counts").sum()
    flat_m = (pl.col("ratio") * STEP_M).filter("counts").sum()
    run_m = pl.col("counts").sum() * STEP_M
    return (
        _pieces(samples)
        .group_by("activity_id", maintain_order=True)
        .agg(
            grade_factor_minetti=pl.when(run_m > 0).then(flat_m / run_m),
            gap_minetti_s_per_km=pl.when(run_m > 0).then(seconds / flat_m * 1_000.0),
        )
    )


def _pieces(samples: pl.DataFrame) -> pl.DataFrame:
    points = smoothed(grid(samples, STEP_M), ALTITUDE_WINDOW_M)
    moving_s = pl.col("moving_t_s").diff().over("run")
    grade = pl.col("altitude_m").diff().over("run") / STEP_M
    return points.select(
        "activity_id",
        "run",
        moving_s=moving_s,
        ratio=_ratio(grade.clip(-STEEPEST, STEEPEST)),
    ).with_columns(
        counts=pl.col("ratio").is_not_null()
        & (pl.col("moving_s") > 0)
        & (pl.col("moving_s") <= STEP_M / STANDING_M_S)
    )


def _ratio(grade: pl.Expr) -> pl.Expr:
    total = pl.lit(0.0)
    for coefficient in _COEFFICIENTS:
        total = total * grade + coefficient
    return total / _COEFFICIENTS[-1]
