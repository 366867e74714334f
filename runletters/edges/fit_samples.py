"""FIT records as samples: units, pauses, and which session a record belongs to. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import polars as pl

from runletters.edges.fit_messages import Message
from runletters.edges.read_common import number
from runletters.streams import SAMPLE_SCHEMA

DEGREES_PER_SEMICIRCLE = 180 / 2**31
FIELDS = {
    "time_s": ("timestamp",),
    "distance_m": ("distance",),
    "altitude_m": ("altitude", "enhanced_altitude"),
    "heart_rate_bpm": ("heart_rate",),
    "cadence_rpm": ("cadence",),
    "fraction_rpm": ("fractional_cadence",),
    "power_w": ("power",),
    # The plain field first: where a device writes only it, fitfast derives the
    # enhanced one and loses up to one step of its resolution.
    "speed_m_s": ("speed", "enhanced_speed"),
    "latitude_deg": ("position_lat",),
    "longitude_deg": ("position_long",),
    "temperature_c": ("temperature",),
}
PACKED_BYTES = 3
STOPS = frozenset({"stop", "stop_all", "stop_disable", "stop_disable_all"})


def samples(records: Sequence[Message], events: Sequence[Message]) -> pl.DataFrame:
    """Records in SAMPLE_SCHEMA; `segment` goes up after each stop of the timer."""
    columns = {channel: _column(records, names) for channel, names in FIELDS.items()}
    if _has_packed(records):
        columns |= _unpacked(records)
    frame = pl.DataFrame(columns)
    stops = pl.Series("stops", timer_stops(events), dtype=pl.Float64)
    segments = stops.search_sorted(frame["time_s"].fill_null(0.0), side="left")
    return frame.select(
        *(name for name in SAMPLE_SCHEMA if name in FIELDS and name not in _DERIVED),
        cadence_rpm=pl.col("cadence_rpm") + pl.col("fraction_rpm").fill_null(0.0),
        latitude_deg=pl.col("latitude_deg") * DEGREES_PER_SEMICIRCLE,
        longitude_deg=pl.col("longitude_deg") * DEGREES_PER_SEMICIRCLE,
        segment=segments.cast(pl.Int32),
    )


_DERIVED = frozenset({"cadence_rpm", "latitude_deg", "longitude_deg"})


def timer_stops(events: Sequence[Message]) -> list[float]:
    """Times at which the timer was stopped, rising; a stop of a stopped timer is none."""
    stops: list[float] = []
    is_running = True
    for event in events:
        time_s = number(event.get("timestamp"))
        if event.get("event") != "timer" or time_s is None:
            continue
        is_stop = event.get("event_type") in STOPS
        if is_stop and is_running:
            stops.append(time_s)
        is_running = not is_stop
    return sorted(stops)


def by_session(
    messages: Sequence[Message], key: str, starts_s: Sequence[float]
) -> list[list[Message]]:
    """Messages by session: each belongs to the last session that began at or before it.

    What comes before the second session belongs to the first, whose own start is
    wrong on devices whose clock was set on the way.
    """
    boundaries = list(starts_s[1:])
    if not boundaries:  # nearly every file: nothing to sort out
        return [list(messages)]
    groups: list[list[Message]] = [[] for _ in range(max(1, len(starts_s)))]
    for message in messages:
        time_s = number(message.get(key))
        groups[0 if time_s is None else bisect_right(boundaries, time_s)].append(message)
    return groups


def _column(records: Sequence[Message], names: Sequence[str]) -> pl.Series:
    """One channel; the first of the names that is there."""
    head, *others = names
    values = [record.get(head) for record in records]
    for name in others:
        pairs = zip(values, records, strict=True)
        values = [record.get(name) if value is None else value for value, record in pairs]
    try:
        return pl.Series(values, dtype=pl.Float64)
    except TypeError:  # text or an array where a number belongs
        return pl.Series([number(value) for value in values], dtype=pl.Float64)


def _has_packed(records: Sequence[Message]) -> bool:
    return any("compressed_speed_distance" in record for record in records) and not any(
        "distance" in record for record in records
    )


def _unpacked(records: Sequence[Message]) -> dict[str, pl.Series]:
    """Speed and distance of old foot pods: twelve bits each, the distance counting on."""
    speeds: list[float | None] = []
    distances: list[float | None] = []
    sixteenths = 0
    for record in records:
        packed = record.get("compressed_speed_distance")
        if not isinstance(packed, bytes) or len(packed) != PACKED_BYTES:
            speeds.append(None)
            distances.append(None)
            continue
        low, middle, high = packed
        sixteenths += ((middle >> 4 | high << 4) - sixteenths) % 4096
        speeds.append((low | (middle & 0x0F) << 8) / 100)
        distances.append(sixteenths / 16)
    return {"speed_m_s": pl.Series(speeds), "distance_m": pl.Series(distances)}
