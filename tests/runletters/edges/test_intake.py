"""What a path holds: exports, pages, recordings, and archives that mean harm."""

from __future__ import annotations

import gzip
import io
import json
import stat
import zipfile
from pathlib import Path

import boto3
import pytest

from runletters.edges import archives
from runletters.edges.intake import open_intake
from runletters.errors import UnknownSource, UnreadableFile, UnsafeArchive

GPX = b'<?xml version="1.0"?><gpx version="1.1"></gpx>'
CSV = b"Activity ID,Activity Date,Activity Type,Filename,Elapsed Time,Distance\n"
PAGE = json.dumps([{"run_id": 1, "distance": 1.0}]).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


EXPORT = {
    "activities.csv": CSV,
    "activities/1.fit.gz": gzip.compress(b"0123456 .FIT"),
    "activities/2.gpx": GPX,
    "media/a.jpg": b"jpg",
    "profile.csv": b"a,b\n",
    "README": b"hello",
}


def test_a_folder_and_its_zip_are_seen_alike(tmp_path: Path) -> None:
    """The same export as folder, as zip, and one level down: table and files, rest ignored."""
    folder = fill(tmp_path / "export", EXPORT)
    (tmp_path / "export.zip").write_bytes(zipped(EXPORT))
    (tmp_path / "deep.zip").write_bytes(zipped({f"x/{name}": EXPORT[name] for name in EXPORT}))

    for path, prefix in (
        (folder, ""),
        (tmp_path / "export.zip", ""),
        (tmp_path / "deep.zip", "x/"),
    ):
        with open_intake(str(path)) as intake:
            assert [f"{prefix}activities.csv"] == [entry.name for entry in intake.tables]
            assert [f"{prefix}activities/1.fit.gz", f"{prefix}activities/2.gpx"] == [
                entry.name for entry in intake.recordings
            ]
            assert 3 == intake.ignored
            assert CSV == intake.tables[0].read()
            assert GPX == intake.recordings[1].read()
            assert GPX[:4] == intake.recordings[1].read(4)


def test_single_files_of_every_kind(tmp_path: Path) -> None:
    """A file by itself, with or without a telling name, is recognised."""
    fill(
        tmp_path,
        {
            "run.tcx.gz": b"",
            "run.GPX": GPX,
            "noname": GPX,
            "page.json": PAGE,
            "a/activities.csv": CSV,
        },
    )

    for name, kind in (
        ("run.tcx.gz", "recordings"),
        ("run.GPX", "recordings"),
        ("noname", "recordings"),
        ("page.json", "pages"),
        ("a/activities.csv", "tables"),
    ):
        with open_intake(str(tmp_path / name)) as intake:
            assert [Path(name).name] == [entry.name for entry in getattr(intake, kind)]


@pytest.mark.parametrize("name", ["photo.jpg", "other.json", "empty", "nowhere"])
def test_nothing_recognised_is_one_clear_error(tmp_path: Path, name: str) -> None:
    """The error says what is understood."""
    fill(tmp_path, {"photo.jpg": b"jpg", "other.json": b"{}"})
    (tmp_path / "empty").mkdir()

    with (
        pytest.raises(UnknownSource, match="Expected a Strava export"),
        open_intake(str(tmp_path / name)),
    ):
        pass


def test_zips_in_folders_and_one_level_in_zips(tmp_path: Path) -> None:
    """An archive in an archive is read, a third level is left alone."""
    inner = zipped({"b.gpx": GPX, "third.zip": zipped({"c.gpx": GPX})})
    fill(tmp_path, {"a.zip": zipped({"inner.zip": inner}), "plain.gpx": GPX})

    with open_intake(str(tmp_path)) as intake:
        assert ["a.zip/inner.zip/b.gpx", "plain.gpx"] == sorted(
            entry.name for entry in intake.recordings
        )
        assert 1 == intake.ignored
        assert {GPX} == {entry.read() for entry in intake.recordings}


def test_what_leads_out_of_an_archive_is_set_aside(tmp_path: Path) -> None:
    """Absolute, climbing, drive and link members are problems; the good one is read."""
    link = zipfile.ZipInfo("link.gpx")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    names = ["../up.gpx", "/root.gpx", "a/../../b.gpx", "C:\\x.gpx", "..\\up.fit"]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in names:
            archive.writestr(name, GPX)
        archive.writestr(link, "/etc/passwd")
        archive.writestr("good.gpx", GPX)

    with open_intake(str(tmp_path / "a.zip")) as intake:
        assert ["good.gpx"] == [entry.name for entry in intake.recordings]
        assert 6 == len(intake.problems)
        assert {"unsafe_archive"} == {problem.reason_code for problem in intake.problems}
        assert 6 == len({problem.content_sha256 for problem in intake.problems})


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A member that unpacks to a thousand times its size is set aside, its neighbour is read."""
    bomb = b"\0" * (archives.RATIO_COUNTS_FROM_BYTES + 1)
    (tmp_path / "a.zip").write_bytes(zipped({"bomb.gpx": bomb, "good.gpx": GPX}))

    with open_intake(str(tmp_path / "a.zip")) as intake:
        assert ["good.gpx"] == [entry.name for entry in intake.recordings]
        assert "times its size" in intake.problems[0].reason


@pytest.mark.parametrize("limit", ["MOST_MEMBERS", "MOST_TOTAL_BYTES"])
def test_an_archive_without_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """Alone it is an error; in a folder it is a problem, and the rest is read."""
    monkeypatch.setattr(archives, limit, 1)
    fill(tmp_path, {"a.zip": zipped({"1.gpx": GPX, "2.gpx": GPX}), "good.gpx": GPX})

    with pytest.raises(UnsafeArchive), open_intake(str(tmp_path / "a.zip")):
        pass
    with open_intake(str(tmp_path)) as intake:
        assert ["good.gpx"] == [entry.name for entry in intake.recordings]
        assert ["a.zip"] == [problem.file for problem in intake.problems]


def test_a_damaged_archive(tmp_path: Path) -> None:
    """Alone it is an error; in a folder it is a problem, and the rest is read."""
    whole = zipped({"1.gpx": GPX * 99})
    fill(tmp_path, {"a.zip": whole[: len(whole) // 2], "good.gpx": GPX})

    with pytest.raises(UnreadableFile, match="no whole zip"), open_intake(str(tmp_path / "a.zip")):
        pass
    with open_intake(str(tmp_path)) as intake:
        assert ["good.gpx"] == [entry.name for entry in intake.recordings]
        assert ["unreadable"] == [problem.reason_code for problem in intake.problems]


def test_a_damaged_member_is_an_error_of_its_own(tmp_path: Path) -> None:
    """The table of contents is whole, one file is not."""
    whole = bytearray(zipped({"1.gpx": bytes(range(256)) * 9}))
    whole[60:80] = bytes(20)
    (tmp_path / "a.zip").write_bytes(whole)

    with open_intake(str(tmp_path / "a.zip")) as intake, pytest.raises(UnreadableFile):
        intake.recordings[0].read()


def test_an_unknown_language_is_still_an_export(tmp_path: Path) -> None:
    """activities.csv with its files beside it goes to the table reader, which names the columns."""
    fill(tmp_path, {"activities.csv": b"ID attivita,x\n", "activities/1.gpx": GPX})
    fill(tmp_path / "other", {"activities.csv": b"a,b\n", "1.gpx": GPX})

    with open_intake(str(tmp_path)) as intake:
        assert ["activities.csv"] == [entry.name for entry in intake.tables]


def test_files_that_a_mac_leaves_are_ignored(tmp_path: Path) -> None:
    """Resource forks are named like recordings and are none."""
    fill(tmp_path, {"._1.gpx": b"x", "__MACOSX/._2.fit": b"x", "1.gpx": GPX})

    with open_intake(str(tmp_path)) as intake:
        assert ["1.gpx"] == [entry.name for entry in intake.recordings]


def test_s3_is_like_a_folder(s3_endpoint: str) -> None:
    """A prefix with an export, a zip of it and a single object are recognised alike."""
    bucket = boto3.resource("s3", endpoint_url=s3_endpoint).Bucket("runs")
    for name, content in EXPORT.items():
        bucket.put_object(Key=f"ada/export/{name}", Body=content)
    bucket.put_object(Key="ada/export.zip", Body=zipped(EXPORT))
    bucket.put_object(Key="adam/other.gpx", Body=GPX)

    for url in ("s3://runs/ada/export", "s3://runs/ada/export/", "s3://runs/ada/export.zip"):
        with open_intake(url, s3_endpoint) as intake:
            assert ["activities.csv"] == [entry.name for entry in intake.tables]
            assert 2 == len(intake.recordings)
            assert GPX == intake.recordings[1].read()
    with open_intake("s3://runs/ada", s3_endpoint) as intake:
        assert 4 == len(intake.recordings)
    with open_intake("s3://runs/ada/export/activities/2.gpx", s3_endpoint) as intake:
        assert ["2.gpx"] == [entry.name for entry in intake.recordings]
    with pytest.raises(UnknownSource), open_intake("s3://runs/nobody", s3_endpoint):
        pass


def test_it_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nested archives are gone after the block, and no archive stays open."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    (tmp_path / "a.zip").write_bytes(zipped({"inner.zip": zipped({"b.gpx": GPX})}))

    with open_intake(str(tmp_path / "a.zip")):
        assert [] != list(scratch.iterdir())

    assert [] == list(scratch.iterdir())
    assert {} == archives._open
