"""TCX: each activity becomes a recording, with its laps as the file says them.

The lap times are the device's timer. A second track inside one lap is a stop of
the timer and starts a new `segment`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from runletters.activities import DeviceTotals, Lap, ReadResult, Recording, Source
from runletters.edges.read_common import clean_text, device_name, instant, number, refused
from runletters.edges.read_sports import word_sport
from runletters.edges.read_totals import Said, moment, summarise
from runletters.edges.read_xml import (
    Element,
    UnsafeXml,
    XmlWalk,
    child_text,
    local_name,
)
from runletters.streams import SAMPLE_SCHEMA, clean_streams

CHANNELS = {
    "LatitudeDegrees": "latitude_deg",
    "LongitudeDegrees": "longitude_deg",
    "AltitudeMeters": "altitude_m",
    "DistanceMeters": "distance_m",
    "Value": "heart_rate_bpm",  # the only Value inside a Trackpoint is HeartRateBpm's
    "Cadence": "cadence_rpm",
    "RunCadence": "cadence_rpm",
    "Watts": "power_w",
    "Speed": "speed_m_s",
}
TAGS = ("TrainingCenterDatabase", "Activity", "Lap", "Track", "Trackpoint", "Course")

LONGEST_TRIGGER = 40

Row = dict[str, float | None]


@dataclass
class Session:
    """One `<Activity>` while it is being read."""

    element: Element | None = None
    laps: list[Element] = field(default_factory=list[Element])
    rows: list[Row] = field(default_factory=list[Row])
    segment: int = 0
    tracks_in_lap: int = 0
    offset_s: int | None = None


def read_tcx(file: str, content: bytes, content_sha256: str) -> ReadResult:
    """All activities of one TCX file, or the problem that it holds none."""
    walk = XmlWalk(content, "TrainingCenterDatabase", TAGS)
    try:
        sessions, courses = _collect(walk)
    except UnsafeXml as problem:
        return refused(file, content_sha256, "unsafe_xml", f"Not read: {problem}.")
    usable = [session for session in sessions if _started_at_s(session) is not None]
    if not usable:
        return refused(file, content_sha256, *_why_not(sessions, courses, walk.damage))
    flags = (walk.damage,) if walk.damage else ()
    recordings = tuple(
        _recording(
            session,
            Source(
                kind="tcx",
                file=file,
                content_sha256=content_sha256,
                native_id=f"activity-{index}" if len(usable) > 1 else None,
            ),
            flags,
        )
        for index, session in enumerate(usable)
    )
    return ReadResult(file=file, content_sha256=content_sha256, recordings=recordings)


def _collect(walk: XmlWalk) -> tuple[list[Session], int]:
    sessions: list[Session] = []
    courses = 0
    for is_end, name, element in walk:
        match name, is_end:
            case "Course", False:
                courses += 1
            case "Activity", False:
                sessions.append(Session(element=element))
            case ("Lap" | "Track", False) if sessions:
                _open(sessions[-1], name, element)
            case ("Trackpoint", True) if sessions:
                _add_point(sessions[-1], element)
            case _:
                pass
    return sessions, courses


def _open(session: Session, name: str, element: Element) -> None:
    if name == "Lap":
        session.laps.append(element)
        session.tracks_in_lap = 0
        return
    session.tracks_in_lap += 1
    if session.tracks_in_lap > 1:
        session.segment += 1


def _add_point(session: Session, element: Element) -> None:
    row: Row = {"time_s": None, "segment": session.segment}
    for inner in element.iter():
        name = local_name(inner.tag)
        if name == "Time":
            row["time_s"], offset_s = instant(inner.text)
            session.offset_s = session.offset_s or offset_s
        elif channel := CHANNELS.get(name):
            row[channel] = number(inner.text)
    session.rows.append(row)
    element.clear()


def _why_not(sessions: list[Session], courses: int, damage: str | None) -> tuple[str, str]:
    if courses and not sessions:
        return "not_an_activity", "A TCX course: a planned route, not a recording."
    if any(session.rows for session in sessions):
        return "no_times", "No track point and no lap carries a time; a run needs them."
    broken = ", and the XML is broken" if damage else ""
    return "no_points", f"A TCX file without laps and track points{broken}."


def _started_at_s(session: Session) -> float | None:
    """The first sample's time; the first lap's start where no sample has one."""
    starts = (instant(lap.get("StartTime"))[0] for lap in session.laps)
    lap_s = next((start for start in starts if start is not None), None)
    return min((time for row in session.rows if (time := row["time_s"]) is not None), default=lap_s)


def _recording(session: Session, source: Source, flags: tuple[str, ...]) -> Recording:
    samples = pl.DataFrame(session.rows, schema=SAMPLE_SCHEMA)
    has_times = samples["time_s"].is_not_null().any()
    streams = clean_streams(samples, started_at_s=None if has_times else _started_at_s(session))
    laps = tuple(_lap(index, element) for index, element in enumerate(session.laps))
    totals = _totals(laps)
    element = session.element
    said = Said(
        sport=word_sport(element.get("Sport") if element is not None else None),
        utc_offset_s=session.offset_s,
        notes=clean_text(child_text(element, "Notes")),
        device=device_name(child_text(element, "Creator", "Name")),
        totals=totals,
        flags=flags,
    )
    return Recording(
        summary=summarise(streams, said),
        source=source,
        streams=streams.frame,
        laps=laps,
        device_totals=totals if laps else None,
    )


def _lap(index: int, element: Element) -> Lap:
    started_s, _ = instant(element.get("StartTime"))
    cadence = child_text(element, "Cadence") or child_text(
        element, "Extensions", "LX", "AvgRunCadence"
    )
    return Lap(
        lap_index=index,
        started_at=None if started_s is None else moment(started_s),
        timer_s=number(child_text(element, "TotalTimeSeconds")),
        distance_m=number(child_text(element, "DistanceMeters")),
        heart_rate_avg_bpm=number(child_text(element, "AverageHeartRateBpm", "Value")),
        heart_rate_max_bpm=number(child_text(element, "MaximumHeartRateBpm", "Value")),
        cadence_avg_rpm=number(cadence),
        calories_kcal=number(child_text(element, "Calories")),
        trigger=clean_text(child_text(element, "TriggerMethod"), LONGEST_TRIGGER),
    )


def _totals(laps: Sequence[Lap]) -> DeviceTotals:
    """Sums of the laps; averages only of a single lap, since those of several do not add up."""
    single = laps[0] if len(laps) == 1 else Lap(lap_index=0)
    highest = [lap.heart_rate_max_bpm for lap in laps if lap.heart_rate_max_bpm is not None]
    return DeviceTotals(
        timer_s=_sum(lap.timer_s for lap in laps),
        distance_m=_sum(lap.distance_m for lap in laps),
        calories_kcal=_sum(lap.calories_kcal for lap in laps),
        heart_rate_avg_bpm=single.heart_rate_avg_bpm,
        heart_rate_max_bpm=max(highest, default=None),
        cadence_avg_rpm=single.cadence_avg_rpm,
        lap_count=len(laps) or None,
    )


def _sum(values: Iterable[float | None]) -> float | None:
    """The sum of what is there, without the crumbs of binary fractions; None where nothing is."""
    known = [value for value in values if value is not None]
    return round(math.fsum(known), 6) if known else None
