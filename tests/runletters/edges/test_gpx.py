"""GPX of both versions: what becomes a recording, what is refused and why."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from runletters.activities import ReadResult
from runletters.edges.gpx import read_gpx

SHA = "0" * 64


def point(second: int, *, minute: int = 0, extra: str = "", zone: str = "Z") -> str:
    """One track point; a second is 0.00003 degrees of latitude, a step of 3.3 m."""
    time = f"<time>2024-05-04T06:{minute:02}:{second:02}{zone}</time>"
    place = f'lat="{50 + (60 * minute + second) * 3e-5:.6f}" lon="7"'
    return f"<trkpt {place}><ele>{100 + second}</ele>{time}{extra}</trkpt>"


def track(*segments: str, head: str = "") -> str:
    """One track of segments of points."""
    return f"<trk>{head}{''.join(f'<trkseg>{each}</trkseg>' for each in segments)}</trk>"


def gpx(body: str, *, version: str = "1.1", prolog: str = '<?xml version="1.0"?>') -> bytes:
    """A whole document."""
    space = f"http://www.topografix.com/GPX/{version.replace('.', '/')}"
    return (
        f'{prolog}<gpx version="{version}" creator="Watch 9" xmlns="{space}">{body}</gpx>'.encode()
    )


def read(content: bytes) -> ReadResult:
    return read_gpx("run.gpx", content, SHA)


RUN = "".join(point(second) for second in range(11))


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_track_with_times_is_a_recording(version: str) -> None:
    """Distance, times, moving time and sport of a plain run of ten steps."""
    head = "<name>Morning</name><type>running</type>"

    (run,) = read(gpx(track(RUN, head=head), version=version)).recordings

    assert "running" == run.summary.sport
    assert "Morning" == run.summary.title
    assert "Watch 9" == run.summary.device
    assert datetime(2024, 5, 4, 6, tzinfo=UTC) == run.summary.started_at
    assert pytest.approx(33.36, abs=0.01) == run.summary.distance_m
    assert 10 == run.summary.elapsed_s == run.summary.moving_s
    assert ("totals_computed",) == run.summary.quality


def test_standing_still_is_not_moving() -> None:
    """Steps slower than a 30-minute mile count as elapsed and not as moving."""
    stop = point(10).replace("06:00:10", "06:05:10")

    (run,) = read(gpx(track(RUN + stop, head="<type>running</type>"))).recordings

    assert 310 == run.summary.elapsed_s
    assert 10 == run.summary.moving_s


def test_extensions_are_known_by_name_in_any_namespace() -> None:
    """Garmin's, a stranger's, and none at all."""
    garmin = (
        '<extensions><g:TrackPointExtension xmlns:g="urn:g"><g:hr>151</g:hr><g:cad>88</g:cad>'
        "<g:atemp>12.5</g:atemp></g:TrackPointExtension><power>240</power>"
        '<x:speed xmlns:x="urn:x">3.25</x:speed></extensions>'
    )

    (run,) = read(gpx(track(point(0, extra=garmin) + point(1)))).recordings

    found = run.streams.row(0, named=True)
    assert (151, 88, 12.5, 240, 3.25) == tuple(
        found[name]
        for name in ("heart_rate_bpm", "cadence_rpm", "temperature_c", "power_w", "speed_m_s")
    )


def test_track_segments_are_segments() -> None:
    """The jump between two segments adds neither distance nor moving time."""
    later = "".join(point(second, minute=9) for second in range(3))

    (run,) = read(gpx(track(RUN, "", later))).recordings

    assert [0] * 11 + [1] * 3 == run.streams["segment"].to_list()
    assert pytest.approx(12 * 3.336, abs=0.02) == run.summary.distance_m
    assert 12 == run.summary.moving_s


def test_tracks_close_in_time_are_one_outing_and_far_ones_are_two() -> None:
    """Pauses split tracks; a quarter of an hour does not split a run, half a day does."""
    near = track("".join(point(second, minute=15) for second in range(3)))
    far = near.replace("T06:", "T18:")

    (one,) = read(gpx(near + track(RUN))).recordings
    two = read(gpx(far + track(RUN))).recordings

    assert 14 == one.streams.height
    assert ["track-0", "track-1"] == [run.source.native_id for run in two]
    assert [11, 3] == [run.streams.height for run in two]


def test_times_with_an_offset_tell_the_local_clock() -> None:
    """+02:00 is kept as the runner's offset; the start is UTC."""
    body = track(point(0, zone=".250+02:00") + point(1, zone=".750+02:00"))

    (run,) = read(gpx(body)).recordings

    assert 7200 == run.summary.utc_offset_s
    assert 4 == run.summary.started_at.hour
    assert [0, 1.5] == run.streams["t_s"].to_list()


@pytest.mark.parametrize("lead", ["\ufeff", "  \n\t", "\ufeff \n"])
def test_marks_and_blanks_before_the_prolog_do_no_harm(lead: str) -> None:
    """A byte-order mark, blanks, or both."""
    assert 1 == len(read(gpx(track(RUN), prolog=f'{lead}<?xml version="1.0"?>')).recordings)


def test_other_encodings_are_read() -> None:
    """UTF-16 with its mark, and a title beyond ASCII."""
    text = gpx(track(RUN, head="<name>Čakovec 跑步</name>")).decode()

    (run,) = read(text.encode("utf-16")).recordings

    assert "Čakovec 跑步" == run.summary.title


def test_a_cut_file_is_salvaged_up_to_the_break() -> None:
    """Whole points before the cut are kept, and the recording says truncated."""
    whole = gpx(track(RUN))

    (run,) = read(whole[: whole.rindex(b"<ele>")]).recordings

    assert 10 <= run.streams.height <= 11
    assert "truncated" in run.summary.quality


def test_broken_xml_in_the_middle_costs_only_itself() -> None:
    """An unknown prefix or a stray sign leaves the points around it."""
    broken = gpx(track(RUN.replace("<ele>105</ele>", "<no:pe>5</no:pe>")))

    (run,) = read(broken).recordings

    assert 11 == run.streams.height
    assert "broken_xml" in run.summary.quality


def test_a_teleport_is_flagged_and_left_as_it_is() -> None:
    """A jump of a kilometre in a second is said, not repaired."""
    jump = point(11).replace('lat="50.000330"', 'lat="50.01"')

    (run,) = read(gpx(track(RUN + jump, head="<type>run</type>"))).recordings

    assert "implausible_speed" in run.summary.quality
    assert 1000 < (run.summary.distance_m or 0)


@pytest.mark.parametrize(
    ("body", "reason_code"),
    [
        ("", "no_points"),
        ('<wpt lat="1" lon="1"/><rte><rtept lat="1" lon="2"/></rte>', "no_points"),
        ("<trk><trkseg/></trk>", "no_points"),
        (track(point(3)), "no_points"),
        (track(re.sub("<time>.*?</time>", "", RUN)), "no_times"),
        (track(re.sub("<time>.*?</time>", "<time>2024-05-04T06:00:00Z</time>", RUN)), "no_times"),
        (track(RUN.replace("2024", "soon")), "no_times"),
    ],
)
def test_what_cannot_be_placed_is_a_problem_with_a_remedy(body: str, reason_code: str) -> None:
    """Routes, waypoints, single points and tracks without times are told apart."""
    result = read(gpx(body))

    (problem,) = result.problems
    assert () == result.recordings
    assert reason_code == problem.reason_code
    assert problem.remedy


BILLION = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
DOCTYPES = {
    "billion laughs": f'<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY l0 "ha">{BILLION}]>',
    "external entity": '<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "external DTD": '<!DOCTYPE gpx SYSTEM "http://127.0.0.1:9/gpx.dtd">',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("kind", DOCTYPES)
def test_documents_with_a_doctype_are_refused(kind: str, encoding: str) -> None:
    """Entity bombs and outside references are not even begun."""
    name = "<name>&l9;&x;</name>"
    text = gpx(track(RUN, head=name), prolog=DOCTYPES[kind]).decode()

    (problem,) = read(text.encode(encoding)).problems

    assert "unsafe_xml" == problem.reason_code
    assert "root:" not in problem.reason


def inventory(shared_data: Path) -> list[dict[str, str]]:
    """The rows about GPX files that other people counted."""
    text = (shared_data / "golden/dev/gpx_tcx_inventory.csv").read_text()
    return [row for row in csv.DictReader(text.splitlines()) if row["kind"] == "gpx"]


CHANNELS = {
    "has_ele": "altitude_m",
    "has_hr": "heart_rate_bpm",
    "has_cad": "cadence_rpm",
    "has_power": "power_w",
}


def test_every_real_file_is_loaded_whole_or_refused_with_a_reason(shared_data: Path) -> None:
    """Points, first and last time as another program counted them; doubles are merged."""
    rows = inventory(shared_data)
    refused = loaded = 0
    for row in rows:
        content = (shared_data / row["file"]).read_bytes()
        result = read_gpx(row["file"], content, SHA)
        if not result.recordings:
            refused += 1
            assert result.problems[0].reason_code in {"no_points", "no_times"}, row["file"]
            continue
        loaded += 1
        points = re.split(rb"<trkpt", content)[1:]
        assert int(row["points"]) == len(points), row["file"]
        timed = sum(b"<time" in each for each in points)
        streams = pl.concat([run.streams for run in result.recordings])
        assert {key: row[key] == "True" for key in CHANNELS} == {
            key: streams[channel].count() > 0 for key, channel in CHANNELS.items()
        }, row["file"]
        expected = timed - int(row["dup_times"]) - int(row["backward_times"])
        assert expected == sum(run.streams.height for run in result.recordings), row["file"]
        gaps = [run.streams["t_s"].diff() for run in result.recordings]
        assert int(row["gaps_over_30s"]) == sum((gap > 30).sum() for gap in gaps), row["file"]
        assert moment(row["first_time"]) == result.recordings[0].summary.started_at, row["file"]
        last = result.recordings[-1]
        if row["backward_times"] != "0":  # the sample left out may be the last one
            continue
        ended_s = last.summary.started_at.timestamp() + last.streams["t_s"][-1]
        assert moment(row["last_time"]).timestamp() == pytest.approx(ended_s, abs=1e-3), row["file"]

    assert len(rows) == refused + loaded
    assert (18, 84) == (refused, loaded)


def moment(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def test_distances_are_those_of_the_running_page(shared_data: Path) -> None:
    """36 tracks within 0.2 % of the distance that the runner's own service stored."""
    stored = json.loads((shared_data / "yihong-run/activities.json").read_text())
    by_start = {each["start_date"][:19]: each["distance"] for each in stored}
    errors: list[float] = []
    for path in sorted((shared_data / "yihong-run/GPX_OUT").glob("*.gpx")):
        (run,) = read_gpx(path.name, path.read_bytes(), SHA).recordings
        start = run.summary.started_at.isoformat(" ")[:19].replace("T", " ")
        expected = by_start.get(start) or by_start[start.replace(" ", "T")]
        errors.append(abs((run.summary.distance_m or 0) / expected - 1))

    assert 36 == len(errors)
    assert max(errors) < 0.002
