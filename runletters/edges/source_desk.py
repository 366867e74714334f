"""One look at one source: what is new there comes into the history, and is said in one row."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from runletters.activities import Problem, Recording, Rights
from runletters.edges import intervals_icu
from runletters.edges.history_files import History
from runletters.edges.intake import Entry
from runletters.edges.loading import load_history, load_rows
from runletters.edges.source_inbox import new_in_inbox
from runletters.edges.source_sql import read_sql
from runletters.edges.store import Store
from runletters.errors import RunlettersError
from runletters.ingest_reports import IngestCounts, Loaded
from runletters.parts import content_hashes, writable_runs
from runletters.settings import Settings
from runletters.sources import Announcement, Inbox, Intervals, Polled, Source, Sql

OVERLAP = timedelta(days=30)
"""Days before the newest known one that are listed again: watches upload late, people correct."""
FILES_AT_A_TIME = 25
MOST_FILES = 500
"""Recordings brought in one look; the rest comes with the next ones."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a look needs: store, history, settings, where secrets are, the time."""

    store: Store
    history: History
    settings: Settings
    secret: Callable[[str], str]  # a reference (env:NAME, block:NAME) to its value
    now: datetime

    def poll(self, source: Source) -> Polled:
        """Look once. What fails comes back as a reason and is kept; nothing else is stopped."""
        try:
            polled = self._look(source)
        except RunlettersError as error:
            polled = _failed(source, str(error.args[0]), error.remedy)
        except Exception as error:  # noqa: BLE001 - an odd answer of one source stops no other
            polled = _failed(source, f"{type(error).__name__}: {error}"[:500], "")
        self.store.keep_poll(polled, now=self.now)
        return polled

    def _look(self, source: Source) -> Polled:
        match source.config:
            case Inbox() as config:
                return self._inbox(source, config)
            case Intervals() as config:
                return self._intervals(source, config)
            case Sql() as config:
                return self._sql(source, config)

    def _inbox(self, source: Source, config: Inbox) -> Polled:
        endpoint = self.settings.s3_endpoint_url
        files, mark = new_in_inbox(config, source.watermark, endpoint=endpoint, now=self.now)
        if not files:
            return _polled(source, IngestCounts(), watermark=mark)
        loaded = load_history(
            config.path,
            source.user_id,
            self.history,
            quarantined=self._quarantined(source.user_id),
            rights=config.rights,
            endpoint=endpoint,
            now=self.now,
        )
        return _polled(source, self._kept(source, loaded), watermark=mark)

    def _sql(self, source: Source, config: Sql) -> Polled:
        is_reference = config.url.startswith(("env:", "block:"))
        url = self.secret(config.url) if is_reference else config.url
        found = read_sql(config, url, source.watermark)
        rows = [(each, None) for each in found.recordings]
        loaded = self._load(source, config.rights, rows, found.problems)
        return _polled(source, self._kept(source, loaded), watermark=found.watermark)

    def _intervals(self, source: Source, config: Intervals) -> Polled:
        account = intervals_icu.IntervalsAccount(
            self.secret(config.key),
            athlete=config.athlete,
            base_url=self.settings.intervals_base_url,
        )
        try:
            return self._account(source, config, account)
        finally:
            account.close()

    def _account(
        self, source: Source, config: Intervals, account: intervals_icu.IntervalsAccount
    ) -> Polled:
        last = source.watermark or config.since
        oldest = date.fromisoformat(last) - (OVERLAP if source.watermark else timedelta(0))
        listing = account.activities(oldest, (self.now + timedelta(days=1)).date())
        new, is_all = self._news(source.user_id, listing.recordings)
        counts = self._kept(source, self._load(source, config.rights, [], listing.problems))
        for some in _pieces(new):
            with tempfile.TemporaryDirectory(prefix="run-letters-") as scratch:
                rows = list(self._with_files(source.user_id, some, account, Path(scratch)))
                counts = _sum(counts, self._kept(source, self._load(source, config.rights, rows)))
        seen = listing.recordings if is_all else new
        days = [each.summary.started_local.date().isoformat() for each in seen]
        return _polled(
            source, counts, watermark=max([*days, last]) if is_all else max(days),
            withheld=listing.stubs,
        )  # fmt: skip

    def _news(self, user_id: str, listed: Sequence[Recording]) -> tuple[list[Recording], bool]:
        """Rows whose content the history does not have, and whether these are all of them."""
        known = content_hashes(self.history.activities(user_id))
        new = [each for each in listed if each.source.content_sha256 not in known]
        return new[:MOST_FILES], len(new) <= MOST_FILES

    def _with_files(
        self,
        user_id: str,
        rows: Sequence[Recording],
        account: intervals_icu.IntervalsAccount,
        scratch: Path,
    ) -> Iterator[tuple[Recording, Entry | None]]:
        """Each row with its recording; what came in before keeps the one it has."""
        known = _natives(self.history.activities(user_id))
        for number, row in enumerate(rows):
            native = row.source.native_id or ""
            content = None if native in known else account.file_of(native)
            if content is None:
                yield row, None
                continue
            path = scratch / str(number)
            path.write_bytes(content)
            yield row, Entry(name=row.source.file, size=len(content), url=str(path))

    def _load(
        self,
        source: Source,
        rights: Rights | None,
        rows: Sequence[tuple[Recording, Entry | None]],
        problems: Sequence[Problem] = (),
    ) -> Loaded:
        return load_rows(
            rows,
            source.user_id,
            self.history,
            quarantined=self._quarantined(source.user_id),
            problems=problems,
            rights=rights,
            now=self.now,
        )

    def _kept(self, source: Source, loaded: Loaded) -> IngestCounts:
        self.store.quarantine(source.user_id, loaded.problems, now=self.now)
        return loaded.counts

    def _quarantined(self, user_id: str) -> frozenset[str]:
        return frozenset(self.store.quarantined_hashes(user_id))

    def announce(self, user_id: str) -> Announcement | None:
        """Runs of the history that are to be told of: new ones, and what was not told yet."""
        activities = self.history.activities(user_id)
        local = pl.col("started_at") + pl.duration(seconds=pl.col("utc_offset_s").fill_null(0))
        days = (
            activities.filter(pl.col("activity_id").is_in(writable_runs(activities)))
            .select("activity_id", local.dt.strftime("%Y-%m-%d"))
            .rows()
        )
        return self.store.announce(user_id, days, now=self.now)


def _natives(activities: pl.DataFrame) -> set[str]:
    sources = activities.select(pl.col("sources").explode(empty_as_null=False)).unnest("sources")
    ours = sources.filter(pl.col("kind") == intervals_icu.KIND)
    return set(ours["native_id"].drop_nulls().to_list())


def _pieces(rows: Sequence[Recording]) -> Iterator[Sequence[Recording]]:
    for start in range(0, len(rows), FILES_AT_A_TIME):
        yield rows[start : start + FILES_AT_A_TIME]


def _sum(one: IngestCounts, other: IngestCounts) -> IngestCounts:
    values = other.model_dump()
    return IngestCounts(**{name: value + values[name] for name, value in one.model_dump().items()})


def _polled(
    source: Source, counts: IngestCounts, *, watermark: str | None, withheld: int = 0
) -> Polled:
    found = counts.loaded + counts.merged + counts.updated + counts.quarantined
    return Polled(
        user_id=source.user_id,
        source=source.name,
        found=found,
        loaded=counts.loaded,
        withheld=withheld,
        quarantined=counts.quarantined,
        watermark=watermark,
        reason=_STUBS.format(count=withheld) if withheld else None,
        remedy=_STUBS_REMEDY if withheld else None,
    )


_STUBS = (
    "{count} activities came to intervals.icu from Strava, whose terms let nobody hand them on: "
    "they are counted, not read, and nothing is written about them."
)
_STUBS_REMEDY = (
    "Connect the watch to intervals.icu directly, or ingest your own export from Strava."
)


def _failed(source: Source, reason: str, remedy: str) -> Polled:
    return Polled(
        user_id=source.user_id,
        source=source.name,
        state="failed",
        reason=" ".join(reason.split()),
        remedy=remedy or None,
    )
