"""FIT against full dumps of a decoder written in Go: every record, every lap, every session.

Raw values are equal; scaled ones lie within half a unit of the field's resolution, so a
wrong scale, offset or field is seen and the last bit of a float is not.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from runletters.activities import ReadResult
from runletters.edges.fit import read_fit
from runletters.edges.fit_fast import decode_fast
from runletters.edges.fit_messages import Message, parts
from runletters.edges.fit_samples import samples
from runletters.edges.fit_sdk import decode_patiently

GO_EPOCH_S = 62_135_596_800
"""Go counts its seconds from the year 1."""

ELSEWHERE = {
    "me/activity-small-fenix2-run": "fitdecode/activity-small-fenix2-run",
    "misc/2013-02-06-12-11-14": "fitdecode/2013-02-06-12-11-14",
    "corrupt/activity-filecrc": "fitdecode/invalid/activity-filecrc",
    "corrupt/activity-unexpected-eof": "fitdecode/invalid/activity-unexpected-eof",
}
"""Dumps whose FIT file lies in another folder."""

RECORDS = {
    "me/activity-small-fenix2-run": 2_809,
    "misc/2013-02-06-12-11-14": 590,
    "misc/2015-10-13-08-43-15": 221,
    "misc/0134902991": 739,
    "misc/mornindew-broken": 6_874,
    "misc/unterminated-strings": 33,
    "fitsdk/Activity": 14,
    "fitsdk/DeveloperData": 3,
    "fitsdk/activity_poolswim_with_hr": 3_501,
    "corrupt/activity-filecrc": 14,
    "corrupt/activity-unexpected-eof": 14,
}
"""Dumps that hold records."""

TYPES = {0x02: "settings", 0x05: "workout", 0x09: "weight", 0x20: "monitoring b"}
NO_ACTIVITIES = {
    "fitsdk/MonitoringFile": 0x20,
    "fitsdk/Settings": 0x02,
    "fitsdk/WeightScaleMultiUser": 0x09,
    "fitsdk/WeightScaleSingleUser": 0x09,
    "fitsdk/WorkoutCustomTargetValues": 0x05,
    "fitsdk/WorkoutIndividualSteps": 0x05,
    "fitsdk/WorkoutRepeatGreaterThanStep": 0x05,
    "fitsdk/WorkoutRepeatSteps": 0x05,
}
"""Dumps of files that are no activity, with the type of file they say they are."""

NOTHING = {8: 0xFF, 16: 0xFFFF, 32: 0xFFFFFFFF, -8: 0x7F, -32: 0x7FFFFFFF}
"""What stands for no value, by bits; signed ones are negative here."""


def dump_of(shared_data: Path, name: str) -> str:
    packed = (shared_data / "tormoder-fit" / f"{name}.fit.golden.gz").read_bytes()
    return gzip.decompress(packed).decode("utf-8", "replace")


def content_of(shared_data: Path, name: str) -> bytes:
    return (shared_data / f"{ELSEWHERE.get(name, f'tormoder-fit/{name}')}.fit").read_bytes()


def read(shared_data: Path, name: str) -> ReadResult:
    return read_fit(name, content_of(shared_data, name), "0" * 64)


def messages_of(shared_data: Path, name: str, kind: str) -> list[Message]:
    """Messages as the reader decodes them: by the fast decoder, else by the patient one."""
    decoded = [
        (None if part.is_cut else decode_fast(part.content)) or decode_patiently(part)
        for part in parts(content_of(shared_data, name))
    ]
    return [message for each in decoded for message in each.messages.get(kind, [])]


def section(dump: str, kind: str) -> str:
    """All messages of a kind in a dump; nothing where it has none."""
    found = re.search(rf"\n  {kind}s: \[\]\*fit\.\w+\{{\n(.*?)\n  \}},\n", dump, re.DOTALL)
    return f"\n{found[1]}" if found else ""


def numbers(messages: str, field: str) -> list[int | None]:
    """One field of each message, raw; None where the device wrote no value."""
    found = re.findall(rf"\n    {field}: (u?)int(\d+)\((-?\w+)\)", messages)
    raw = [
        (int(value, 0), NOTHING[int(bits) if sign else -int(bits)]) for sign, bits, value in found
    ]
    return [None if value == nothing else value for value, nothing in raw]


def semicircles(messages: str, field: str) -> list[int | None]:
    found = re.findall(rf"\n    {field}: fit\.\w+\{{\n     semicircles: int32\((-?\d+)\)", messages)
    return [None if int(value) == NOTHING[-32] else int(value) for value in found]


def times(messages: str, field: str) -> list[int]:
    lead = rf"\n    {field}: time\.Time\{{\n     wall: uint64\(0x0\),\n     ext: int64\((\d+)\)"
    return [int(value) - GO_EPOCH_S for value in re.findall(lead, messages)]


def as_raw(values: Iterable[float | None], scale: float, offset: float = 0.0) -> list[float | None]:
    """Our values in units of the field's resolution."""
    return [None if value is None else (value + offset) * scale for value in values]


def assert_same(raw: Sequence[float | None], ours: Sequence[float | None], what: str) -> None:
    """Equal nulls; values within half a unit of resolution."""
    assert len(raw) == len(ours), what
    assert [value is None for value in raw] == [value is None for value in ours], what
    pairs = [
        (one, two)
        for one, two in zip(raw, ours, strict=True)
        if one is not None and two is not None
    ]
    assert [] == [pair for pair in pairs if abs(pair[0] - pair[1]) > 0.5], what


CHANNELS = {
    "HeartRate": ("heart_rate_bpm", 1, 0),
    "Distance": ("distance_m", 100, 0),
    "Speed": ("speed_m_s", 1_000, 0),
    "Altitude": ("altitude_m", 5, 500),
    "Power": ("power_w", 1, 0),
    "Temperature": ("temperature_c", 1, 0),
    "Cadence": ("cadence_rpm", 1, 0),
}
"""Fields of the FIT profile: our channel, its scale and offset."""


@pytest.mark.shared_data
@pytest.mark.parametrize("name", RECORDS)
def test_every_record_is_that_of_the_other_decoder(shared_data: Path, name: str) -> None:
    """Times, positions and seven channels, record by record; also of the two damaged files."""
    records = section(dump_of(shared_data, name), "Record")
    # Half a step a minute, where a device wrote fractions, is no field of its own in the dump.
    ours = samples(
        [{**each, "fractional_cadence": 0.0} for each in messages_of(shared_data, name, "record")],
        [],
    )

    assert RECORDS[name] == records.count("&fit.RecordMsg{") == ours.height
    for field, (channel, scale, offset) in CHANNELS.items():
        assert_same(numbers(records, field), as_raw(ours[channel], scale, offset), field)
    for field, channel in (("PositionLat", "latitude_deg"), ("PositionLong", "longitude_deg")):
        assert_same(semicircles(records, field), as_raw(ours[channel], 2**31 / 180), field)
    if name == "fitsdk/DeveloperData":  # its records carry no time; the dump prints an empty clock
        assert [None] * ours.height == ours["time_s"].to_list()
    else:
        assert times(records, "Timestamp") == ours["time_s"].to_list()


TOTALS = {
    "TotalElapsedTime": ("elapsed_s", 1_000),
    "TotalTimerTime": ("timer_s", 1_000),
    "TotalDistance": ("distance_m", 100),
    "TotalCalories": ("calories_kcal", 1),
    "AvgHeartRate": ("heart_rate_avg_bpm", 1),
    "MaxHeartRate": ("heart_rate_max_bpm", 1),
    "AvgCadence": ("cadence_avg_rpm", 1),
    "TotalAscent": ("elevation_gain_m", 1),
}


@pytest.mark.shared_data
@pytest.mark.parametrize("name", [name for name in RECORDS if name != "fitsdk/DeveloperData"])
def test_every_lap_and_session_is_that_of_the_other_decoder(shared_data: Path, name: str) -> None:
    """Starts and totals of laps, and of the session they add up to."""
    dump = dump_of(shared_data, name)
    laps, sessions = section(dump, "Lap"), section(dump, "Session")
    (run,) = read(shared_data, name).recordings

    starts = [lap.started_at for lap in run.laps]
    assert times(laps, "StartTime") == [start and start.timestamp() for start in starts]
    for field, (total, scale) in TOTALS.items():
        assert_same(
            numbers(laps, field), as_raw((getattr(lap, total) for lap in run.laps), scale), field
        )
        assert run.device_totals is not None
        device = getattr(run.device_totals, total)
        assert_same(numbers(sessions, field), as_raw([device], scale), field)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", NO_ACTIVITIES)
def test_what_is_no_activity_is_of_the_type_the_other_decoder_found(
    shared_data: Path, name: str
) -> None:
    """Settings, workouts, weights and days of steps: refused by the same type."""
    found = re.search(r"\n  Type: fit\.FileType\((0x\w+)\)", dump_of(shared_data, name))
    (problem,) = read(shared_data, name).problems

    assert found is not None
    assert NO_ACTIVITIES[name] == int(found[1], 0)
    assert f"A FIT file of type {TYPES[NO_ACTIVITIES[name]]}, not a recording." == problem.reason


@pytest.mark.shared_data
def test_all_dumps_are_compared(shared_data: Path) -> None:
    """Nineteen dumps, none left out; the damaged ones are 75,880 and 73,841 bytes long."""
    folder = shared_data / "tormoder-fit"
    dumps = {
        path.relative_to(folder).as_posix().removesuffix(".fit.golden.gz")
        for path in folder.rglob("*.golden.gz")
    }

    assert {*RECORDS, *NO_ACTIVITIES} == dumps
    assert 19 == len(dumps)
    assert [75_880, 73_841] == [
        len(dump_of(shared_data, f"corrupt/{name}"))
        for name in ("activity-filecrc", "activity-unexpected-eof")
    ]
