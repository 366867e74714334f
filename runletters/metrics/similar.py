"""Earlier runs like this one, and what changed since.

Pure: no clock, no network, no database, no files.

Same route where the geometry is known (see `routes`); else runs of the year before with a
distance within 10 %, the same sport and a climb per km within 8 m. Only earlier runs
with a sound pace are compared, so a later run never changes what was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

import polars as pl

from runletters.metrics.classify import is_sound
from runletters.metrics.route_masks import Routes, masks_of
from runletters.metrics.routes import SAME_ROUTE

LENGTH_TOLERANCE = 0.10
CLIMB_TOLERANCE_M_PER_KM = 8.0
WINDOW_DAYS = 365
FEWEST_ON_ROUTE = 2

SIMILAR_SCHEMA: dict[str, pl.DataType] = {
    "activity_id": pl.String(),
    "local_date": pl.Date(),
    "basis": pl.String(),  # route, distance
    "similarity": pl.Float64(),
}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One run among earlier ones like it. `n` counts this run too."""

    basis: str  # route, distance
    n: int
    since: date
    pace_rank: int  # 1 = fastest
    best_pace_s_per_km: float  # of the earlier runs
    best_activity_id: str
    best_date: date
    median_pace_s_per_km: float
    pace_change_s_per_km: float  # against the median; negative = faster
    last_activity_id: str
    last_date: date
    efficiency_n: int  # runs with a sound heart rate, this one included; 0 = none
    efficiency_rank: int | None  # 1 = most metres per beat
    efficiency_change_percent: float | None  # against the median of the earlier ones
    pace_change_at_equal_heart_rate_s_per_km: float | None  # negative = faster at that heart rate
    equal_heart_rate_bpm: float | None


def similar_runs(activity_id: str, metrics: pl.DataFrame, routes: Routes) -> pl.DataFrame:
    """Earlier runs like one run, most like it first.

    Args:
        activity_id: the run.
        metrics: rows of `run_metrics` of one runner, the run among them.
        routes: cells by activity, where known (`routes.route_cells`); as masks where
            many runs are asked about: they are made once.

    Returns:
        SIMILAR_SCHEMA; empty where nothing is alike, the run's own pace is in doubt, or it was
        a leg of a multisport day, run on tired legs.
    """
    target = metrics.row(by_predicate=pl.col("activity_id") == activity_id, named=True)
    is_leg = target.get("classification") == "multisport"
    near = metrics.clear() if is_leg else _near_in_length(target, metrics)
    on_route = _on_route(target, near, routes)
    if on_route.height >= FEWEST_ON_ROUTE:
        return on_route
    return _alike(target, near)


def compared(activity_id: str, metrics: pl.DataFrame, similar: pl.DataFrame) -> Comparison | None:
    """What one run is among those like it; None without any.

    Args:
        activity_id: the run.
        metrics: rows of `run_metrics`.
        similar: from `similar_runs`.
    """
    if similar.is_empty():
        return None
    target = metrics.row(by_predicate=pl.col("activity_id") == activity_id, named=True)
    ids = similar["activity_id"].to_list()
    rows = metrics.filter(pl.col("activity_id").is_in(ids)).sort("started_at", "activity_id")
    paces: list[float] = rows["pace_s_per_km"].to_list()
    best, usual = paces.index(min(paces)), median(paces)
    return Comparison(
        basis=similar["basis"][0],
        n=len(paces) + 1,
        since=rows["local_date"][0],
        pace_rank=1 + sum(pace < target["pace_s_per_km"] for pace in paces),
        best_pace_s_per_km=paces[best],
        best_activity_id=rows["activity_id"][best],
        best_date=rows["local_date"][best],
        median_pace_s_per_km=usual,
        pace_change_s_per_km=target["pace_s_per_km"] - usual,
        last_activity_id=rows["activity_id"][-1],
        last_date=rows["local_date"][-1],
        **_efficiency(target, rows),
    )


def _near_in_length(target: dict[str, Any], metrics: pl.DataFrame) -> pl.DataFrame:
    if target["pace_quality"] not in {"measured", "estimated"}:
        return metrics.clear()
    metres: float = target["distance_m"]
    return metrics.filter(
        pl.col("started_at") < target["started_at"],
        is_sound(),
        pl.col("distance_m").is_between(
            metres * (1 - LENGTH_TOLERANCE), metres * (1 + LENGTH_TOLERANCE)
        ),
    )


def _on_route(target: dict[str, Any], near: pl.DataFrame, routes: Routes) -> pl.DataFrame:
    likeness = masks_of(routes).similarities(target["activity_id"], near["activity_id"].to_list())
    found = near.select("activity_id", "local_date").with_columns(
        pl.lit("route").alias("basis"), pl.Series("similarity", likeness, dtype=pl.Float64)
    )
    return found.filter(pl.col("similarity") >= SAME_ROUTE).sort(
        "similarity", "local_date", descending=True
    )


def _alike(target: dict[str, Any], near: pl.DataFrame) -> pl.DataFrame:
    since = target["local_date"] - timedelta(days=WINDOW_DAYS)
    likeness = 1 - (pl.col("distance_m") / target["distance_m"] - 1).abs()
    return (
        near.filter(
            pl.col("local_date") >= since,
            pl.col("sport").eq_missing(pl.lit(target["sport"])),
            _climbs_alike(target),
        )
        .select(
            "activity_id",
            "local_date",
            pl.lit("distance").alias("basis"),
            likeness.alias("similarity"),
        )
        .sort("similarity", "local_date", descending=True)
    )


def _climbs_alike(target: dict[str, Any]) -> pl.Expr:
    if target["elevation_gain_m"] is None:
        return pl.lit(value=True)
    own = target["elevation_gain_m"] / target["distance_m"] * 1_000.0
    theirs = pl.col("elevation_gain_m") / pl.col("distance_m") * 1_000.0
    return ((theirs - own).abs() <= CLIMB_TOLERANCE_M_PER_KM).fill_null(value=True)


def _efficiency(target: dict[str, Any], others: pl.DataFrame) -> dict[str, Any]:
    own = _metres_per_beat(*(target[name] for name in _BEATS))
    known = [
        value for row in others.select(_BEATS).iter_rows() if (value := _metres_per_beat(*row))
    ]
    if own is None or not known:
        return dict.fromkeys(_EFFICIENCY) | {"efficiency_n": 0}
    usual = median(per_beat for per_beat, _ in known)
    rate = median(rate for _, rate in known)
    own = own[0]
    return {
        "efficiency_n": len(known) + 1,
        "efficiency_rank": 1 + sum(per_beat > own for per_beat, _ in known),
        "efficiency_change_percent": (own / usual - 1) * 100.0,
        "pace_change_at_equal_heart_rate_s_per_km": 60_000.0 / rate * (1 / own - 1 / usual),
        "equal_heart_rate_bpm": rate,
    }


_EFFICIENCY = (
    "efficiency_rank", "efficiency_change_percent",
    "pace_change_at_equal_heart_rate_s_per_km", "equal_heart_rate_bpm",
)  # fmt: skip


_BEATS = (
    "heart_rate_quality", "pace_quality", "efficiency_factor_graded", "efficiency_factor",
    "pace_s_per_km", "heart_rate_avg_bpm",
)  # fmt: skip


def _metres_per_beat(
    heart_rate_quality: str, pace_quality: str, *figures: float | None
) -> tuple[float, float] | None:
    """Efficiency of a run and its heart rate: of the samples, graded, else of the averages."""
    graded, plain, pace_s_per_km, rate_bpm = figures
    if heart_rate_quality != "measured" or pace_quality != "measured":
        return None
    if pace_s_per_km is None or rate_bpm is None:
        return None
    per_beat = graded or plain or 60_000.0 / pace_s_per_km / rate_bpm
    return per_beat, rate_bpm
