"""Brings what a path holds into a history: look, read, decide, write, in bounded pieces.

What is written is visible piece by piece and complete in itself; a load that was stopped
is continued by loading the same path again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Self

import polars as pl

from runletters.activities import Problem, Recording, Rights
from runletters.edges.history_files import History
from runletters.edges.intake import Entry, Intake, open_intake, unread_problem
from runletters.edges.reading import Read, read_all
from runletters.edges.running_page import read_running_page
from runletters.edges.strava_export import read_activities_csv
from runletters.edges.terminal import progress_bar
from runletters.errors import HistoryError
from runletters.ingest_reports import IngestCounts, Loaded
from runletters.ingesting import Arrival, Shelf, Verdict, arrival, arrivals, flagged, joined
from runletters.parts import content_hashes, parts_of, register_of

SAMPLES_PER_PART = 500_000  # some 40 MB in memory
ACTIVITIES_PER_PART = 5_000


def load_history(
    url: str,
    user_id: str,
    history: History,
    *,
    quarantined: frozenset[str] = frozenset(),
    rights: Rights | None = None,
    endpoint: str | None = None,
    now: datetime,
    workers: int | None = None,
) -> Loaded:
    """Load what is new at a path into a user's history. One process at a time per user.

    Args:
        url: a file, folder or zip; a local path or s3://bucket/prefix.
        user_id: whose history.
        history: where it goes.
        quarantined: content that could not be read before and is not tried again.
        rights: what may be done with it, where the person knows better than the source.
        endpoint: address of an S3-compatible server other than AWS.
        now: aware UTC.
        workers: processes that read; one per core if None.

    Raises:
        UnknownSource: there is nothing that can be read.
        UnreadableFile: the path is a damaged zip.
        UnsafeArchive: the path is a zip without bounds.
    """
    began = time.monotonic()
    with open_intake(url, endpoint) as intake:
        loading = _Loading(
            user_id=user_id, history=history, rights=rights, now=now, quarantined=quarantined
        )
        loading.counts.ignored = intake.ignored
        loading.set_aside(intake.problems)
        loading.run(intake, workers)
    return Loaded(
        counts=loading.counts,
        problems=tuple(loading.problems),
        activities=len(loading.shelf.rights),
        seconds=time.monotonic() - began,
    )


def load_rows(
    rows: Sequence[tuple[Recording, Entry | None]],
    user_id: str,
    history: History,
    *,
    quarantined: frozenset[str] = frozenset(),
    problems: Sequence[Problem] = (),
    rights: Rights | None = None,
    now: datetime,
) -> Loaded:
    """Load what a service or a database listed into a user's history, each with its file, if any.

    Args:
        rows: what the source says of each activity, and the recording it keeps of it.
        user_id: whose history.
        history: where it goes.
        quarantined: content that could not be read before and is not tried again.
        problems: rows that could not be read, for the quarantine.
        rights: what may be done with it, where the person knows better than the source.
        now: aware UTC.
    """
    began = time.monotonic()
    loading = _Loading(
        user_id=user_id, history=history, rights=rights, now=now, quarantined=quarantined
    )
    loading.set_aside(problems)
    loading.run_rows([(arrival(row, rights), entry) for row, entry in rows])
    return Loaded(
        counts=loading.counts,
        problems=tuple(loading.problems),
        activities=len(loading.shelf.rights),
        seconds=time.monotonic() - began,
    )


@dataclass(kw_only=True)
class _Loading:
    """One load while it goes on."""

    user_id: str
    history: History
    rights: Rights | None
    now: datetime
    quarantined: frozenset[str]
    counts: IngestCounts = field(default_factory=IngestCounts)
    problems: list[Problem] = field(default_factory=list[Problem])

    def __post_init__(self) -> None:
        self._tables = self.history.now(self.user_id)
        activities = self._tables.activities
        self._before = activities["activity_id"].to_list()
        self._known = set(content_hashes(activities) | self.quarantined)
        self.shelf = Shelf(
            register=register_of(activities),
            fetch=self._fetch,
            rights=dict(activities.select("activity_id", "rights").iter_rows()),
        )

    def _fetch(self, activity_id: str) -> Arrival:
        return self._tables.view(activity_id)

    def run(self, intake: Intake, workers: int | None) -> None:
        """Take in everything: rows without files, pages, then files."""
        linked = self._read_tables(intake)
        for page in intake.pages:
            self._read_page(page)
        # What an export describes comes first, so that its activities carry the export's ids.
        self._read_files(
            linked, sorted(intake.recordings, key=lambda entry: entry.name not in linked), workers
        )

    def run_rows(self, rows: Sequence[tuple[Arrival, Entry | None]]) -> None:
        """Take in rows without files, then those with one."""
        for row, entry in rows:
            if entry is None:
                self._take_in(row)
        linked = {entry.name: row for row, entry in rows if entry is not None}
        self._read_files(linked, [entry for _, entry in rows if entry is not None], workers=1)

    def _read_files(
        self, linked: dict[str, Arrival], entries: Sequence[Entry], workers: int | None
    ) -> None:
        with progress_bar("reading", len(entries)) as advance:
            for read in read_all(entries, frozenset(self._known), workers):
                self._take_in(linked.get(read.entry.name), read)
                self._flush(at=SAMPLES_PER_PART)
                advance()
        self._flush()
        self._count_runs()

    def set_aside(self, problems: Sequence[Problem]) -> None:
        """Remember for the quarantine; counted is what was not there before."""
        self.counts.quarantined += sum(
            problem.content_sha256 not in self.quarantined for problem in problems
        )
        self.problems += problems

    def _read_tables(self, intake: Intake) -> dict[str, Arrival]:
        """Take in the rows that have no file; the others, by the name of their file."""
        linked: dict[str, Arrival] = {}
        for table in intake.tables:
            files = _Files.beside(table, intake.recordings)
            for row, filename in self._rows(table):
                file = files.find(filename)
                if file is not None and file not in linked:
                    linked[file] = row
                else:
                    self._take_in(row if filename is None else flagged(row, "file_missing"))
        return linked

    def _rows(self, table: Entry) -> Iterator[tuple[Arrival, str | None]]:
        try:
            found = read_activities_csv(table.name, table.read())
        except (HistoryError, OSError) as error:
            self.set_aside([unread_problem(table.name, str(table.size), error)])
            return
        self.set_aside(found.problems)
        for row in found.rows:
            yield arrival(row.recording, self.rights), row.filename

    def _read_page(self, page: Entry) -> None:
        try:
            result = read_running_page(page.name, page.read())
        except (HistoryError, OSError) as error:
            self.set_aside([unread_problem(page.name, str(page.size), error)])
            return
        self.set_aside(result.problems)
        for row in arrivals(result, self.rights):
            self._take_in(row)

    def _take_in(self, row: Arrival | None, read: Read | None = None) -> None:
        """One unit: a row of an export, a file, or a row with its file."""
        sha256 = "" if read is None else read.content_sha256
        result = None if read is None or sha256 in self._known else read.result
        if result is not None:
            self.set_aside(result.problems)
        files = [] if result is None else arrivals(result, self.rights)
        if files:
            for each in joined(row, files):
                self._count(self.shelf.take(each))
        elif row is None and result is not None:
            # Read just now and nothing to keep: its problem says why, or it is no activity.
            self.counts.ignored += not result.problems
        elif row is None:
            self._count(self.shelf.restate(sha256, self.rights))
        else:
            self._take_row(row, sha256)
        self._known.add(sha256)
        self._known.update(source.content_sha256 for source in (row.sources if row else ()))

    def _take_row(self, row: Arrival, file_sha256: str) -> None:
        """A row whose file is not there, holds nothing, or came in before."""
        row_sha256 = row.sources[0].content_sha256
        if row_sha256 in self._known:
            self._count(self.shelf.restate(row_sha256, self.rights))
            return
        is_unread = file_sha256 and not self.shelf.register.of_content(file_sha256)
        view = flagged(row, "file_unreadable") if is_unread else row
        self._count(self.shelf.take(view, file_sha256 or None))

    def _count(self, verdict: Verdict) -> None:
        setattr(self.counts, verdict, getattr(self.counts, verdict) + 1)

    def _count_runs(self) -> None:
        is_new = ~pl.col("activity_id").is_in(self._before)
        self.counts.runs = self._tables.rows.filter(is_new & pl.col("is_run")).height

    def _flush(self, at: int = 0) -> None:
        """Write what waits, if it is that much."""
        waiting = self.shelf.waiting
        samples = sum(view.streams.height for view in waiting.values())
        if not waiting or (samples < at and len(waiting) < ACTIVITIES_PER_PART):
            return
        views = self.shelf.emptied()
        self.history.append(self.user_id, parts_of(views, self.user_id, self.now))
        self._tables = self.history.now(self.user_id)


@dataclass(frozen=True)
class _Files:
    """Files below the folder of an activities.csv, by the name its rows use."""

    by_name: dict[str, str]

    @classmethod
    def beside(cls, table: Entry, recordings: Sequence[Entry]) -> Self:
        folder = table.name.removesuffix(PurePosixPath(table.name).name)
        return cls(
            {
                entry.name.removeprefix(folder).lower(): entry.name
                for entry in recordings
                if entry.name.startswith(folder)
            }
        )

    def find(self, filename: str | None) -> str | None:
        """The entry of that name; an export unpacked on a Mac may have lost its `.gz`."""
        plain = (filename or "").replace("\\", "/").lower()
        return self.by_name.get(plain) or self.by_name.get(plain.removesuffix(".gz"))
