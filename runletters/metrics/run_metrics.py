"""One row of figures per run: what fact sheets, load and trends are made of.

Pure: no clock, no network, no database, no files. Works in batches of runs, so memory
follows the batch and not the history. Each row depends on its own run, the preferences
and the highest heart rate seen; nothing else, so new runs never change old rows unless
`heart_rate_max_used_bpm` changes (`outdated` names the rows to do again).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import polars as pl

from runletters.activities import ACTIVITY_SCHEMA
from runletters.metrics.elevation import elevation
from runletters.metrics.heart_rate import drift, heart_rates, time_in_zones
from runletters.metrics.moving import moving
from runletters.metrics.pacing import evenness, pacing
from runletters.metrics.quality import quality
from runletters.metrics.row import RUN_METRICS_SCHEMA, completed
from runletters.metrics.samples import samples
from runletters.metrics.splits import splits_of
from runletters.metrics.steps import steps
from runletters.metrics.zones import Zones, seen_max_bpm, zones_for
from runletters.users import Preferences

__all__ = ["RUN_METRICS_SCHEMA", "outdated", "run_metrics", "seen_heart_rate_max_bpm"]

BATCH_ROWS = 500_000


def run_metrics(
    activities: pl.DataFrame,
    streams: pl.DataFrame,
    preferences: Preferences,
    *,
    seen_bpm: float | None = None,
) -> pl.DataFrame:
    """All figures of each activity, from its stream where there is one, else its totals.

    Args:
        activities: columns of ACTIVITY_SCHEMA; missing columns count as unknown.
        streams: `activity_id` and columns of STREAM_SCHEMA, any number of runs; rows of
            activities that are not in `activities` are left out.
        preferences: whose zones and thresholds apply.
        seen_bpm: highest heart rate of the whole history (`seen_heart_rate_max_bpm`);
            needed only where the runner typed in neither maximum nor threshold.

    Returns:
        One row per activity, in the order of `activities`, columns of RUN_METRICS_SCHEMA.
    """
    known = _known(activities)
    wanted = streams.join(known.select("activity_id"), on="activity_id", how="semi")
    zones = _zones_by_year(known, preferences, seen_bpm)
    parts = [_from_streams(batch, known, zones) for batch in _batches(wanted)]
    measured = pl.concat(parts, how="diagonal") if parts else pl.DataFrame()
    return completed(known, measured, zones)


def seen_heart_rate_max_bpm(metrics: pl.DataFrame) -> float | None:
    """Highest heart rate the history shows: see `seen_max_bpm`.

    Args:
        metrics: rows of `run_metrics`; doubtful heart rates are left out.
    """
    sound = metrics.filter(pl.col("heart_rate_quality") == "measured")
    return seen_max_bpm(sound["heart_rate_max_bpm"].drop_nulls().to_list())


def outdated(metrics: pl.DataFrame, preferences: Preferences, seen_bpm: float | None) -> list[str]:
    """Activities whose zones were made with another maximum or threshold than now."""
    years = metrics["started_at"].dt.year()
    now = {year: zones_of_year(year, preferences, seen_bpm) for year in years.unique().to_list()}
    lower = [z.lower_bpm if (z := now[year]) else () for year in years.to_list()]
    stored = metrics["heart_rate_zone_lower_bpm"].to_list()
    pairs = zip(metrics["activity_id"].to_list(), lower, stored, strict=True)
    return [activity_id for activity_id, new, old in pairs if list(new) != list(old or ())]


def zones_of_year(year: int, preferences: Preferences, seen_bpm: float | None) -> Zones | None:
    """The runner's zones in a calendar year; the age matters only if nothing better is known."""
    age = year - preferences.birth_year if preferences.birth_year else None
    return zones_for(preferences, seen_bpm=seen_bpm, age_years=age)


def _known(activities: pl.DataFrame) -> pl.DataFrame:
    absent = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in ACTIVITY_SCHEMA.items()
        if name not in activities.columns
    ]
    return activities.with_columns(absent)


def _zones_by_year(
    known: pl.DataFrame, preferences: Preferences, seen_bpm: float | None
) -> dict[int, Zones | None]:
    starts: list[datetime | None] = known["started_at"].to_list()
    years = {start.year if start else 0 for start in starts}
    return {year: zones_of_year(year, preferences, seen_bpm) for year in sorted(years)}


def _batches(streams: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Slices of whole runs, about BATCH_ROWS rows each."""
    in_order = streams["activity_id"].rle_id().n_unique() == streams["activity_id"].n_unique()
    rows = streams if in_order else streams.sort("activity_id", maintain_order=True)
    start, length = 0, 0
    for count in rows["activity_id"].rle().struct.field("len").to_list():
        if length and length + count > BATCH_ROWS:
            yield rows.slice(start, length)
            start, length = start + length, 0
        length += count
    if length:
        yield rows.slice(start, length)


def _from_streams(
    batch: pl.DataFrame, known: pl.DataFrame, zones: dict[int, Zones | None]
) -> pl.DataFrame:
    clean = samples(batch)
    row = moving(clean)
    for part in (
        elevation(clean),
        heart_rates(clean),
        _zone_times(clean, known, zones),
        drift(clean),
        pacing(clean),
        evenness(splits_of(clean)),
        steps(clean),
        quality(clean),
    ):
        row = row.join(part, on="activity_id", how="left")
    return row


def _zone_times(
    clean: pl.DataFrame, known: pl.DataFrame, zones: dict[int, Zones | None]
) -> pl.DataFrame:
    years = known.select("activity_id", year=pl.col("started_at").dt.year().fill_null(0))
    in_use: dict[Zones, list[int]] = {}
    for year, zone in zones.items():
        if zone:
            in_use.setdefault(zone, []).append(year)
    parts = [
        time_in_zones(
            clean.join(years.filter(pl.col("year").is_in(of)), on="activity_id", how="semi"), zone
        )
        for zone, of in in_use.items()
    ]
    empty = pl.DataFrame(schema={"activity_id": pl.String()})
    return pl.concat(parts) if parts else empty
