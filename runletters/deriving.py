"""What is computed from streams once and kept: metrics, splits and best efforts per activity.

Pure: frames in, frames out. Rows of one activity depend on that activity alone, so new
activities never change what was computed for others.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from runletters.activities import FLAT_SPORTS, RUN_SPORTS
from runletters.facts import Units
from runletters.metrics.analysis import analysed
from runletters.metrics.anchors import seen_heart_rate_max_bpm
from runletters.metrics.classify import classified
from runletters.metrics.personal import personalised
from runletters.metrics.routes import CELL_M, ROUTES_SCHEMA, polyline_cells
from runletters.metrics.splits import KILOMETRE_M, MILE_M
from runletters.users import Preferences

VERSION = 3
"""Goes up when a formula changes; everything is then computed again."""
STAMPS: dict[str, pl.DataType] = {
    "activity_id": pl.String(),
    "ingested_at": pl.Datetime("us", "UTC"),
    "version": pl.Int32(),
}
"""Which activity, in which state and by which formulas a kept row was computed."""
STADIUM_M = 16 * CELL_M
MOST_LAPS = 3
"""An oval of 400 m covers a dozen cells; a run many times longer than its ground went in laps."""
BATCH_ACTIVITIES = 150
"""Activities whose streams are in memory at a time."""
TABLES = ("run_metrics", "splits", "best_efforts", "routes")


def stale(activities: pl.DataFrame, stamps: pl.DataFrame) -> list[str]:
    """Runs that have no figures yet, or older ones than their data or our formulas.

    Args:
        activities: ACTIVITY_SCHEMA.
        stamps: activity_id, ingested_at, version of what is kept.
    """
    kept = stamps.select("activity_id", kept_at="ingested_at", kept_version="version")
    runs = activities.filter(pl.col("sport").is_in(sorted(RUN_SPORTS)))
    joined = runs.join(kept, on="activity_id", how="left")
    is_fresh = (pl.col("kept_at") == pl.col("ingested_at")) & (pl.col("kept_version") == VERSION)
    return joined.filter(~is_fresh.fill_null(value=False))["activity_id"].to_list()


def batches(activity_ids: list[str]) -> Iterator[list[str]]:
    """The ids in pieces whose streams fit into memory."""
    for start in range(0, len(activity_ids), BATCH_ACTIVITIES):
        yield activity_ids[start : start + BATCH_ACTIVITIES]


def derive(activities: pl.DataFrame, streams: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """All kept tables of these activities, with `activity_id`, `ingested_at` and `version`.

    Zones and loads are left out of use: they follow the runner's preferences, and
    `personal_metrics` makes them anew from what is kept.
    """
    found = analysed(activities, streams)
    drawn = activities.join(found.routes, on="activity_id", how="anti")
    tables = {
        "run_metrics": found.metrics,
        "splits": found.splits,
        "best_efforts": found.best_efforts,
        "routes": _ways(pl.concat([found.routes, polyline_cells(drawn)]), found.metrics),
    }
    stamps = activities.select("activity_id", "ingested_at").with_columns(
        version=pl.lit(VERSION, pl.Int32())
    )
    return {name: rows.join(stamps, on="activity_id") for name, rows in tables.items()}


def _ways(routes: pl.DataFrame, metrics: pl.DataFrame) -> pl.DataFrame:
    """Routes that lead somewhere: none on a belt, none of laps on the ground of a stadium."""
    ground_m = pl.col("cells").list.len() * CELL_M
    is_stadium = (ground_m < STADIUM_M) & (pl.col("distance_m") > MOST_LAPS * ground_m)
    laps = metrics.filter(pl.col("sport").is_in(sorted(FLAT_SPORTS)))
    return (
        routes.join(laps, on="activity_id", how="anti")
        .join(metrics.select("activity_id", "distance_m"), on="activity_id", how="left")
        .filter(~is_stadium.fill_null(value=False))
        .select(*ROUTES_SCHEMA)
    )


def personal_metrics(
    kept: pl.DataFrame,
    preferences: Preferences,
    *,
    seen_threshold_pace_s_per_km: float | None = None,
) -> pl.DataFrame:
    """Metrics of a whole history with this runner's zones, loads and classes of runs.

    Args:
        kept: run_metrics as kept; needs no stream.
        preferences: maximum, rest and threshold as the runner typed them, where known.
        seen_threshold_pace_s_per_km: from the best efforts, where none was typed in.
    """
    if kept.width <= len(STAMPS):  # nothing was ever kept
        return kept
    seen_bpm = seen_heart_rate_max_bpm(kept)
    metrics = personalised(
        kept,
        preferences,
        seen_bpm=seen_bpm,
        seen_threshold_pace_s_per_km=seen_threshold_pace_s_per_km,
    )
    return metrics.join(classified(metrics), on="activity_id", how="left", maintain_order="left")


def split_length_m(units: Units) -> float:
    """The length of a split in the reader's units."""
    return KILOMETRE_M if units == "metric" else MILE_M
