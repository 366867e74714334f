"""FIT: totals as the device wrote them, by two decoders that must agree."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from garmin_fit_sdk import Encoder, Profile
from polars.testing import assert_frame_equal

from runletters.activities import ReadResult, Recording
from runletters.edges.fit import read_fit
from runletters.edges.fit_fast import decode_fast
from runletters.edges.fit_messages import Part, parts
from runletters.edges.fit_samples import STOPS, samples, timer_stops
from runletters.edges.fit_sdk import decode_patiently

SHA = "0" * 64
START = datetime(2024, 5, 4, 6, tzinfo=UTC)
NUMBERS = Profile["mesg_num"]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def message(kind: str, **fields: object) -> dict[str, object]:
    """One message for the official encoder."""
    return {"mesg_num": NUMBERS[kind.upper()], **fields}


def file_id(kind: str = "activity") -> dict[str, object]:
    return message(
        "file_id", type=kind, manufacturer="garmin", product=2697, serial_number=3945849289
    )


def record(second: int, **fields: object) -> dict[str, object]:
    place = {"position_lat": 600_000_000 + 300 * second, "position_long": 80_000_000}
    return message("record", timestamp=at(second), distance=3.0 * second, **place, **fields)


def session(start: int = 0, length: int = 10, **fields: object) -> dict[str, object]:
    totals = {"total_elapsed_time": float(length), "total_timer_time": float(length)}
    whole = {"sport": "running", "total_distance": 3.0 * length} | totals | fields
    return message("session", timestamp=at(start + length), start_time=at(start), **whole)


def timer(second: int, kind: str) -> dict[str, object]:
    return message("event", timestamp=at(second), event="timer", event_type=kind)


def fit(*messages: dict[str, object], descriptions: object = None) -> bytes:
    """One FIT file, written by the official encoder."""
    encoder = Encoder(descriptions)
    for each in messages:
        encoder.write_mesg(each)
    return bytes(encoder.close())


def run_file() -> bytes:
    """Ten seconds of running with heart rate."""
    records = [record(second, heart_rate=140 + second) for second in range(11)]
    return fit(file_id(), *records, session())


def read(content: bytes) -> ReadResult:
    return read_fit("run.fit", content, SHA)


def only(content: bytes) -> Recording:
    (run,) = read(content).recordings
    return run


def test_a_run_is_read_with_its_device_and_its_samples() -> None:
    """Totals from the session, samples in units of the schema, no serial number."""
    run = only(run_file())

    assert run.device_totals is not None
    assert (10, 10, 30) == (
        run.device_totals.elapsed_s,
        run.device_totals.timer_s,
        run.device_totals.distance_m,
    )
    assert ("running", "Garmin fenix5", START) == (
        run.summary.sport,
        run.summary.device,
        run.summary.started_at,
    )
    assert () == run.summary.quality
    assert [140 + second for second in range(11)] == run.streams["heart_rate_bpm"].to_list()
    assert 600_000_000 * 180 / 2**31 == run.streams["latitude_deg"][0]


def test_a_stop_of_the_timer_starts_a_segment() -> None:
    """Samples up to the stop belong before it; a second stop without a start is none."""
    pauses = (timer(3, "stop_all"), timer(3, "stop"), timer(7, "start"), timer(10, "stop_all"))
    run = only(fit(file_id(), *(record(s) for s in (0, 3, 7, 10)), *pauses, session()))

    assert [0, 0, 1, 1] == run.streams["segment"].to_list()


def test_stops_are_counted_once() -> None:
    """The list of stops rises and leaves out what was stopped already."""
    events = [
        {"event": "timer", "event_type": kind, "timestamp": second}
        for second, kind in ((1, "start"), (5, "stop"), (6, "stop_all"), (9, "start"), (12, "stop"))
    ]

    assert [5, 12] == timer_stops([*events, {"event": "lap", "timestamp": 13}])


def test_each_session_of_a_file_is_a_recording() -> None:
    """Samples and laps go to the session in which they lie; the change of shoes is one too."""
    sessions = (session(0, 5), session(5, 2, sport="transition"), session(7, 4, sport="cycling"))
    laps = [message("lap", timestamp=at(s + 1), start_time=at(s)) for s in (0, 3, 7)]
    content = fit(file_id(), *(record(s) for s in range(12)), *laps, *sessions)

    found = read(content).recordings

    assert ["running", "transition", "cycling"] == [run.summary.sport for run in found]
    assert ["session-0", "session-1", "session-2"] == [run.source.native_id for run in found]
    assert [5, 2, 5] == [run.streams.height for run in found]
    assert [2, 0, 1] == [len(run.laps) for run in found]


@pytest.mark.parametrize(
    ("sport", "sub_sport", "expected"),
    [
        ("running", "generic", "running"),
        ("running", "trail", "trail_running"),
        ("running", "treadmill", "treadmill_running"),
        ("running", "indoor_running", "treadmill_running"),
        ("running", "track", "track_running"),
        ("running", "virtual_activity", "virtual_running"),
        ("cycling", "mountain", "mountain_biking"),
        ("swimming", "lap_swimming", "pool_swimming"),
        ("fitness_equipment", "indoor_rowing", "indoor_rowing"),
        ("generic", "generic", "unknown"),
        ("hiking", "generic", "hiking"),
    ],
)
def test_sports_are_named_in_our_words(sport: str, sub_sport: str, expected: str) -> None:
    """The profile's two names become one of ours."""
    run = only(fit(file_id(), record(0), session(sport=sport, sub_sport=sub_sport)))

    assert expected == run.summary.sport


def test_the_local_clock_is_kept_where_the_device_wrote_it() -> None:
    """Local minus UTC, in whole quarters of an hour."""
    local = message("activity", timestamp=at(10), local_timestamp=866_126_049)
    utc_s = 866_126_049 - 5.5 * 3600 + 631_065_600
    local["timestamp"] = datetime.fromtimestamp(utc_s, UTC)

    run = only(fit(file_id(), record(0), session(), local))

    assert 19_800 == run.summary.utc_offset_s


def test_a_dead_heart_rate_strap_is_no_heart_rate() -> None:
    """Zero throughout is silence; what the device wrote stays in its totals."""
    records = [record(second, heart_rate=0) for second in range(3)]

    run = only(fit(file_id(), *records, session(avg_heart_rate=0, max_heart_rate=0)))

    assert run.device_totals is not None
    assert 0 == run.device_totals.heart_rate_avg_bpm
    assert run.summary.heart_rate_avg_bpm is None
    assert 3 == run.streams["heart_rate_bpm"].null_count()


def test_a_recording_that_was_never_closed_is_summed_up_from_its_samples() -> None:
    """No session: computed and flagged, nothing lost."""
    content = fit(file_id(), *(record(second) for second in range(11)))

    run = only(content)

    assert run.device_totals is None
    assert (30, 10, 10) == (
        run.summary.distance_m,
        run.summary.elapsed_s,
        run.summary.moving_s if run.summary.sport == "running" else 10,
    )
    assert "totals_computed" in run.summary.quality


def test_a_start_that_the_records_prove_wrong_is_corrected_and_said() -> None:
    """A clock that was set during the recording moves the session's start, not its samples."""
    run = only(fit(file_id(), *(record(s) for s in range(5)), session(start=2700)))

    assert START == run.summary.started_at
    assert "start_corrected" in run.summary.quality


def test_a_cut_file_is_salvaged_and_flagged() -> None:
    """Whole records before the cut are kept."""
    content = fit(file_id(), *(record(second) for second in range(11)))

    run = only(content[: len(content) * 3 // 4])

    assert 5 <= run.streams.height < 11
    assert "truncated" in run.summary.quality


def test_a_header_that_was_never_closed_is_read_to_the_end() -> None:
    """Devices that die in mid-run leave a data size of zero."""
    content = bytearray(fit(file_id(), *(record(second) for second in range(11))))
    content[4:8] = b"\0\0\0\0"

    run = only(bytes(content[:-2]))

    assert 11 == run.streams.height
    assert "truncated" in run.summary.quality


def test_a_wrong_checksum_is_flagged_and_the_run_is_read() -> None:
    """Every value is there; that it may be damaged is said."""
    content = bytearray(run_file())
    content[-1] ^= 0xFF

    run = only(bytes(content))

    assert 11 == run.streams.height
    assert ("bad_checksum",) == run.summary.quality


def test_a_broken_second_part_does_not_cost_the_first() -> None:
    """Chained files: the sound one is whole, the break is said."""
    run = only(run_file() + b"\x0e\x10garbage")

    assert 11 == run.streams.height
    assert "truncated" in run.summary.quality


def test_chained_recordings_are_separate_and_chained_extras_are_not() -> None:
    """Two sessions in two parts are two runs; a part without a session belongs to its run."""
    beats = fit(file_id(), message("hr", timestamp=at(3)))

    two = read(run_file() + run_file()).recordings
    one = read(run_file() + beats).recordings

    assert [11, 11] == [run.streams.height for run in two]
    assert [11] == [run.streams.height for run in one]


@pytest.mark.parametrize("kind", ["settings", "workout", "course", "weight", "monitoring_b"])
def test_files_that_are_no_activity_say_so(kind: str) -> None:
    """The reason names the type in plain words."""
    (problem,) = read(fit(file_id(kind))).problems

    assert "not_an_activity" == problem.reason_code
    assert kind.replace("_", " ") in problem.reason


def test_developer_fields_never_replace_native_ones() -> None:
    """A field of an app that calls itself heart_rate is another field."""
    data_id = message("developer_data_id", developer_data_index=0)
    field = message(
        "field_description",
        developer_data_index=0,
        field_definition_number=0,
        fit_base_type_id=2,
        field_name="heart_rate",
        units="bpm",
    )
    descriptions = {0: {"developer_data_id_mesg": data_id, "field_description_mesg": field}}
    records = [record(s, heart_rate=150, developer_fields={0: 7}) for s in range(3)]

    run = only(fit(file_id(), data_id, field, *records, session(), descriptions=descriptions))

    assert [150, 150, 150] == run.streams["heart_rate_bpm"].to_list()


def golden(shared_data: Path) -> dict[str, list[dict[str, str]]]:
    """What other people read as the devices' own totals, by file."""
    text = (shared_data / "golden/dev/fit_device_totals.csv").read_text()
    by_file: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(text.splitlines()):
        by_file.setdefault(row["file"], []).append(row)
    return by_file


def said(run: Recording) -> dict[str, float | None]:
    """The device's totals under the names of the table."""
    assert run.device_totals is not None
    totals = run.device_totals
    return {
        "total_elapsed_time_s": totals.elapsed_s,
        "total_timer_time_s": totals.timer_s,
        "total_distance_m": totals.distance_m,
        "total_calories": totals.calories_kcal,
        "avg_hr": totals.heart_rate_avg_bpm,
        "max_hr": totals.heart_rate_max_bpm,
        "avg_cadence_rpm": totals.cadence_avg_rpm,
        "total_ascent_m": totals.elevation_gain_m,
        "total_descent_m": totals.elevation_loss_m,
        "avg_speed_mps": totals.speed_avg_m_s,
    }


def test_every_real_session_has_the_devices_totals(shared_data: Path) -> None:
    """Times, distance, calories, heart rate, climb and laps equal to the printed digit."""
    by_file = golden(shared_data)
    refused = sessions = 0
    for name, rows in by_file.items():
        result = read_fit(name, (shared_data / name).read_bytes(), SHA)
        if rows[0]["n_sessions"] == "0":
            refused += 1
            assert result.problems[0].reason_code in {"not_an_activity", "no_times"}, name
            continue
        assert len(rows) == len(result.recordings), name
        for row, run in zip(rows, result.recordings, strict=True):
            sessions += 1
            found = said(run)
            printed = {key: float(row[key]) if row[key] else None for key in found}
            assert printed == pytest.approx(found, abs=5e-4), name
            if row["num_laps_field"]:
                assert run.device_totals is not None
                assert float(row["num_laps_field"]) == run.device_totals.lap_count, name
        in_parts = 2 if name.endswith("activity-activity-filecrc.fit") else 1
        laps = sum(len(run.laps) for run in result.recordings)
        assert int(rows[0]["lap_messages"]) == laps, name
        assert in_parts <= len(result.recordings), name

    assert 63 == refused + sessions
    assert 19 == refused


CHANNELS = {
    "has_gps": "latitude_deg",
    "has_hr": "heart_rate_bpm",
    "has_cadence": "cadence_rpm",
    "has_power": "power_w",
    "has_altitude": "altitude_m",
}


def test_records_chains_stops_and_channels_are_the_devices(shared_data: Path) -> None:
    """What each file holds: chained parts, records, stops of the timer, and which channels."""
    for name, (row, *_) in golden(shared_data).items():
        chain = list(parts((shared_data / name).read_bytes()))
        decoded = [
            (None if part.is_cut else decode_fast(part.content)) or decode_patiently(part)
            for part in chain
        ]
        records = [each for part in decoded for each in part.messages.get("record", [])]
        events = [each for part in decoded for each in part.messages.get("event", [])]
        stops = [each for each in events if each.get("event") == "timer"
                 and each.get("event_type") in STOPS]  # fmt: skip
        beats = pl.when(pl.col("heart_rate_bpm") > 0).then("heart_rate_bpm")  # 0 is a dead strap
        found = samples(records, events).with_columns(beats)

        whole = [part for part in chain if part.content]
        is_broken = name.endswith("settings-corruptheader.fit")  # its second part is no part
        assert int(row["chained_files"]) == len(whole), name
        assert is_broken == (len(whole) < len(chain)), name
        assert int(row["record_messages"]) == len(records), name
        assert int(row["timer_stop_events"]) == len(stops), name
        assert {key: row[key] == "True" for key in CHANNELS} == {
            key: found[channel].count() > 0 for key, channel in CHANNELS.items()
        }, name


def test_broken_files_still_give_their_records(shared_data: Path) -> None:
    """28, 14, 14, 14, 14 and 132 samples, with or without a complaint."""
    files = sorted((shared_data / "fitdecode" / "invalid").glob("*.fit"))
    results = [read_fit(path.name, path.read_bytes(), SHA) for path in files]

    counts = [sum(run.streams.height for run in found.recordings) for found in results]

    assert [28, 14, 14, 14, 14, 132] == counts


def test_sport_and_start_are_the_devices(shared_data: Path) -> None:
    """Start to the second, where the records do not prove it wrong."""
    for name, rows in golden(shared_data).items():
        result = read_fit(name, (shared_data / name).read_bytes(), SHA)
        for row, run in zip(rows, result.recordings, strict=False):
            if "start_corrected" not in run.summary.quality:
                expected = datetime.fromisoformat(row["start_time"])
                assert expected == run.summary.started_at, name
            assert ("clock_not_set" in run.summary.quality) == row["start_time"].startswith("1990")


def sound_parts(shared_data: Path) -> Iterator[tuple[str, Part]]:
    for name in golden(shared_data):
        for part in parts((shared_data / name).read_bytes()):
            if decode_fast(part.content):
                yield name, part


def test_both_decoders_agree_on_every_sound_file(shared_data: Path) -> None:
    """Samples and sessions, value by value; one format feature is known to the fast one only."""
    compared = 0
    for name, part in sound_parts(shared_data):
        fast = decode_fast(part.content)
        slow = decode_patiently(part)
        if "truncated" in slow.flags:  # compressed timestamps, which the SDK cannot read
            assert name in {
                "fitdecode/compressed-speed-distance.fit",
                "fitdecode/antfs-dump.63.fit",
            }
            continue
        assert fast is not None
        assert {key: len(found) for key, found in fast.messages.items()} == {
            key: len(found) for key, found in slow.messages.items()
        }, name
        ours = samples(fast.messages.get("record", []), fast.messages.get("event", []))
        theirs = samples(slow.messages.get("record", []), slow.messages.get("event", []))
        assert_frame_equal(ours, theirs, abs_tol=1e-9)
        for one, two in zip(
            fast.messages.get("session", []), slow.messages.get("session", []), strict=True
        ):
            shared = {key for key in one if key in two}
            assert {"start_time", "total_elapsed_time"} <= shared or not one, name
            assert [one[key] for key in sorted(shared, key=str)] == [
                two[key] for key in sorted(shared, key=str)
            ], name
        compared += 1

    assert 40 <= compared


TABLES = {
    "heart_rate": "heart_rate_bpm",
    "cadence": "cadence_rpm",
    "speed": "speed_m_s",
    "distance": "distance_m",
    "altitude": "altitude_m",
    "temperature": "temperature_c",
}


def pacific_s(text: str) -> float:
    """Seconds since 1970 of a time that the table prints in Californian summer time."""
    written = datetime.strptime(text.replace("PDT", "-0700"), "%a %b %d %H:%M:%S %z %Y")
    return written.timestamp()


@pytest.mark.parametrize(
    "name",
    [
        "garmin-edge-500-activity",
        "garmin-edge-820-bike",
        "garmin-fenix-5-bike",
        "garmin-fenix-5-run",
        "garmin-fenix-5-walk",
    ],
)
def test_samples_are_those_of_another_decoders_table(shared_data: Path, name: str) -> None:
    """Every value of every record, as a third program printed it."""
    folder = shared_data / "fitdecode"
    with (folder / f"{name}-records.csv").open() as lines:
        table = list(csv.DictReader(lines))
    (part,) = parts((folder / f"{name}.fit").read_bytes())
    decoded = decode_fast(part.content)
    assert decoded is not None
    found = samples(
        [{**each, "fractional_cadence": 0.0} for each in decoded.messages["record"]], []
    )

    assert len(table) == found.height
    assert [pacific_s(row["timestamp"]) for row in table] == found["time_s"].to_list()
    for column, channel in TABLES.items():
        # The table prints 0 for a cadence that is absent in the file (both decoders agree).
        silence = 0.0 if column == "cadence" else None
        expected = [float(row[column]) if row[column] else silence for row in table]
        values = [silence if value is None else value for value in found[channel]]
        assert expected == pytest.approx(values, abs=1e-6), column
    # The table repeats the last position where the file has none (both decoders agree).
    placed = found.with_row_index("row").drop_nulls("latitude_deg")
    semicircles = (placed["latitude_deg"] * 2**31 / 180).round().cast(pl.Int64).to_list()
    assert [int(table[row]["position_lat"]) for row in placed["row"]] == semicircles
    assert placed.height >= 0.99 * len(table)


def test_old_foot_pods_packed_speed_and_distance(shared_data: Path) -> None:
    """Twelve bits each, counted on, against the table of another decoder."""
    folder = shared_data / "fitdecode"
    lines = (folder / "compressed-speed-distance-records.csv").read_text().splitlines()[1:]
    table = [
        [None if cell in {"", "null"} else float(cell) for cell in line.split(",")]
        for line in lines
    ]
    (part,) = parts((folder / "compressed-speed-distance.fit").read_bytes())
    decoded = decode_fast(part.content)
    assert decoded is not None

    found = samples(decoded.messages["record"], []).filter(pl.col("heart_rate_bpm").is_not_null())

    assert len(table) == found.height
    assert [row[1] for row in table] == found["heart_rate_bpm"].to_list()
    assert [row[2] for row in table] == found["speed_m_s"].to_list()
    assert [row[3] for row in table] == found["distance_m"].to_list()
    assert [row[4] for row in table] == found["cadence_rpm"].to_list()
    # A clock of its own, without a date: only the steps between the records are comparable.
    steps_s = pl.Series([row[0] for row in table]).diff().drop_nulls()
    assert steps_s.to_list() == found["time_s"].diff().drop_nulls().to_list()
