"""Invented histories on disk: every file opens in the programs others wrote."""

from __future__ import annotations

import csv
import gzip
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

import fitfast
import gpxpy
import numpy as np
import polars as pl
import pytest
from garmin_fit_sdk import CrcCalculator, Decoder, Stream
from hypothesis import given
from hypothesis import strategies as st

from runletters.edges.readers import read_bytes
from runletters.edges.sample_files import (
    file_bytes,
    main,
    write_running_page_json,
    write_strava_export,
)
from runletters.metrics.quality import doubts
from runletters.samples import SampleActivity, generate_history
from runletters.samples.exports import STRAVA_HEADER, polyline
from runletters.samples.fit_bytes import checksum

UNTIL = date(2024, 9, 30)


@pytest.fixture(scope="module")
def history() -> list[SampleActivity]:
    """A year with everything in it."""
    return list(generate_history(7, 1, UNTIL))


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory, history: list[SampleActivity]) -> Path:
    """The year as a Strava export."""
    target = tmp_path_factory.mktemp("export") / "export.zip"
    write_strava_export(target, history)
    return target


def _of_format(history: list[SampleActivity], wanted: str) -> list[SampleActivity]:
    found = [a for a in history if a.file_format == wanted]
    assert found, f"no {wanted} file in this history"
    return found


def test_the_same_history_is_the_same_bytes(tmp_path: Path) -> None:
    """Two exports of one seed are equal to the byte, archive dates included."""
    for name in ("one.zip", "two.zip"):
        write_strava_export(tmp_path / name, islice(generate_history(11, 1, UNTIL), 25))

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_official_sdk_reads_every_fit_file_without_complaint(
    history: list[SampleActivity],
) -> None:
    """Checksums hold, and totals, laps and samples are what was generated."""
    for activity in _of_format(history, "fit")[:12]:
        content = file_bytes(activity)

        messages, errors = Decoder(Stream.from_byte_array(bytearray(content))).read()

        session, totals = messages["session_mesgs"][0], activity.device_totals
        assert errors == []
        assert Decoder(Stream.from_byte_array(bytearray(content))).check_integrity()
        assert session["start_time"] == activity.summary.started_at
        assert session["total_distance"] == pytest.approx(totals.distance_m, abs=0.01)
        assert session["total_timer_time"] == totals.timer_s
        assert session.get("avg_heart_rate") == totals.heart_rate_avg_bpm
        assert len(activity.laps) == len(messages["lap_mesgs"])
        assert activity.channels["t_s"].size == len(messages["record_mesgs"])


def test_fit_samples_are_the_generated_ones_within_the_format_s_resolution(
    history: list[SampleActivity],
) -> None:
    """Each channel comes back within half a step of what FIT can say; unknown stays unknown."""
    steps = {"distance": 0.01, "enhanced_altitude": 0.2, "enhanced_speed": 0.001}
    names = {"distance": "distance_m", "enhanced_altitude": "altitude_m"}
    names |= {"enhanced_speed": "speed_m_s", "heart_rate": "heart_rate_bpm"}
    activity = _of_format(history, "fit")[0]

    columns = fitfast.records(file_bytes(activity))

    for fit_name, name in names.items():
        expected = activity.channels[name]
        actual = np.asarray(columns[fit_name], dtype=np.float64)
        assert np.allclose(expected, actual, atol=steps.get(fit_name, 1) / 2, equal_nan=True)


def test_stops_of_the_watch_are_timer_events(history: list[SampleActivity]) -> None:
    """One start and one stop per segment, so that a reader can tell pauses from gaps."""
    paused = [a for a in _of_format(history, "fit") if a.channels["segment"][-1] >= 2]
    activity = paused[0]

    messages, _ = Decoder(Stream.from_byte_array(bytearray(file_bytes(activity)))).read()

    kinds = [e["event_type"] for e in messages["event_mesgs"] if e["event"] == "timer"]
    assert kinds == ["start", "stop_all"] * (int(activity.channels["segment"][-1]) + 1)


def test_the_local_clock_is_in_fit_files(history: list[SampleActivity]) -> None:
    """Summer time and holidays in another zone survive as local timestamps."""
    epoch = datetime(1989, 12, 31, tzinfo=UTC)

    for activity in _of_format(history, "fit")[::6]:
        messages, _ = Decoder(Stream.from_byte_array(bytearray(file_bytes(activity)))).read()
        said = messages["activity_mesgs"][0]
        local = epoch + timedelta(seconds=said["local_timestamp"])
        assert (local - said["timestamp"]).total_seconds() == activity.summary.utc_offset_s


def test_gpxpy_reads_every_gpx_file(history: list[SampleActivity]) -> None:
    """Points with a position come through, with height and time, and the length agrees."""
    for activity in _of_format(history, "gpx"):
        track = gpxpy.parse(file_bytes(activity).decode()).tracks[0]

        points = [p for s in track.segments for p in s.points]
        located = activity.streams.drop_nulls("latitude_deg")
        holes = activity.streams.height - located.height
        assert track.name == activity.summary.title
        assert located.height == len(points)
        assert points[0].time == activity.summary.started_at
        if not holes:
            assert track.length_2d() == pytest.approx(activity.summary.distance_m, rel=0.03)


def test_tcx_files_hold_laps_and_all_points(history: list[SampleActivity]) -> None:
    """Well-formed XML; no sample is lost between two laps."""
    space = "{http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2}"
    for activity in _of_format(history, "tcx"):
        root = ET.fromstring(file_bytes(activity))  # noqa: S314  (we wrote it a line ago)

        distances = [float(d.text or 0) for d in root.iter(f"{space}DistanceMeters")]
        assert len(activity.laps) == len(list(root.iter(f"{space}Lap")))
        assert activity.channels["t_s"].size == len(list(root.iter(f"{space}Trackpoint")))
        assert max(distances) == pytest.approx(activity.summary.distance_m, abs=0.1)


def test_our_own_readers_take_every_format(history: list[SampleActivity]) -> None:
    """What is written as FIT, GPX or TCX is read back as one recording without a problem."""
    for wanted in ("fit", "gpx", "tcx"):
        for activity in _of_format(history, wanted)[:10]:
            result = read_bytes(f"a.{wanted}", file_bytes(activity))

            assert result.problems == ()
            (recording,) = result.recordings
            assert recording.summary.started_at == activity.summary.started_at
            assert recording.summary.distance_m == pytest.approx(
                activity.summary.distance_m, rel=0.03
            )


def test_activities_csv_has_the_traps_of_real_exports(
    export: Path, history: list[SampleActivity]
) -> None:
    """94 columns, five of them twice, line breaks in quotes, manual rows without file."""
    with zipfile.ZipFile(export) as archive:
        text = archive.read("activities.csv").decode()
        names = set(archive.namelist())

    header, *rows = csv.reader(io.StringIO(text))
    files = [row[header.index("Filename")] for row in rows]
    first, second = (i for i, name in enumerate(header) if name == "Distance")
    assert list(STRAVA_HEADER) == header
    assert {94} == {len(row) for row in (header, *rows)}
    assert 5 == len(header) - len(set(header))
    assert len(history) == len(rows) < len(text.splitlines()) - 1
    assert {name for name in files if name} == names - {"activities.csv"}
    assert len([a for a in history if a.summary.is_manual]) == files.count("")
    assert all(
        float(row[first]) == pytest.approx(float(row[second]) / 1000, abs=0.0051) for row in rows
    )


def test_dates_in_activities_csv_are_utc(export: Path, history: list[SampleActivity]) -> None:
    """A date like `Sep 20, 2026, 2:12:12 PM`, without a zone, is the start in UTC."""
    with zipfile.ZipFile(export) as archive:
        rows = csv.reader(io.StringIO(archive.read("activities.csv").decode()))
    dates = [row[1] for row in islice(rows, 1, None)]

    starts = [datetime.strptime(d, "%b %d, %Y, %I:%M:%S %p").replace(tzinfo=UTC) for d in dates]

    assert [a.summary.started_at for a in history] == starts


def test_a_folder_holds_the_same_files_as_a_zip(tmp_path: Path) -> None:
    """The export may be unpacked or not."""
    few = list(islice(generate_history(3, 1, UNTIL), 12))
    write_strava_export(tmp_path / "folder", few)
    write_strava_export(tmp_path / "packed.zip", few)

    with zipfile.ZipFile(tmp_path / "packed.zip") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}

    folder = tmp_path / "folder"
    assert packed == {
        str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }
    assert {"fit.gz", "csv"} <= {name.partition(".")[2] for name in packed}
    assert all(gzip.decompress(b) for name, b in packed.items() if name.endswith(".gz"))


def test_running_page_json_has_the_fields_of_the_real_one(
    tmp_path: Path, history: list[SampleActivity]
) -> None:
    """Times as running_page writes them, no address, a streak that counts days."""
    target = tmp_path / "activities.json"

    count = write_running_page_json(target, history)

    rows = json.loads(target.read_text("utf-8"))
    assert len(history) == count == len(rows)
    assert {""} == {row["location_country"] for row in rows}
    assert all(row["start_date"].endswith("+00:00") for row in rows)
    assert rows[0]["streak"] == 1 < max(row["streak"] for row in rows)
    assert sum(a.summary.distance_m or 0 for a in history) == pytest.approx(
        sum(row["distance"] for row in rows)
    )


def test_polylines_are_encoded_as_their_inventor_says() -> None:
    """The example of the format's documentation."""
    actual = polyline([(38.5, -120.2), (40.7, -120.95), (43.252, -126.453)])

    assert actual == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"


@given(st.binary(max_size=300))
def test_the_checksum_is_the_official_one(content: bytes) -> None:
    """CRC-16 as the SDK computes it, for any bytes."""
    official = CrcCalculator()
    official.add_bytes(bytearray(content), 0, len(content))

    assert checksum(content) == official.get_crc()


def test_the_command_writes_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--out x.json` writes JSON, and the count is told."""
    target = tmp_path / "some" / "activities.json"

    main(["--out", str(target), "--years", "1", "--until", "2020-03-01", "--runs-per-week", "1"])

    assert f"{len(json.loads(target.read_text('utf-8')))} activities" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["fit", "gpx", "tcx"])
def test_an_ordinary_file_gives_no_cause_for_doubt(
    history: list[SampleActivity], kind: str
) -> None:
    """By itself, without a list that states totals: its letter may compare and rank the run."""
    ordinary = next(each for each in history if each.file_format == kind)

    (recording,) = read_bytes(f"run.{kind}", file_bytes(ordinary)).recordings

    flags = pl.DataFrame(
        {"quality": [list(recording.summary.quality)]}, schema={"quality": pl.List(pl.String)}
    )
    assert [[]] == flags.select(doubts("quality"))["quality"].to_list()
