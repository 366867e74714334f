"""TCX: laps as the file says them, samples in order, and what is refused."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runletters.activities import Lap, ReadResult
from runletters.edges.tcx import read_tcx

SHA = "0" * 64
TPX = "http://www.garmin.com/xmlschemas/ActivityExtension/v2"


def point(second: int, *, extra: str = "", zone: str = "Z") -> str:
    """One track point; three metres a second."""
    return (
        f"<Trackpoint><Time>2024-05-04T06:00:{second:02}{zone}</Time>"
        f"<DistanceMeters>{3 * second}</DistanceMeters>{extra}</Trackpoint>"
    )


def lap(*tracks: str, seconds: float = 10.5, metres: float = 30.25, extra: str = "") -> str:
    """One lap with its totals."""
    samples = "".join(f"<Track>{each}</Track>" for each in tracks)
    return (
        f'<Lap StartTime="2024-05-04T06:00:00Z"><TotalTimeSeconds>{seconds}</TotalTimeSeconds>'
        f"<DistanceMeters>{metres}</DistanceMeters><Calories>7</Calories>"
        "<AverageHeartRateBpm><Value>141</Value></AverageHeartRateBpm>"
        "<MaximumHeartRateBpm><Value>163</Value></MaximumHeartRateBpm>"
        f"<TriggerMethod>Manual</TriggerMethod>{samples}{extra}</Lap>"
    )


def activity(*laps: str, sport: str = "Running", extra: str = "") -> str:
    """One activity of laps."""
    return (
        f'<Activity Sport="{sport}"><Id>2024-05-04T06:00:00Z</Id>{"".join(laps)}{extra}</Activity>'
    )


def tcx(*activities: str, prolog: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    """A whole document."""
    space = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"
    body = f"<Activities>{''.join(activities)}</Activities>"
    return (
        f'{prolog}<TrainingCenterDatabase xmlns="{space}">{body}</TrainingCenterDatabase>'.encode()
    )


def read(content: bytes) -> ReadResult:
    return read_tcx("run.tcx", content, SHA)


TRACK = "".join(point(second) for second in range(11))


def test_laps_are_what_the_file_says() -> None:
    """Every total of a lap, untouched, and their sums as the device's totals."""
    (run,) = read(tcx(activity(lap(TRACK), lap(point(12), seconds=4.25, metres=9)))).recordings

    assert run.device_totals is not None
    first = Lap(
        lap_index=0,
        started_at=datetime(2024, 5, 4, 6, tzinfo=UTC),
        timer_s=10.5,
        distance_m=30.25,
        heart_rate_avg_bpm=141,
        heart_rate_max_bpm=163,
        calories_kcal=7,
        trigger="Manual",
    )
    assert first == run.laps[0]
    assert (14.75, 39.25, 14, 163, 2) == (
        run.device_totals.timer_s,
        run.device_totals.distance_m,
        run.device_totals.calories_kcal,
        run.device_totals.heart_rate_max_bpm,
        run.device_totals.lap_count,
    )
    assert (14.75, 39.25, 12) == (
        run.summary.moving_s,
        run.summary.distance_m,
        run.summary.elapsed_s,
    )


def test_samples_carry_every_channel() -> None:
    """Heart rate, cadence and power of the extension, altitude and position."""
    extra = (
        "<Position><LatitudeDegrees>50</LatitudeDegrees>"
        "<LongitudeDegrees>7</LongitudeDegrees></Position><AltitudeMeters>99</AltitudeMeters>"
        "<HeartRateBpm><Value>150</Value></HeartRateBpm>"
        f'<Extensions><n:TPX xmlns:n="{TPX}"><n:Speed>3.1</n:Speed>'
        "<n:RunCadence>86</n:RunCadence><n:Watts>240</n:Watts></n:TPX></Extensions>"
    )

    (run,) = read(tcx(activity(lap(point(1, extra=extra) + point(2))))).recordings

    found = run.streams.row(0, named=True)
    expected = {
        "t_s": 0,
        "distance_m": 3,
        "altitude_m": 99,
        "heart_rate_bpm": 150,
        "cadence_rpm": 86,
        "power_w": 240,
        "speed_m_s": 3.1,
        "latitude_deg": 50,
        "longitude_deg": 7,
        "temperature_c": None,
        "segment": 0,
    }
    assert expected == found


def test_a_second_track_in_a_lap_is_a_stop_of_the_timer() -> None:
    """New laps are no stops, new tracks inside one are."""
    first = lap(point(1) + point(2), point(30))

    (run,) = read(tcx(activity(first, lap(point(31))))).recordings

    assert [0, 0, 1, 1] == run.streams["segment"].to_list()


def test_several_activities_are_several_recordings() -> None:
    """Each with its own sport and its own id."""
    ride = activity(lap(TRACK), sport="Biking")

    one, two = read(tcx(activity(lap(TRACK)), ride)).recordings

    assert ("running", "activity-0") == (one.summary.sport, one.source.native_id)
    assert ("cycling", "activity-1") == (two.summary.sport, two.source.native_id)


def test_the_device_is_named_without_its_serial_number() -> None:
    """The name of the creator, never UnitId."""
    creator = "<Creator><Name>Forerunner 410 3854007508</Name><UnitId>3854007508</UnitId></Creator>"

    (run,) = read(tcx(activity(lap(TRACK), extra=creator))).recordings

    assert "Forerunner 410" == run.summary.device


def test_laps_without_points_are_a_recording() -> None:
    """A treadmill run that was typed in has totals and no samples."""
    (run,) = read(tcx(activity(lap()))).recordings

    assert run.streams.is_empty()
    assert (10.5, 30.25) == (run.summary.moving_s, run.summary.distance_m)
    assert datetime(2024, 5, 4, 6, tzinfo=UTC) == run.summary.started_at


@pytest.mark.parametrize("lead", ["", "\ufeff", "\n   "])
@pytest.mark.parametrize("zone", ["Z", "+00:00", ".500Z", ""])
def test_leads_and_zones_do_no_harm(lead: str, zone: str) -> None:
    """Blanks before the prolog, written zones and parts of seconds."""
    body = activity(lap(point(1, zone=zone) + point(2, zone=zone)))

    (run,) = read(tcx(body, prolog=f'{lead}<?xml version="1.0"?>')).recordings

    assert 2 == run.streams.height
    assert run.summary.utc_offset_s is None


def test_a_cut_file_keeps_points_and_laps_up_to_the_break() -> None:
    """The open lap's totals stand before its points and are kept."""
    whole = tcx(activity(lap(TRACK)))

    (run,) = read(whole[: whole.index(b"06:00:05")]).recordings

    assert 5 == run.streams.height
    assert 10.5 == run.laps[0].timer_s
    assert "truncated" in run.summary.quality


@pytest.mark.parametrize(
    ("content", "reason_code"),
    [
        (tcx(), "no_points"),
        (tcx(activity()), "no_points"),
        (tcx(activity("<Lap><Track><Trackpoint/></Track></Lap>")), "no_times"),
        (
            tcx().replace(b"Activities>", b"Courses>").replace(b"></C", b"><Course/></C"),
            "not_an_activity",
        ),
        (tcx(prolog='<!DOCTYPE x [<!ENTITY a "b">]>'), "unsafe_xml"),
        (b"<TrainingCenterDatabase", "no_points"),
    ],
)
def test_what_is_no_recording_is_a_problem_with_a_remedy(content: bytes, reason_code: str) -> None:
    """Empty files, courses, files without times, and doctypes."""
    result = read(content)

    (problem,) = result.problems
    assert () == result.recordings
    assert reason_code == problem.reason_code
    assert problem.remedy


CHANNELS = {
    "has_ele": "altitude_m",
    "has_hr": "heart_rate_bpm",
    "has_cad": "cadence_rpm",
    "has_power": "power_w",
}


def test_every_real_file_gives_its_points_and_lap_totals(shared_data: Path) -> None:
    """Points, first and last time, lap totals as another program read them."""
    text = (shared_data / "golden/dev/gpx_tcx_inventory.csv").read_text()
    rows = [row for row in csv.DictReader(text.splitlines()) if row["kind"] == "tcx"]
    for row in rows:
        content = (shared_data / row["file"]).read_bytes()
        (run,) = read_tcx(row["file"], content, SHA).recordings
        assert run.device_totals is not None
        ended_s = run.summary.started_at.timestamp() + run.streams["t_s"][-1]
        assert int(row["points"]) - int(row["dup_times"]) == run.streams.height, row["file"]
        assert datetime.fromisoformat(row["first_time"]) == run.summary.started_at, row["file"]
        last = datetime.fromisoformat(row["last_time"]).timestamp()
        assert last == pytest.approx(ended_s, abs=1e-3), row["file"]
        assert int(row["laps_or_segments"]) == len(run.laps), row["file"]
        found = (
            run.device_totals.timer_s,
            run.device_totals.distance_m,
            run.device_totals.calories_kcal,
        )
        keys = ("lap_total_time_s", "lap_distance_m", "lap_calories")
        expected = tuple(float(row[key]) for key in keys)
        assert expected == pytest.approx(found, abs=0.005), row["file"]
        assert {key: row[key] == "True" for key in CHANNELS} == {
            key: run.streams[channel].count() > 0 for key, channel in CHANNELS.items()
        }, row["file"]
        steps = run.streams["t_s"].diff()
        assert int(row["gaps_over_30s"]) == (steps > 30).sum(), row["file"]
        assert float(row["max_gap_s"]) == pytest.approx(steps.max(), abs=0.051), row["file"]

    assert 20 == len(rows)


def test_the_malformed_file_still_gives_its_384_points(shared_data: Path) -> None:
    """An unbound prefix and a missing end cost nothing but a flag."""
    content = (shared_data / "runpandas/tcx/malformed.tcx").read_bytes()

    (run,) = read(content).recordings

    assert 384 == run.streams.height
    assert "truncated" in run.summary.quality


def test_heart_rate_and_elapsed_time_are_those_of_strava(shared_data: Path) -> None:
    """The mean over samples of a run that Strava summed up from the same points."""
    name = "runpandas/tcx-session/2020-12-06T06_36_21-300_Running.tcx"
    strava = json.loads((shared_data / "runpandas/strava-api/activity.json").read_text())

    (run,) = read((shared_data / name).read_bytes()).recordings

    assert strava["elapsed_time"] == run.summary.elapsed_s
    assert strava["average_heartrate"] == pytest.approx(run.summary.heart_rate_avg_bpm, abs=0.5)
    assert strava["max_heartrate"] == pytest.approx(run.summary.heart_rate_max_bpm, abs=1)
    assert strava["distance"] == pytest.approx(run.summary.distance_m, rel=0.001)


def test_laps_are_those_of_strava(shared_data: Path) -> None:
    """Thirteen laps: seconds and highest heart rate equal, distance to a centimetre.

    The mean heart rate of a lap is the watch's own: 6 bpm off where it began without a
    strap, 3 bpm in the lap with a long stop, else rounded.
    """
    name = "runpandas/tcx-session/2020-12-06T06_36_21-300_Running.tcx"
    strava = json.loads((shared_data / "runpandas/strava-api/activity.json").read_text())["laps"]

    (run,) = read((shared_data / name).read_bytes()).recordings

    assert 13 == len(strava) == len(run.laps)
    for theirs, ours in zip(strava, run.laps, strict=True):
        assert theirs["elapsed_time"] == ours.timer_s
        assert theirs["distance"] == pytest.approx(ours.distance_m, abs=0.01)
        assert theirs["max_heartrate"] == ours.heart_rate_max_bpm
        assert theirs["average_heartrate"] == pytest.approx(ours.heart_rate_avg_bpm, abs=6)


def test_figures_of_laps_that_another_reader_gives(shared_data: Path) -> None:
    """Cadence and highest heart rate of laps, calories, and the first sample that has a place."""
    skis, bike = (
        read((shared_data / "tcxreader" / name).read_bytes()).recordings[0]
        for name in ("cross-country-skiing_activity_1.tcx", "mapmyride_biking.tcx")
    )

    assert (2, 38) == (len(skis.laps), skis.laps[0].cadence_avg_rpm)
    assert bike.device_totals is not None
    assert 458 == pytest.approx(bike.device_totals.calories_kcal)
    placed_s = bike.streams.drop_nulls("latitude_deg")["t_s"][0]
    placed = bike.summary.started_at + timedelta(seconds=placed_s)
    assert datetime(2022, 11, 12, 15, 58, 31, 473_500, tzinfo=UTC) == placed
