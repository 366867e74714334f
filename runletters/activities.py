"""What a run is: columns, units, and what the source said about itself.

Pure: no clock, no network, no database, no files. Times are aware UTC; the
runner's own clock is `started_at` plus `utc_offset_s`, where the offset is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

import polars as pl
from pydantic import AwareDatetime, BaseModel, ConfigDict, field_validator

Rights: TypeAlias = Literal["full", "local_only", "none"]
"""What may be done with an activity.

full: may be shown to a language model (the runner's own files and export).
local_only: may be written about on this machine, never sent to a model.
none: may not be written about at all (it came through an API that forbids it).
"""

RUN_SPORTS = frozenset(
    {"running", "trail_running", "treadmill_running", "track_running", "virtual_running"}
)
"""Sports that count as a run. Every other sport is kept and not written about."""

INDOOR_SPORTS = frozenset({"treadmill_running", "virtual_running"})
"""Runs on a belt: no way, no height, and a distance that is the machine's own."""
FLAT_SPORTS = INDOOR_SPORTS | {"track_running"}
"""Where nobody climbs: what a barometer says there is weather. Laps of it are no route."""

STREAM_SCHEMA: dict[str, pl.DataType] = {
    "t_s": pl.Float64(),  # seconds since started_at, non-decreasing
    "distance_m": pl.Float64(),  # cumulated from the start
    "altitude_m": pl.Float64(),
    "heart_rate_bpm": pl.Float64(),
    "cadence_rpm": pl.Float64(),  # as recorded: strides (one leg) on foot, else revolutions
    "power_w": pl.Float64(),
    "speed_m_s": pl.Float64(),
    "latitude_deg": pl.Float64(),
    "longitude_deg": pl.Float64(),
    "temperature_c": pl.Float64(),
    "segment": pl.Int32(),  # goes up by one at each stop of the timer or new track segment
}
"""One row per sample; a channel that was not recorded is null throughout."""


_SOURCE = pl.Struct(
    {
        "kind": pl.String(),
        "file": pl.String(),
        "content_sha256": pl.String(),
        "native_id": pl.String(),
    }
)
_UTC = pl.Datetime("us", "UTC")

ACTIVITY_SCHEMA: dict[str, pl.DataType] = {
    "user_id": pl.String(),
    "activity_id": pl.String(),
    "started_at": _UTC,
    "utc_offset_s": pl.Int32(),
    "sport": pl.String(),
    "is_run": pl.Boolean(),
    "title": pl.String(),
    "notes": pl.String(),
    "private_notes": pl.String(),
    "distance_m": pl.Float64(),
    "elapsed_s": pl.Float64(),
    "moving_s": pl.Float64(),
    "elevation_gain_m": pl.Float64(),
    "elevation_loss_m": pl.Float64(),
    "heart_rate_avg_bpm": pl.Float64(),
    "heart_rate_max_bpm": pl.Float64(),
    "cadence_avg_rpm": pl.Float64(),
    "power_avg_w": pl.Float64(),
    "calories_kcal": pl.Float64(),
    "device": pl.String(),
    "is_manual": pl.Boolean(),
    "is_race": pl.Boolean(),
    "route_polyline": pl.String(),
    "quality": pl.List(pl.String()),
    "rights": pl.String(),
    "sources": pl.List(_SOURCE),
    "has_streams": pl.Boolean(),
    "ingested_at": _UTC,
}
"""One row per activity: the columns of `Activity` plus `is_run`."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """Where an activity was read from. One activity may have several."""

    kind: str  # fit, gpx, tcx, strava_export, running_page, intervals_icu, sql, sample
    file: str  # name inside the folder or archive, never an absolute path
    content_sha256: str  # of the uncompressed bytes, or of the row's canonical JSON
    native_id: str | None = None  # the source's own id, opaque


class Lap(_Frozen):
    """One lap as the file says it."""

    lap_index: int
    started_at: AwareDatetime | None = None
    elapsed_s: float | None = None
    timer_s: float | None = None
    distance_m: float | None = None
    heart_rate_avg_bpm: float | None = None
    heart_rate_max_bpm: float | None = None
    cadence_avg_rpm: float | None = None
    elevation_gain_m: float | None = None
    calories_kcal: float | None = None
    trigger: str | None = None


class DeviceTotals(_Frozen):
    """What the device or the source itself wrote as totals, untouched."""

    elapsed_s: float | None = None
    timer_s: float | None = None
    distance_m: float | None = None
    calories_kcal: float | None = None
    heart_rate_avg_bpm: float | None = None
    heart_rate_max_bpm: float | None = None
    cadence_avg_rpm: float | None = None
    elevation_gain_m: float | None = None
    elevation_loss_m: float | None = None
    speed_avg_m_s: float | None = None
    lap_count: int | None = None


class Summary(_Frozen):
    """The measured side of one activity, before anybody owns it."""

    started_at: AwareDatetime
    utc_offset_s: int | None = None
    sport: str = "unknown"
    title: str | None = None
    notes: str | None = None
    private_notes: str | None = None
    distance_m: float | None = None
    elapsed_s: float | None = None
    moving_s: float | None = None
    elevation_gain_m: float | None = None
    elevation_loss_m: float | None = None
    heart_rate_avg_bpm: float | None = None
    heart_rate_max_bpm: float | None = None
    cadence_avg_rpm: float | None = None
    power_avg_w: float | None = None
    calories_kcal: float | None = None
    device: str | None = None
    is_manual: bool = False
    is_race: bool | None = None
    route_polyline: str | None = None
    quality: tuple[str, ...] = ()  # truncated, clock_not_set, implausible_speed, no_time …

    @field_validator("started_at")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        return value.astimezone(UTC)

    @property
    def is_run(self) -> bool:
        """Whether letters and insights are written about this activity."""
        return self.sport in RUN_SPORTS

    @property
    def started_local(self) -> datetime:
        """The runner's own clock at the start, naive; UTC where the offset is unknown."""
        return (self.started_at + timedelta(seconds=self.utc_offset_s or 0)).replace(tzinfo=None)


class Activity(Summary):
    """One activity of one user, as the history keeps it."""

    user_id: str
    activity_id: str  # opaque text, unique within the user, stable for the same first source
    rights: Rights = "full"
    sources: tuple[Source, ...] = ()
    has_streams: bool = False
    ingested_at: AwareDatetime


def no_streams() -> pl.DataFrame:
    """A stream frame without samples: every column of STREAM_SCHEMA, no rows."""
    return pl.DataFrame(schema=STREAM_SCHEMA)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What a reader makes of one recorded session."""

    summary: Summary
    source: Source
    streams: pl.DataFrame = field(default_factory=no_streams)  # STREAM_SCHEMA
    laps: tuple[Lap, ...] = ()
    device_totals: DeviceTotals | None = None
    rights: Rights = "full"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that could not be loaded, for the quarantine."""

    file: str
    content_sha256: str
    reason_code: str  # not_an_activity, truncated, broken_xml, no_times, empty, unsafe_archive …
    reason: str  # what was found and what was expected
    remedy: str  # what the person can do


@dataclass(frozen=True, kw_only=True)
class ReadResult:
    """All that came out of one file: any number of recordings, any number of problems."""

    file: str
    content_sha256: str
    recordings: tuple[Recording, ...] = ()
    problems: tuple[Problem, ...] = ()


def local_start(time_zone: str | None) -> pl.Expr:
    """The start on the runner's own clock, without a zone, from columns of ACTIVITY_SCHEMA.

    Args:
        time_zone: IANA name of the runner's zone, for activities whose offset is not known;
            None: those count in UTC.
    """
    own = pl.col("started_at") + pl.duration(seconds=pl.col("utc_offset_s").fill_null(0))
    own = own.dt.replace_time_zone(None)
    if time_zone is None:
        return own
    zoned = pl.col("started_at").dt.convert_time_zone(time_zone).dt.replace_time_zone(None)
    return pl.when(pl.col("utc_offset_s").is_null()).then(zoned).otherwise(own)
