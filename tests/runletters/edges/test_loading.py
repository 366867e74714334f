"""Whole histories coming in: exports, again, from several sources, interrupted, on S3."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest

from runletters.edges import loading
from runletters.edges.history_files import History
from runletters.edges.loading import load_history
from runletters.ingest_reports import Loaded

START = datetime(2026, 5, 1, 6, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
HEADER = [
    "Activity ID", "Activity Date", "Activity Name", "Activity Type", "Elapsed Time", "Distance",
    "Filename", "Elapsed Time", "Distance",
]  # fmt: skip

Load = Callable[..., Loaded]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History.open(str(tmp_path / "history"))


@pytest.fixture
def load(history: History) -> Load:
    """Loads a path into the history of ada; what was quarantined stays known."""
    quarantined: set[str] = set()

    def run(path: Path | str, **options: Any) -> Loaded:
        known = frozenset(quarantined)
        found = load_history(str(path), "ada", history, quarantined=known, now=NOW, **options)
        quarantined.update(problem.content_sha256 for problem in found.problems)
        return found

    return run


def counts(found: Loaded) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: count for name, count in found.counts.model_dump().items() if count}


def gpx(day: int, *, shift_s: int = 0, points: int = 20) -> bytes:
    """A run on the sea near the equator, where nobody lives."""
    start = START + timedelta(days=day, seconds=shift_s)
    rows = "".join(
        f'<trkpt lat="{0.5 + index * 0.0008:.6f}" lon="-30.0"><ele>{index}</ele>'
        f"<time>{start + timedelta(seconds=index * 30):%Y-%m-%dT%H:%M:%SZ}</time></trkpt>"
        for index in range(points)
    )
    return (
        '<?xml version="1.0"?><gpx version="1.1" creator="test" '
        'xmlns="http://www.topografix.com/GPX/1/1"><trk><type>running</type><trkseg>'
        f"{rows}</trkseg></trk></gpx>"
    ).encode()


def row(day: int, **changed: str) -> list[str]:
    """The line of activities.csv for the run of a day."""
    known = {
        "id": str(10_000_000_000 + day),
        "date": f"{START + timedelta(days=day):%d.%m.%Y, %H:%M:%S}",
        "name": f"Run {day}",
        "file": f"activities/{day}.gpx.gz",
    } | changed
    return [
        known["id"], known["date"], known["name"], "Run", "570", "1.69",
        known["file"], "570.0", "1690.0",
    ]  # fmt: skip


def export(
    days: range, *more: list[str], missing: frozenset[int] = frozenset()
) -> dict[str, bytes]:
    """The files of a Strava export with a run on each of these days."""
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *(row(day) for day in days), *more])
    files = {
        f"activities/{day}.gpx.gz": gzip.compress(gpx(day)) for day in days if day not in missing
    }
    return {"activities.csv": out.getvalue().encode(), **files}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def page_row(day: int, run_id: int) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "name": "page",
        "distance": 1690.0,
        "moving_time": "0:09:30",
        "type": "Run",
        "start_date": f"{START + timedelta(days=day):%Y-%m-%d %H:%M:%S}+00:00",
        "start_date_local": f"{START + timedelta(days=day, hours=2):%Y-%m-%d %H:%M:%S}",
    }


def test_an_export_comes_in_once_and_grows(tmp_path: Path, load: Load, history: History) -> None:
    """The same export again loads nothing; with ten more runs it loads ten."""
    first = load(zipped(tmp_path / "1.zip", export(range(12))))
    again = load(zipped(tmp_path / "2.zip", export(range(12))))
    grown = load(zipped(tmp_path / "3.zip", export(range(22))))

    assert {"loaded": 12, "runs": 12} == counts(first)
    assert {"already_known": 12} == counts(again)
    assert {"loaded": 10, "runs": 10, "already_known": 12} == counts(grown)
    newest = history.activities("ada").row(0, named=True)
    assert ("strava-10000000021", "Run 21", "full") == tuple(
        newest[name] for name in ("activity_id", "title", "rights")
    )
    assert ["strava_export", "gpx"] == [source["kind"] for source in newest["sources"]]
    assert 20 == history.streams("ada", ["strava-10000000021"]).height


def test_manual_missing_and_broken(tmp_path: Path, load: Load, history: History) -> None:
    """A manual entry, a row whose file is missing or broken, and a row that cannot be read."""
    files = export(
        range(3),
        row(7, file=""),
        row(8, date="tomorrow"),
        row(9, file="activities/9.fit.gz"),
        missing=frozenset({1}),
    ) | {"activities/9.fit.gz": b"no fit file"}

    found = load(zipped(tmp_path / "1.zip", files))
    again = load(zipped(tmp_path / "1.zip", files))

    assert {"loaded": 5, "runs": 5, "quarantined": 2} == counts(found)
    assert 0 == again.counts.loaded + again.counts.quarantined + again.counts.merged
    assert {"activities.csv row 6", "activities/9.fit.gz"} == {p.file for p in found.problems}
    of = {each["activity_id"]: each for each in history.activities("ada").to_dicts()}
    assert ["file_missing"] == of["strava-10000000001"]["quality"]
    assert ["file_unreadable"] == of["strava-10000000009"]["quality"]
    assert of["strava-10000000007"]["is_manual"]
    assert not of["strava-10000000007"]["has_streams"]


def test_a_file_that_was_missing_comes_later(tmp_path: Path, load: Load, history: History) -> None:
    """The activity keeps its id and gets its streams; the flag goes."""
    load(zipped(tmp_path / "1.zip", export(range(2), missing=frozenset({1}))))
    later = load(zipped(tmp_path / "2.zip", export(range(2))))

    assert {"updated": 1, "already_known": 1} == counts(later)
    newest = history.activities("ada").row(0, named=True)
    assert (True, False) == (newest["has_streams"], "file_missing" in newest["quality"])
    assert 2 == history.activities("ada").height


def test_a_file_that_came_first_alone(tmp_path: Path, load: Load, history: History) -> None:
    """A file loaded by itself keeps its id when the export names it, and gets its title."""
    (tmp_path / "run.gpx").write_bytes(gpx(1))
    load(tmp_path / "run.gpx")
    then = load(zipped(tmp_path / "1.zip", export(range(2))))

    assert {"loaded": 1, "runs": 1, "merged": 1} == counts(then)
    newest = history.activities("ada").row(0, named=True)
    assert newest["activity_id"].startswith("gpx-")
    assert ("Run 1", 2) == (newest["title"], len(newest["sources"]))


def test_one_run_from_four_sources(tmp_path: Path, load: Load, history: History) -> None:
    """Plain, gzipped, from another device 7 s later, and in a page: one activity."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.gpx").write_bytes(gpx(1))
    (folder / "b.gpx.gz").write_bytes(gzip.compress(gpx(1)))
    (folder / "c.gpx").write_bytes(gpx(1, shift_s=7))
    (folder / "activities.json").write_text(json.dumps([page_row(1, 5)]))

    found = load(folder)

    assert {"loaded": 1, "runs": 1, "merged": 2, "already_known": 1} == counts(found)
    (one,) = history.activities("ada").to_dicts()
    assert ("page-5", "full", None) == (one["activity_id"], one["rights"], one["title"])
    assert {"running_page", "gpx"} == {source["kind"] for source in one["sources"]}


def test_rights_given_by_hand(tmp_path: Path, load: Load, history: History) -> None:
    """A page is local_only by default; the person may know better, also later."""
    page = tmp_path / "activities.json"
    page.write_text(json.dumps([page_row(1, 5), page_row(2, 6)]))
    load(page)
    assert {"local_only"} == set(history.activities("ada")["rights"])

    again = load(page, rights="full")

    assert {"updated": 2} == counts(again)
    assert {"full"} == set(history.activities("ada")["rights"])
    assert {"already_known": 2} == counts(load(page, rights="full"))
    assert {"already_known": 2} == counts(load(page))


def test_a_corrected_title_is_an_update(tmp_path: Path, load: Load, history: History) -> None:
    """A row that its source changed updates its activity and makes no second one."""
    page = tmp_path / "activities.json"
    page.write_text(json.dumps([page_row(1, 5)]))
    load(page)
    page.write_text(json.dumps([page_row(1, 5) | {"name": "renamed"}]))

    assert {"updated": 1} == counts(load(page))
    assert ["renamed"] == history.activities("ada")["title"].to_list()


def test_a_load_that_is_killed_is_continued(
    tmp_path: Path, load: Load, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written is whole; the same load again brings the rest and nothing twice."""
    monkeypatch.setattr(loading, "SAMPLES_PER_PART", 40)
    path = zipped(tmp_path / "1.zip", export(range(9)))
    append, written = History.append, []

    def die(self: History, user_id: str, parts: Any) -> None:
        written.append(parts)
        if len(written) == 3:
            self._write_table(user_id, parts, "streams")
            raise KeyboardInterrupt
        append(self, user_id, parts)

    monkeypatch.setattr(History, "append", die)
    with pytest.raises(KeyboardInterrupt):
        load(path)
    half = history.activities("ada")
    monkeypatch.setattr(History, "append", append)
    rest = load(path)

    assert 0 < half.height < 9
    assert half.height * 20 == history.streams("ada", half["activity_id"].to_list()).height
    assert {
        "loaded": 9 - half.height,
        "runs": 9 - half.height,
        "already_known": half.height,
    } == counts(rest)
    assert 180 == history.streams("ada", history.activities("ada")["activity_id"].to_list()).height


def test_the_order_of_paths_does_not_change_the_activities(tmp_path: Path) -> None:
    """Three sources of overlapping runs, in every order: the same runs, the same streams."""
    (tmp_path / "page.json").write_text(json.dumps([page_row(day, day) for day in range(4)]))
    zipped(tmp_path / "strava.zip", export(range(2, 6)))
    zipped(
        tmp_path / "files.zip", {f"{day}.gpx": gpx(day, shift_s=9, points=21) for day in range(5)}
    )
    names = ["page.json", "strava.zip", "files.zip"]

    seen: set[str] = set()
    for turn in ((0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)):
        history = History.open(str(tmp_path / "-".join(map(str, turn))))
        for index in turn:
            load_history(str(tmp_path / names[index]), "ada", history, now=NOW)
        activities = history.activities("ada").select(
            pl.col("started_at").dt.date(),
            pl.col("distance_m").round(3),
            "rights",
            "has_streams",
            pl.col("sources").list.len(),
        )
        seen.add(activities.write_json())

    assert 1 == len(seen)


def test_source_and_history_on_s3(s3_endpoint: str, tmp_path: Path) -> None:
    """An export below a prefix comes into a history below another; twice is once."""
    bucket = boto3.resource("s3", endpoint_url=s3_endpoint).Bucket("runs")
    for name, content in export(range(12)).items():
        bucket.put_object(Key=f"inbox/ada/{name}", Body=content)
    bucket.upload_file(str(zipped(tmp_path / "1.zip", export(range(14)))), "inbox/1.zip")
    history = History.open("s3://runs/history", endpoint=s3_endpoint)

    first, again, grown = (
        load_history(url, "ada", History(history.root), endpoint=s3_endpoint, now=NOW)
        for url in ("s3://runs/inbox/ada", "s3://runs/inbox/ada/", "s3://runs/inbox/1.zip")
    )

    assert {"loaded": 12, "runs": 12} == counts(first)
    assert {"already_known": 12} == counts(again)
    assert {"loaded": 2, "runs": 2, "already_known": 12} == counts(grown)
    assert ["ada"] == history.users()
    assert 20 == history.streams("ada", ["strava-10000000003"]).height


@pytest.mark.shared_data
def test_a_history_of_3716_activities(shared_data: Path, load: Load, history: History) -> None:
    """All of them come in, also those that start at one moment; the second time nothing."""
    path = shared_data / "yihong-run" / "activities.json"

    assert {"loaded": 3716, "runs": 3703} == counts(load(path))
    assert {"already_known": 3716} == counts(load(path))
    activities = history.activities("ada")
    assert (3716, 3703) == (activities.height, activities["is_run"].sum())
    assert 3713 == activities["started_at"].n_unique()


@pytest.mark.shared_data
def test_tracks_belong_to_their_rows(shared_data: Path, load: Load, history: History) -> None:
    """36 GPX of one history find their rows: no activity more, 36 with streams."""
    found = load(shared_data / "yihong-run")

    assert (3716, 36) == (found.counts.loaded, found.counts.merged)
    activities = history.activities("ada")
    assert (3716, 36) == (activities.height, activities["has_streams"].sum())


@pytest.mark.shared_data
def test_recorded_twice_and_recorded_apart(shared_data: Path, load: Load, history: History) -> None:
    """Known twins are one, known neighbours are two; the same bytes come in once."""
    found = load(shared_data / "runpandas")

    days = (
        history.activities("ada")
        .group_by(pl.col("started_at").dt.date())
        .agg(files=pl.col("sources").list.len().sort())
    )
    of = {str(day): files for day, files in days.iter_rows()}
    assert [[2]] * 4 == [of[f"2020-12-{day}"] for day in ("06", "08", "13", "26")]
    assert [1, 1] == of["2020-09-06"]
    assert [1, 1] == of["2020-12-04"]
    assert (1, 0) == (found.counts.already_known, found.counts.quarantined)
    assert 53 == found.counts.loaded + found.counts.merged + found.counts.already_known


@pytest.mark.shared_data
def test_every_file_is_loaded_or_quarantined(
    shared_data: Path, load: Load, history: History
) -> None:
    """178 recordings and two pages: nothing is lost, nothing stops the rest, twice is once."""
    found = load(shared_data)
    files = {
        path.relative_to(shared_data).as_posix(): content_hash(path)
        for path in shared_data.rglob("*")
        if path.suffix in FORMATS
    }
    sources = (
        history.activities("ada")
        .select("activity_id", "sources")
        .explode("sources")
        .unnest("sources")
    )
    loaded = set(sources["content_sha256"])
    refused = {each.content_sha256: each for each in found.problems}

    table = Counter(
        (Path(name).suffix, "loaded" if content in loaded else refused[content].reason_code)
        for name, content in files.items()
    )

    assert table == {
        (".fit", "loaded"): 37, (".fit", "not_an_activity"): 17, (".fit", "no_times"): 2,
        (".gpx", "loaded"): 84, (".gpx", "no_points"): 13, (".gpx", "no_times"): 5,
        (".tcx", "loaded"): 20,
    }  # fmt: skip
    assert set(files) == named_in_tables(shared_data)
    activity_of = dict(zip(sources["content_sha256"], sources["activity_id"], strict=True))
    for twins in SAME_RUN:
        assert 1 == len({activity_of[files[name]] for name in twins}), twins
    fits = Counter(content for name, content in files.items() if name.endswith(".fit"))
    assert 11 == sum(times == 2 for times in fits.values())
    assert all(each.reason and each.remedy for each in found.problems)
    again = load(shared_data)
    assert {"already_known", "ignored"} == set(counts(again))


FORMATS = (".fit", ".gpx", ".tcx")
SAME_RUN = [
    ("runpandas/gpx/strava_export.gpx", "runpandas/tcx/stopped_example.tcx"),
    ("runpandas/gpx/run.gpx", "runpandas/tcx/run.tcx"),
    ("runpandas/tcx/basic.tcx", "runpandas/tcx/malformed.tcx", "python-tcxparser/test.tcx"),
    (
        "runpandas/gpx/nike_run.gpx",
        "runpandas/gpx-session/0c97d8a7-8081-4609-b92c-5932468d7b8e.gpx",
    ),
]
"""One run in several formats or folders."""


def named_in_tables(shared_data: Path) -> set[str]:
    """Files that the tables of other programs' figures speak of; the readers' tests go by them."""
    tables = ("fit_device_totals.csv", "gpx_tcx_inventory.csv")
    texts = [(shared_data / "golden" / "dev" / name).read_text("utf-8") for name in tables]
    return {row["file"] for text in texts for row in csv.DictReader(text.splitlines())}


def content_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
