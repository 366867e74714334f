"""Writes invented histories to disk, in the shapes real ones come in.

`python -m runletters.edges.sample_files --out export.zip --years 3 --seed 7`
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import sys
import zipfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

from runletters.samples.exports import STRAVA_HEADER, running_page_rows, strava_row
from runletters.samples.fit_file import fit_file
from runletters.samples.history import SampleActivity, generate_history
from runletters.samples.xml_files import gpx_file, tcx_file

_ZIP_DATE = (2020, 1, 1, 0, 0, 0)  # archives of the same history are the same bytes
_OWN_NUMBERS_ABOVE = 1_230_007  # a file's number is not its activity's id


class _Put(Protocol):
    def __call__(self, name: str, content: bytes) -> object: ...


def write_strava_export(target: Path, history: Iterable[SampleActivity]) -> int:
    """Write a Strava bulk export: activities.csv and the activities' files.

    Args:
        target: A folder, or a file that ends in .zip; made if need be, files replaced.
        history: Activities; taken one at a time, none is kept.

    Returns:
        Activities written, manual ones included.
    """
    with _into(target) as put:
        rows = [strava_row(a, _write_activity(put, a)) for a in history]
        put("activities.csv", _csv_bytes([list(STRAVA_HEADER), *rows]))
    return len(rows)


def write_running_page_json(target: Path, history: Iterable[SampleActivity]) -> int:
    """Write running_page's activities.json; returns the number of activities in it."""
    rows = running_page_rows(history)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return len(rows)


def file_bytes(activity: SampleActivity) -> bytes:
    """The activity's own file, not compressed; empty for an entry typed in by hand."""
    match activity.file_format:
        case "fit":
            return fit_file(activity)
        case "gpx":
            return gpx_file(activity).encode()
        case "tcx":
            return tcx_file(activity).encode()
        case None:
            return b""


def _write_activity(put: _Put, activity: SampleActivity) -> str:
    """Write the file and return the name activities.csv gives it; some GPX stay plain."""
    if activity.file_format is None:
        return ""
    number = int(activity.native_id) + _OWN_NUMBERS_ABOVE
    name, content = f"activities/{number}.{activity.file_format}", file_bytes(activity)
    if activity.file_format == "tcx":
        content = b" " * 10 + content  # as Strava hands TCX back
    if activity.file_format == "gpx" and number % 3 == 0:
        put(name, content)
        return name
    put(f"{name}.gz", gzip.compress(content, compresslevel=5, mtime=0))
    return f"{name}.gz"


def _csv_bytes(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


@contextmanager
def _into(target: Path) -> Generator[_Put]:
    if target.suffix.lower() != ".zip":
        yield _FolderPut(target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        yield _ZipPut(archive)


class _FolderPut:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str, content: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class _ZipPut:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def __call__(self, name: str, content: bytes) -> None:
        info = zipfile.ZipInfo(name, _ZIP_DATE)
        packed = name.endswith(".gz")
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        self._archive.writestr(info, content)


def main(arguments: list[str] | None = None) -> None:
    """The command: says what it wrote and where."""
    parser = argparse.ArgumentParser(description="Write an invented running history.")
    parser.add_argument("--out", type=Path, required=True, help="folder, .zip, or .json")
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--runs-per-week", type=float, default=2.9)
    parser.add_argument("--until", type=date.fromisoformat, default=None, help="default: today")
    options = parser.parse_args(arguments)
    until = options.until or datetime.now(UTC).date()
    history = generate_history(options.seed, options.years, until, options.runs_per_week)
    is_json = options.out.suffix.lower() == ".json"
    write = write_running_page_json if is_json else write_strava_export
    sys.stdout.write(f"{write(options.out, history)} activities written to {options.out}\n")


if __name__ == "__main__":
    main()
