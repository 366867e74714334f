"""Looks at a path and says what in it can be read, and how.

A path is a file, a folder or a zip, local or on s3://; zips may lie in folders and, one
level deep, in zips. Recognised are Strava bulk exports (`activities.csv` and the files it
names), running_page's `activities.json`, and FIT, GPX and TCX files, plain or gzipped.
Anything else is counted and left alone. Nothing is parsed here: entries are plain values
that any process can read.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from runletters.activities import Problem
from runletters.edges import archives, objects, readers
from runletters.edges.read_common import REMEDIES
from runletters.edges.running_page import is_running_page
from runletters.edges.strava_columns import is_export_header
from runletters.edges.strava_export import CSV_NAME
from runletters.errors import HistoryError, UnknownSource, UnsafeArchive

EntryKind: TypeAlias = Literal["strava_csv", "running_page", "recording"]

_HEAD_BYTES = 8_192
_IGNORED = frozenset({
    "jpg", "jpeg", "png", "gif", "heic", "webp", "mp4", "mov", "avi", "mp3", "m4a", "pdf", "md",
    "rst", "txt", "html", "htm", "css", "js", "svg", "py", "ipynb", "log", "db", "sqlite",
    "parquet", "duckdb", "lock", "toml", "yaml", "yml", "ini", "cfg", "license",
})  # fmt: skip
_RECORDINGS = frozenset({"fit", "gpx", "tcx"})
_EXPECTED = (
    "Expected a Strava export (zip or folder with activities.csv), FIT, GPX or TCX files, "
    "a folder or zip of them, or running_page's activities.json."
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file to be read, as plain values: a path or address, or a member of a local zip."""

    name: str  # inside the folder or archive that was given
    size: int  # bytes, unpacked
    url: str
    endpoint: str | None = None
    member: str | None = None

    def read(self, most: int | None = None) -> bytes:
        """Its bytes, or its first `most`.

        Raises:
            UnreadableFile: a damaged member of an archive.
            OSError: the file cannot be read or is gone.
        """
        if self.member is not None:
            return archives.read_member(Path(self.url), self.member, most)
        return objects.read(objects.locate(self.url, self.endpoint), most)

    @property
    def is_remote(self) -> bool:
        """Whether its bytes are in an object store."""
        return self.url.startswith("s3://")


@dataclass(kw_only=True)
class Intake:
    """What a path holds. Valid inside `open_intake`: nested archives live as long."""

    tables: list[Entry] = field(default_factory=list[Entry])  # Strava's activities.csv
    pages: list[Entry] = field(default_factory=list[Entry])  # running_page's activities.json
    recordings: list[Entry] = field(default_factory=list[Entry])
    problems: list[Problem] = field(default_factory=list[Problem])
    ignored: int = 0


@contextmanager
def open_intake(url: str, endpoint: str | None = None) -> Generator[Intake]:
    """Look at a path; the entries can be read inside the block.

    Args:
        url: a local path or s3://bucket/prefix.
        endpoint: address of an S3-compatible server other than AWS.

    Raises:
        UnknownSource: there is nothing at that path, or nothing that can be read.
        UnreadableFile: the path is a zip that is damaged.
        UnsafeArchive: the path is a zip without bounds.
    """
    with tempfile.TemporaryDirectory(prefix="run-letters-") as scratch, archives.kept_open():
        look = _Look(scratch=Path(scratch), endpoint=endpoint)
        look.at(url)
        intake = look.intake
        if not (intake.tables or intake.pages or intake.recordings or intake.problems):
            raise UnknownSource(
                f"Nothing in {url} can be read: {intake.ignored:,} looked at, none recognised.",
                remedy=_EXPECTED,
            )
        yield intake


@dataclass(kw_only=True)
class _Look:
    """Walks one path."""

    scratch: Path
    endpoint: str | None
    intake: Intake = field(default_factory=Intake)
    _unclear: list[Entry] = field(default_factory=list[Entry])

    def at(self, url: str) -> None:
        place = objects.locate(url, self.endpoint)
        if objects.is_file(place):
            self._only_file(place)
        else:
            files = objects.below(place)
            if not files:
                raise UnknownSource(f"There is nothing at {url}.", remedy=_EXPECTED)
            for file in files:
                self._file(file)
        self._settle_tables()

    def _only_file(self, place: objects.Place) -> None:
        if archives.is_zip(place.name):
            self._archive(self._local(place), shown=place.name, prefix="", depth=0)
        else:
            size = place.stat().st_size
            self._file(objects.Found(place.name, place, size))

    def _file(self, file: objects.Found) -> None:
        if not archives.is_zip(file.name):
            entry = Entry(
                name=file.name, size=file.size, url=str(file.place), endpoint=self.endpoint
            )
            self._sort_in(entry)
            return
        # One bad archive in a folder never stops the others.
        with self._as_problem(file.name, lambda: str(file.size)):
            self._archive(self._local(file.place), file.name, prefix=f"{file.name}/", depth=0)

    def _local(self, place: objects.Place) -> Path:
        return objects.copy_to(
            place, self.scratch / hashlib.sha256(str(place).encode()).hexdigest()
        )

    def _archive(self, path: Path, shown: str, prefix: str, depth: int) -> None:
        found, problems, unwanted = archives.members(path, shown, _is_worth_a_look)
        self.intake.problems += problems
        self.intake.ignored += unwanted
        for member in found:
            name = f"{prefix}{member.name}"
            if not archives.is_zip(member.name):
                self._sort_in(Entry(name=name, size=member.size, url=str(path), member=member.name))
            elif depth > 0:
                self.intake.ignored += 1
            else:
                with self._as_problem(name, lambda size=member.size: str(size)):
                    target = self.scratch / hashlib.sha256(name.encode()).hexdigest()
                    inner = archives.unpack_nested(path, member.name, target)
                    self._archive(inner, name, prefix=f"{name}/", depth=1)

    @contextmanager
    def _as_problem(self, name: str, mark: Callable[[], str]) -> Generator[None]:
        try:
            yield
        except HistoryError as error:
            self.intake.problems.append(unread_problem(name, mark(), error))

    def _sort_in(self, entry: Entry) -> None:
        if not _is_worth_a_look(entry.name):
            self.intake.ignored += 1
            return
        kind = _kind(entry)
        match kind:
            case "recording":
                self.intake.recordings.append(entry)
            case "running_page":
                self.intake.pages.append(entry)
            case "strava_csv":
                self.intake.tables.append(entry)
            case None if PurePosixPath(entry.name).name == CSV_NAME:
                self._unclear.append(entry)
            case None:
                self.intake.ignored += 1

    def _settle_tables(self) -> None:
        """An activities.csv in a language nobody knows is Strava's if its files lie beside it."""
        for entry in self._unclear:
            beside = f"{entry.name.removesuffix(CSV_NAME)}activities/"
            if any(other.name.startswith(beside) for other in self.intake.recordings):
                self.intake.tables.append(entry)
            else:
                self.intake.ignored += 1


def unread_problem(name: str, mark: str, error: HistoryError | OSError) -> Problem:
    """A file that was not read as a whole, for the quarantine; `mark` tells its states apart."""
    is_ours = isinstance(error, HistoryError)
    code = "unsafe_archive" if isinstance(error, UnsafeArchive) else "unreadable"
    return Problem(
        file=name,
        content_sha256=hashlib.sha256(f"{name}:{mark}".encode()).hexdigest(),
        reason_code=code,
        reason=str(error.args[0]) if is_ours else f"It cannot be opened ({type(error).__name__}).",
        remedy=(error.remedy if is_ours else "") or REMEDIES[code],
    )


def _suffix(name: str) -> str:
    return PurePosixPath(name.lower().removesuffix(".gz")).suffix.removeprefix(".")


def _is_worth_a_look(name: str) -> bool:
    base = PurePosixPath(name).name
    is_apple_double = base.startswith("._") or "__MACOSX/" in name
    is_other_csv = _suffix(name) == "csv" and base != CSV_NAME
    return not (is_apple_double or is_other_csv or _suffix(name) in _IGNORED)


def _kind(entry: Entry) -> EntryKind | None:
    """What an entry is, by its name where that is enough, else by its first bytes."""
    if _suffix(entry.name) in _RECORDINGS:
        return "recording"
    try:
        head = entry.read(_HEAD_BYTES)
    except (HistoryError, OSError):
        return None
    if PurePosixPath(entry.name).name == CSV_NAME:
        return "strava_csv" if is_export_header(head) else None
    if _suffix(entry.name) == "json":
        return "running_page" if is_running_page(entry.name, head) else None
    return "recording" if readers.sniff(entry.name, head) else None
