"""The one door: formats by content, gzip with a bound, and never an exception."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import zlib
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from garmin_fit_sdk import Encoder, Profile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from runletters.activities import STREAM_SCHEMA, ReadResult
from runletters.edges import readers
from runletters.edges.readers import read_bytes, sniff

START = datetime(2024, 5, 4, 6, tzinfo=UTC)
GPX = (
    '<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
    + "".join(
        f'<trkpt lat="50.00{second}" lon="7"><time>2024-05-04T06:00:0{second}Z</time></trkpt>'
        for second in range(9)
    )
    + "</trkseg></trk></gpx>"
).encode()
TCX = (
    "<TrainingCenterDatabase><Activities><Activity Sport='Running'><Lap><Track>"
    + "".join(
        f"<Trackpoint><Time>2024-05-04T06:00:0{second}Z</Time></Trackpoint>" for second in range(9)
    )
    + "</Track></Lap></Activity></Activities></TrainingCenterDatabase>"
).encode()


def fit() -> bytes:
    """A run of nine seconds, written by the official encoder."""
    numbers = Profile["mesg_num"]
    encoder = Encoder()
    encoder.write_mesg({"mesg_num": numbers["FILE_ID"], "type": "activity"})
    for second in range(9):
        moment = START + timedelta(seconds=second)
        encoder.write_mesg(
            {"mesg_num": numbers["RECORD"], "timestamp": moment, "distance": 3.0 * second}
        )
    end = START + timedelta(seconds=8)
    encoder.write_mesg({"mesg_num": numbers["SESSION"], "timestamp": end, "start_time": START})
    return bytes(encoder.close())


FIT = fit()
SAMPLES = {"fit": FIT, "gpx": GPX, "tcx": TCX}


@pytest.mark.parametrize("kind", SAMPLES)
@pytest.mark.parametrize("name", ["run.fit", "run.gpx", "run.tcx", "run", "run.bin.gz"])
def test_the_content_decides_before_the_name(kind: str, name: str) -> None:
    """A GPX called .fit is a GPX; gzipped or not."""
    content = SAMPLES[kind]

    assert kind == sniff(name, content[:4096])
    assert kind == sniff(name, gzip.compress(content)[:4096])
    assert kind == read_bytes(name, content).recordings[0].source.kind


def test_the_name_decides_where_the_content_says_nothing() -> None:
    """A damaged head with a known name goes to that reader; anything else to none."""
    assert "gpx" == sniff("a/RUN.GPX.gz", b"????")
    assert sniff("photo.jpg", b"\xff\xd8\xff\xe0") is None
    assert sniff("notes.txt", b"a gpx in words") is None


@pytest.mark.parametrize("kind", SAMPLES)
def test_gzip_changes_nothing_about_a_recording(kind: str) -> None:
    """Same digest, same samples, same summary: one file, not two."""
    content = SAMPLES[kind]

    plain, packed = read_bytes("run", content), read_bytes("run", gzip.compress(content))

    assert hashlib.sha256(content).hexdigest() == plain.content_sha256 == packed.content_sha256
    assert plain.recordings[0].summary == packed.recordings[0].summary
    assert_frame_equal(plain.recordings[0].streams, packed.recordings[0].streams)


def test_several_gzip_members_are_one_file() -> None:
    """Two halves, each packed alone, as some services write them."""
    halves = gzip.compress(GPX[:300]) + gzip.compress(GPX[300:])

    assert 9 == read_bytes("run.gpx.gz", halves).recordings[0].streams.height


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_cut_gzip_file_is_salvaged_and_flagged(keep: float) -> None:
    """What unpacks before the cut is read and says truncated; else a problem."""
    packed = gzip.compress(GPX * 1, compresslevel=0)

    result = read_bytes("run.gpx.gz", packed[: int(len(packed) * keep)])

    (run,) = result.recordings
    assert 1 <= run.streams.height < 9
    assert "truncated" in run.summary.quality


def test_a_damaged_gzip_stream_is_salvaged_up_to_the_damage() -> None:
    """Noise in the middle costs what comes after it, not what stands before."""
    packed = bytearray(gzip.compress(GPX * 40, compresslevel=1))
    packed[len(packed) // 2 :] = b"\xff" * (len(packed) - len(packed) // 2)

    result = read_bytes("run.gpx.gz", bytes(packed))

    assert all("truncated" in run.summary.quality for run in result.recordings)
    assert result.recordings or result.problems


def test_a_gzip_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the bound comes out: the file is left alone and says why."""
    monkeypatch.setattr(readers, "MOST_UNPACKED_BYTES", 1024 * 1024)
    bomb = gzip.compress(b"\0" * 50_000_000)

    (problem,) = read_bytes("run.fit.gz", bomb).problems

    assert "unsafe_archive" == problem.reason_code
    assert "1 MiB" in problem.reason


def test_a_bomb_in_many_members_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound holds for the sum."""
    monkeypatch.setattr(readers, "MOST_UNPACKED_BYTES", 1024 * 1024)
    member = gzip.compress(b"\0" * 300_000)

    (problem,) = read_bytes("run.fit.gz", member * 5).problems

    assert "unsafe_archive" == problem.reason_code


@pytest.mark.parametrize(
    ("content", "reason_code"),
    [
        (b"", "empty"),
        (b" \n\0\0", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"\x1f\x8b", "broken_gzip"),
        (b"\x1f\x8bnonsense" * 9, "broken_gzip"),
        (b"\xff\xd8\xff\xe0 a photograph", "unknown_format"),
        (b"\x0e\x10\x00\x00\x00\x00\x00\x00.FIT", "unreadable"),
    ],
)
def test_each_way_of_being_unreadable_has_a_name(content: bytes, reason_code: str) -> None:
    """One problem, with a reason and a remedy."""
    result = read_bytes("thing", content)

    (problem,) = result.problems
    assert () == result.recordings
    assert reason_code == problem.reason_code
    assert problem.reason
    assert problem.remedy


def test_results_travel_between_processes() -> None:
    """A pool of processes reads, and what comes back is whole."""
    context = get_context("spawn")  # a fork would copy polars' threads
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        far = pool.submit(read_bytes, "run.fit", FIT).result()

    near = read_bytes("run.fit", FIT)
    assert near.recordings[0].summary == far.recordings[0].summary
    assert_frame_equal(near.recordings[0].streams, far.recordings[0].streams)


def is_whole(result: ReadResult) -> bool:
    """Never neither; frames in the agreed shape; picklable."""
    pickle.loads(pickle.dumps(result))  # noqa: S301 - our own bytes
    reasons = [problem.reason for problem in result.problems]
    assert not any("something unexpected" in reason for reason in reasons)  # the last resort
    shapes = [dict(run.streams.schema) == STREAM_SCHEMA for run in result.recordings]
    return bool(result.recordings or result.problems) and all(shapes)


NAMES = st.sampled_from(["a.fit", "a.gpx", "a.tcx", "a", "a.fit.gz"])


@given(name=NAMES, content=st.binary(max_size=400))
def test_random_bytes_never_raise(name: str, content: bytes) -> None:
    """Noise becomes a problem."""
    assert is_whole(read_bytes(name, content))


HEADS = {
    "fit": FIT[:12],
    "gpx": b"<gpx><trk><trkseg>",
    "tcx": b"<TrainingCenterDatabase><Activities><Activity><Lap><Track>",
}


@given(kind=st.sampled_from(sorted(HEADS)), content=st.binary(max_size=300))
def test_noise_behind_a_good_head_never_raises(kind: str, content: bytes) -> None:
    """The right reader is chosen and finds nothing it can trust."""
    assert is_whole(read_bytes(f"a.{kind}", HEADS[kind] + content))


EDITS = st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), max_size=6)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(sorted(SAMPLES)),
    cut=st.integers(0, 5_000),
    edits=EDITS,
    is_packed=st.booleans(),
)
def test_cut_and_scribbled_files_never_raise(
    kind: str, cut: int, edits: list[tuple[int, int]], is_packed: bool
) -> None:
    """Any prefix of a sound file, with any few bytes changed, packed or not."""
    content = bytearray(SAMPLES[kind])
    for place, value in edits:
        content[place % len(content)] = value
    kept = bytes(content[: len(content) - cut % len(content)])

    assert is_whole(read_bytes(f"a.{kind}", zlib_packed(kept) if is_packed else kept))


def zlib_packed(content: bytes) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(content) + packer.flush()


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_real_files_cut_anywhere_never_raise(shared_data: Path, data: st.DataObject) -> None:
    """A handful of small real files of each kind, cut at a random byte."""
    names = (
        "fitdecode/garmin-fenix-5-run.fit",
        "fitdecode/2015-10-13-08-43-15.fit",
        "fitdecode/activity-settings.fit",
        "runpandas/tcx/run_garmin.tcx",
        "runpandas/gpx/garmin_connect.gpx",
        "gpxpy/cerknicko-jezero.gpx",
    )
    content = (shared_data / data.draw(st.sampled_from(names))).read_bytes()
    cut = data.draw(st.integers(0, len(content)))

    assert is_whole(read_bytes("a", content[:cut]))


def test_every_real_file_is_loaded_or_refused_with_a_reason(shared_data: Path) -> None:
    """Nothing in the collection raises, and nothing comes back without a word."""
    paths = [
        path
        for path in sorted(shared_data.rglob("*"))
        if path.suffix in {".fit", ".gpx", ".tcx", ".json", ".csv"} and path.is_file()
    ]
    for path in paths:
        result = read_bytes(path.name, path.read_bytes())
        assert is_whole(result), path.name
        assert all(problem.reason_code != "unreadable" for problem in result.problems), path.name
