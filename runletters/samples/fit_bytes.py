"""A FIT activity file, as bytes: just the messages that watches write for a run.

Pure. The official SDK has an encoder; at 52 µs a record (measured, 21.218) it would
take most of the demo's time, so records are laid out here as one numpy array. The
tests read every message back with the official decoder.

Source: FIT protocol and profile, developer.garmin.com/fit.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from runletters.samples.chance import Floats

FIT_EPOCH_S = 631_065_600
SEMICIRCLES_PER_DEGREE = 2**31 / 180.0

_Values: TypeAlias = Floats | Sequence[float | None] | float | None
_BASE: dict[str, tuple[int, str, int]] = {  # FIT base type, numpy type, value for "unknown"
    "enum": (0x00, "<u1", 0xFF),
    "sint8": (0x01, "<i1", 0x7F),
    "uint8": (0x02, "<u1", 0xFF),
    "uint16": (0x84, "<u2", 0xFFFF),
    "sint32": (0x85, "<i4", 0x7FFFFFFF),
    "uint32": (0x86, "<u4", 0xFFFFFFFF),
    "uint32z": (0x8C, "<u4", 0),
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a message: stored = (value + offset) * scale."""

    number: int
    base: str
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Message:
    """One kind of message; `local` is its slot in the file."""

    local: int
    number: int
    fields: Mapping[str, Field]


def _plain(**numbers_and_bases: tuple[int, str]) -> dict[str, Field]:
    return {k: Field(number=n, base=b) for k, (n, b) in numbers_and_bases.items()}


_TIMES = {
    "start_time": Field(number=2, base="uint32", offset=-FIT_EPOCH_S),
    "elapsed_s": Field(number=7, base="uint32", scale=1000),
    "timer_s": Field(number=8, base="uint32", scale=1000),
    "distance_m": Field(number=9, base="uint32", scale=100),
    "calories_kcal": Field(number=11, base="uint16"),
}
_TIMESTAMP = {"timestamp": Field(number=253, base="uint32", offset=-FIT_EPOCH_S)}
FILE_ID = Message(
    local=0,
    number=0,
    fields=_plain(type=(0, "enum"), manufacturer=(1, "uint16"), product=(2, "uint16"))
    | _plain(serial=(3, "uint32z"))
    | {"time_created": Field(number=4, base="uint32", offset=-FIT_EPOCH_S)},
)
EVENT = Message(
    local=1, number=21, fields=_TIMESTAMP | _plain(event=(0, "enum"), event_type=(1, "enum"))
)
RECORD = Message(
    local=2,
    number=20,
    fields=_TIMESTAMP
    | {
        "latitude_deg": Field(number=0, base="sint32", scale=SEMICIRCLES_PER_DEGREE),
        "longitude_deg": Field(number=1, base="sint32", scale=SEMICIRCLES_PER_DEGREE),
        "distance_m": Field(number=5, base="uint32", scale=100),
        "altitude_m": Field(number=78, base="uint32", scale=5, offset=500),
        "speed_m_s": Field(number=73, base="uint32", scale=1000),
        "heart_rate_bpm": Field(number=3, base="uint8"),
        "cadence_rpm": Field(number=4, base="uint8"),
        "power_w": Field(number=7, base="uint16"),
        "temperature_c": Field(number=13, base="sint8"),
    },
)
LAP = Message(
    local=3,
    number=19,
    fields=_plain(message_index=(254, "uint16"))
    | _TIMESTAMP
    | _TIMES
    | _plain(
        heart_rate_avg_bpm=(15, "uint8"),
        heart_rate_max_bpm=(16, "uint8"),
        cadence_avg_rpm=(17, "uint8"),
        elevation_gain_m=(21, "uint16"),
        trigger=(24, "enum"),
    ),
)
SESSION = Message(
    local=4,
    number=18,
    fields=_plain(message_index=(254, "uint16"))
    | _TIMESTAMP
    | _TIMES
    | {"speed_avg_m_s": Field(number=14, base="uint16", scale=1000)}
    | _plain(
        sport=(5, "enum"),
        sub_sport=(6, "enum"),
        heart_rate_avg_bpm=(16, "uint8"),
        heart_rate_max_bpm=(17, "uint8"),
        cadence_avg_rpm=(18, "uint8"),
        power_avg_w=(20, "uint16"),
        elevation_gain_m=(22, "uint16"),
        elevation_loss_m=(23, "uint16"),
        first_lap=(25, "uint16"),
        lap_count=(26, "uint16"),
    ),
)
ACTIVITY = Message(
    local=5,
    number=34,
    fields=_TIMESTAMP
    | {
        "timer_s": Field(number=0, base="uint32", scale=1000),
        "local_time": Field(number=5, base="uint32", offset=-FIT_EPOCH_S),
    }
    | _plain(sessions=(1, "uint16"), type=(2, "enum"), event=(3, "enum"), event_type=(4, "enum")),
)


def device_name_bytes(name: str) -> bytes:
    """A device_info message with the name of an invented device (slot 6)."""
    text = name.encode()[:31]
    length = len(text) + 1
    fields = struct.pack("<9B", 0, 1, 0x02, 2, 2, 0x84, 27, length, 0x07)
    definition = struct.pack("<BBBHB", 0x46, 0, 0, 23, 3) + fields
    return definition + struct.pack(f"<BBH{length}s", 0x06, 0, 255, text)


def definition(message: Message, names: Sequence[str]) -> bytes:
    """The definition of a message that carries these fields."""
    head = struct.pack("<BBBHB", 0x40 | message.local, 0, 0, message.number, len(names))
    return head + b"".join(_described(message.fields[name]) for name in names)


def rows(message: Message, values: Mapping[str, _Values], count: int = 1) -> bytes:
    """`count` data messages; None and NaN become the type's "unknown"."""
    names = list(values)
    layout = [("header", "<u1"), *((n, _BASE[message.fields[n].base][1]) for n in names)]
    table = np.zeros(count, dtype=layout)
    table["header"] = message.local
    for name in names:
        table[name] = _stored(message.fields[name], values[name])
    return table.tobytes()


def one(message: Message, values: Mapping[str, _Values]) -> bytes:
    """A definition and one data message."""
    return definition(message, list(values)) + rows(message, values)


def whole(body: bytes) -> bytes:
    """The file around the messages: header and both checksums."""
    head = struct.pack("<BBHI4s", 14, 0x20, 21_218, len(body), b".FIT")
    content = head + struct.pack("<H", checksum(head)) + body
    return content + struct.pack("<H", checksum(content))


def checksum(content: bytes) -> int:
    """CRC-16/ARC, as the FIT protocol wants it."""
    crc = 0
    for byte in content:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def _described(field: Field) -> bytes:
    code, numpy_type, _ = _BASE[field.base]
    return struct.pack("<BBB", field.number, np.dtype(numpy_type).itemsize, code)


def _stored(field: Field, values: _Values) -> Floats:
    unknown = _BASE[field.base][2]
    numbers = np.asarray(values, dtype=np.float64)
    scaled = np.rint((numbers + field.offset) * field.scale)
    return np.where(np.isnan(scaled), unknown, scaled)


def _crc_entry(index: int) -> int:
    for _ in range(8):
        index = (index >> 1) ^ (0xA001 if index & 1 else 0)
    return index


_CRC_TABLE = tuple(_crc_entry(i) for i in range(256))
