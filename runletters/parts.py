"""Activities as rows of a history, and rows as activities.

Pure: frames in, frames out; no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from runletters.activities import (
    ACTIVITY_SCHEMA,
    STREAM_SCHEMA,
    DeviceTotals,
    Lap,
    Source,
    Summary,
)
from runletters.assumed_sport import as_the_source_said, with_assumed_sport
from runletters.identity import Register, Sighting, sighting
from runletters.ingesting import Arrival

_ID: dict[str, pl.DataType] = {"activity_id": pl.String()}
STREAMS_SCHEMA: dict[str, pl.DataType] = _ID | STREAM_SCHEMA
"""One row per activity and sample."""

LAPS_SCHEMA: dict[str, pl.DataType] = _ID | {
    "lap_index": pl.Int32(),
    "started_at": pl.Datetime("us", "UTC"),
    "elapsed_s": pl.Float64(),
    "timer_s": pl.Float64(),
    "distance_m": pl.Float64(),
    "heart_rate_avg_bpm": pl.Float64(),
    "heart_rate_max_bpm": pl.Float64(),
    "cadence_avg_rpm": pl.Float64(),
    "elevation_gain_m": pl.Float64(),
    "calories_kcal": pl.Float64(),
    "trigger": pl.String(),
}
"""One row per activity and lap: `activity_id` and the fields of `Lap`."""

DEVICE_TOTALS_SCHEMA: dict[str, pl.DataType] = (
    _ID | {name: pl.Float64() for name in DeviceTotals.model_fields} | {"lap_count": pl.Int32()}
)
"""At most one row per activity: `activity_id` and the fields of `DeviceTotals`."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What one append writes: the four tables of some activities, complete for each of them."""

    activities: pl.DataFrame
    streams: pl.DataFrame
    laps: pl.DataFrame
    device_totals: pl.DataFrame


def parts_of(views: Mapping[str, Arrival], user_id: str, now: datetime) -> Parts:
    """The rows of these activities, by id; times are aware UTC."""
    activities = [_activity_row(name, view, user_id, now) for name, view in views.items()]
    laps = [
        {"activity_id": name, **lap.model_dump()}
        for name, view in views.items()
        for lap in view.laps
    ]
    totals = [
        {"activity_id": name, **view.device_totals.model_dump()}
        for name, view in views.items()
        if view.device_totals is not None
    ]
    return Parts(
        activities=pl.DataFrame(activities, schema=ACTIVITY_SCHEMA),
        streams=_stream_rows(views),
        laps=pl.DataFrame(laps, schema=LAPS_SCHEMA),
        device_totals=pl.DataFrame(totals, schema=DEVICE_TOTALS_SCHEMA),
    )


def _activity_row(activity_id: str, view: Arrival, user_id: str, now: datetime) -> dict[str, Any]:
    summary = with_assumed_sport(view.summary)
    return {
        **{name: getattr(summary, name) for name in Summary.model_fields},
        "user_id": user_id,
        "activity_id": activity_id,
        "is_run": summary.is_run,
        "quality": list(summary.quality),
        "rights": view.rights,
        "sources": [source.model_dump() for source in view.sources],
        "has_streams": not view.streams.is_empty(),
        "ingested_at": now,
    }


def _stream_rows(views: Mapping[str, Arrival]) -> pl.DataFrame:
    named = [
        view.streams.select(
            pl.lit(name).alias("activity_id"),
            *(pl.col(column).cast(kind) for column, kind in STREAM_SCHEMA.items()),
        )
        for name, view in sorted(views.items())
        if not view.streams.is_empty()
    ]
    return pl.concat([pl.DataFrame(schema=STREAMS_SCHEMA), *named])


def view_of(
    row: Mapping[str, Any], streams: pl.DataFrame, laps: pl.DataFrame, device_totals: pl.DataFrame
) -> Arrival:
    """An activity of the history as it may be merged with what arrives.

    Args:
        row: its row of ACTIVITY_SCHEMA.
        streams: its samples; a column `activity_id` is dropped, as in the other two.
        laps: its laps.
        device_totals: its totals, one row or none.
    """
    totals = device_totals.select(DeviceTotals.model_fields.keys()).to_dicts()
    return Arrival(
        summary=as_the_source_said(
            Summary.model_validate({name: row[name] for name in Summary.model_fields})
        ),
        sources=_sources(row),
        streams=streams.select(STREAM_SCHEMA.keys()),
        laps=tuple(Lap.model_validate(lap) for lap in laps.drop("activity_id").to_dicts()),
        device_totals=DeviceTotals.model_validate(totals[0]) if totals else None,
        rights=row["rights"],
    )


def _sources(row: Mapping[str, Any]) -> tuple[Source, ...]:
    return tuple(Source.model_validate(source) for source in row["sources"])


def register_of(activities: pl.DataFrame) -> Register:
    """By what each activity of a history is recognised."""
    register = Register()
    for row in activities.iter_rows(named=True):
        register.put(row["activity_id"], _seen(row))
    return register


def _seen(row: Mapping[str, Any]) -> Sighting:
    names = ("started_at", "elapsed_s", "moving_s", "distance_m", "sport", "quality")
    # Straight from the row: validating twenty thousand of them would take a second.
    summary = Summary.model_construct(**{name: row[name] for name in names})
    return sighting(as_the_source_said(summary), _sources(row))


def content_hashes(activities: pl.DataFrame) -> frozenset[str]:
    """The content of every source of every activity."""
    hashes = activities.select(
        pl.col("sources").explode(empty_as_null=False).struct.field("content_sha256")
    )
    return frozenset(hashes.to_series().to_list())


def writable_runs(activities: pl.DataFrame) -> list[str]:
    """Ids of the runs that may be written about."""
    may = pl.col("is_run") & (pl.col("rights") != "none")
    return activities.filter(may)["activity_id"].to_list()
