"""Figures computed from streams, kept as Parquet beside the history they come from.

    <root>/<user key>/derived/<table>/part-<revision>-<hash>.parquet

Parts never change; of an activity only the rows of its newest part count. The folder may
be removed at any time: everything in it is computed again from the history.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Self

import polars as pl

from runletters.deriving import TABLES, batches, derive, stale
from runletters.edges import objects
from runletters.edges.history_files import History
from runletters.edges.objects import Place
from runletters.users import user_key

_STAMPS = {
    "activity_id": pl.String(),
    "ingested_at": pl.Datetime("us", "UTC"),
    "version": pl.Int32(),
}


@dataclass(frozen=True)
class Derived:
    """All users' derived figures. Cheap to open; open it where it is needed."""

    root: Place

    @classmethod
    def open(cls, url: str, endpoint: str | None = None) -> Self:
        """The figures below the history in that folder or s3:// prefix."""
        return cls(objects.locate(url, endpoint))

    def read(self, user_id: str, table: str) -> pl.DataFrame:
        """The newest rows of every activity: `run_metrics`, `splits` or `best_efforts`."""
        parts = [
            pl.read_parquet(io.BytesIO(objects.read(file.place))).with_columns(
                revision=pl.lit(int(file.name.split("-")[1]))
            )
            for file in objects.below(self._folder(user_id, table))
            if file.name.startswith("part-")
        ]
        if not parts:
            return pl.DataFrame(schema=_STAMPS)
        rows = pl.concat(parts, how="diagonal_relaxed")
        newest = pl.col("revision") == pl.col("revision").max().over("activity_id")
        return rows.filter(newest).drop("revision")

    def refresh(self, user_id: str, history: History) -> int:
        """Compute what is missing or out of date; how many activities that were."""
        activities = history.activities(user_id)
        todo = stale(activities, self.read(user_id, "run_metrics").select(*_STAMPS))
        for batch in batches(todo):
            some = activities.filter(pl.col("activity_id").is_in(batch))
            self._append(user_id, derive(some, history.streams(user_id, batch)))
        return len(todo)

    def _append(self, user_id: str, tables: dict[str, pl.DataFrame]) -> None:
        # run_metrics carries the stamp that says "done", so it is written last.
        for table in sorted(TABLES, key=lambda name: name == "run_metrics"):
            buffer = io.BytesIO()
            tables[table].write_parquet(buffer, compression="zstd")
            content = buffer.getvalue()
            folder = self._folder(user_id, table)
            revision = len(objects.below(folder))
            name = f"part-{revision:08}-{hashlib.sha256(content).hexdigest()[:24]}.parquet"
            objects.write(folder / name, content)

    def _folder(self, user_id: str, table: str) -> Place:
        return self.root / user_key(user_id) / "derived" / table
