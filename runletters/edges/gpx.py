"""GPX 1.0 and 1.1: tracks with times become recordings.

Extensions are known by their local name, in any namespace. A track segment is a
`segment` of the streams. Tracks of one file that follow each other within
JOIN_WITHIN_S and have the same type are one outing; others are recordings of
their own. Routes and waypoints are no recordings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from runletters.activities import ReadResult, Recording, Source
from runletters.edges.read_common import clean_text, device_name, instant, number, refused
from runletters.edges.read_sports import word_sport
from runletters.edges.read_totals import Said, summarise
from runletters.edges.read_xml import Element, UnsafeXml, XmlWalk, child_text, local_name
from runletters.streams import SAMPLE_SCHEMA, clean_streams

JOIN_WITHIN_S = 30 * 60
FEWEST_POINTS = 2
SHORTEST_S = 0.5  # programs without times write one moment to every point

CHANNELS = {
    "ele": "altitude_m",
    "hr": "heart_rate_bpm",
    "heartrate": "heart_rate_bpm",
    "heartratebpm": "heart_rate_bpm",
    "cad": "cadence_rpm",
    "cadence": "cadence_rpm",
    "runcadence": "cadence_rpm",
    "power": "power_w",
    "watts": "power_w",
    "poweinwatts": "power_w",  # spelled so in the wild
    "powerinwatts": "power_w",
    "atemp": "temperature_c",
    "temp": "temperature_c",
    "temperature": "temperature_c",
    "speed": "speed_m_s",
    "distance": "distance_m",
}

Row = dict[str, float | None]


@dataclass
class Track:
    """One `<trk>` while it is being read."""

    element: Element | None = None
    segments: list[list[Row]] = field(default_factory=list[list[Row]])
    offset_s: int | None = None

    def rows(self) -> list[Row]:
        """All points, each with its segment."""
        return [row for segment in self.segments for row in segment]

    def times(self) -> list[float]:
        """The times that are there, in seconds since 1970."""
        return [time for row in self.rows() if (time := row["time_s"]) is not None]


def read_gpx(file: str, content: bytes, content_sha256: str) -> ReadResult:
    """All outings of one GPX file, or the problem that it holds none."""
    walk = XmlWalk(content, "gpx", ("gpx", "trk", "trkseg", "trkpt"))
    try:
        creator, tracks = _collect(walk)
    except UnsafeXml as problem:
        return refused(file, content_sha256, "unsafe_xml", f"Not read: {problem}.")
    if refusal := _why_not(tracks, walk.damage):
        return refused(file, content_sha256, *refusal)
    timed = [track for track in tracks if track.times()]
    outings = _outings(timed)
    flags = {
        walk.damage: walk.damage is not None,
        "points_without_time": any(track.rows() and not track.times() for track in tracks),
    }
    recordings = tuple(
        _recording(
            outing,
            Source(
                kind="gpx",
                file=file,
                content_sha256=content_sha256,
                native_id=f"track-{index}" if len(outings) > 1 else None,
            ),
            device=_device(creator),
            flags=tuple(flag for flag, is_set in flags.items() if flag and is_set),
        )
        for index, outing in enumerate(outings)
    )
    return ReadResult(file=file, content_sha256=content_sha256, recordings=recordings)


def _collect(walk: XmlWalk) -> tuple[str | None, list[Track]]:
    creator: str | None = None
    tracks: list[Track] = [Track()]
    for is_end, name, element in walk:
        match name, is_end:
            case "gpx", False:
                creator = element.get("creator")
            case "trk", False:
                tracks.append(Track(element=element))
            case "trkseg", False:
                tracks[-1].segments.append([])
            case "trkpt", True:
                _add_point(tracks[-1], element)
            case _:
                pass
    return creator, tracks


def _add_point(track: Track, element: Element) -> None:
    if not track.segments:
        track.segments.append([])
    row, offset_s = _point(element)
    track.segments[-1].append(row)
    if track.offset_s is None:
        track.offset_s = offset_s
    element.clear()


def _point(element: Element) -> tuple[Row, int | None]:
    row: Row = {
        "time_s": None,
        "latitude_deg": number(element.get("lat")),
        "longitude_deg": number(element.get("lon")),
    }
    offset_s: int | None = None
    for inner in element.iter():
        name = local_name(inner.tag).lower()
        if name == "time":
            row["time_s"], offset_s = instant(inner.text)
        elif (channel := CHANNELS.get(name)) and row.get(channel) is None:
            row[channel] = number(inner.text)
    return row, offset_s


def _why_not(tracks: list[Track], damage: str | None) -> tuple[str, str] | None:
    """Reason code and reason why no track can be placed in a history."""
    points = sum(len(track.rows()) for track in tracks)
    times = [time for track in tracks for time in track.times()]
    if not points:
        broken = ", and the XML is broken" if damage else ""
        return "no_points", f"A GPX file without track points (routes and waypoints only){broken}."
    if len(times) * 2 < points:
        return "no_times", f"{len(times)} of {points} track points carry a time; a run needs them."
    if len(times) < FEWEST_POINTS:
        return "no_points", "A GPX track of a single point; a run needs at least two."
    if max(times) - min(times) < SHORTEST_S:
        return "no_times", f"All {points} track points carry the same time."
    return None


def _outings(tracks: Iterable[Track]) -> list[list[Track]]:
    """Tracks in order of time, grouped by outing."""
    outings: list[list[Track]] = []
    for track in sorted(tracks, key=lambda track: min(track.times())):
        if outings and _continues(outings[-1][-1], track):
            outings[-1].append(track)
        else:
            outings.append([track])
    return outings


def _continues(before: Track, after: Track) -> bool:
    same_type = child_text(before.element, "type") == child_text(after.element, "type")
    return same_type and min(after.times()) - max(before.times()) <= JOIN_WITHIN_S


def _recording(
    outing: list[Track], source: Source, *, device: str | None, flags: tuple[str, ...]
) -> Recording:
    segments = [segment for track in outing for segment in track.segments]
    rows = [{**row, "segment": index} for index, rows in enumerate(segments) for row in rows]
    streams = clean_streams(pl.DataFrame(rows, schema=SAMPLE_SCHEMA))
    head = outing[0].element
    said = Said(
        sport=word_sport(child_text(head, "type")),
        utc_offset_s=outing[0].offset_s,
        title=clean_text(child_text(head, "name")),
        notes=clean_text(child_text(head, "desc")),
        device=device,
        flags=flags,
    )
    return Recording(summary=summarise(streams, said), source=source, streams=streams.frame)


def _device(creator: str | None) -> str | None:
    """The creator where it names a device; programs give their web address."""
    return None if creator is None or "://" in creator else device_name(creator)
