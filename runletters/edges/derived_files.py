"""Figures computed from streams, kept as Parquet beside the history they come from.

    <root>/<user key>/derived/<table>/part-<revision>-<hash>.parquet

Parts never change; of an activity only the rows of its newest part count. The folder may
be removed at any time: everything in it is computed again from the history.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import polars as pl

from runletters.deriving import STAMPS, TABLES, batches, derive, stale
from runletters.edges import objects
from runletters.edges.history_files import History
from runletters.edges.objects import Place
from runletters.metrics.route_masks import RouteMasks
from runletters.training import Training, training_of
from runletters.users import Preferences, User, user_key

STAMPED = "run_metrics"
"""The table whose rows say that an activity is done; it is written last."""


@dataclass(frozen=True)
class Derived:
    """All users' derived figures. Cheap to open; open it where it is needed."""

    root: Place

    @classmethod
    def open(cls, url: str, endpoint: str | None = None) -> Self:
        """The figures below the history in that folder or s3:// prefix."""
        return cls(objects.locate(url, endpoint))

    def read(self, user_id: str, table: str) -> pl.DataFrame:
        """The newest rows of every activity: a table of `deriving.TABLES`."""
        rows = self._newest(user_id, table)
        if table == STAMPED or rows.is_empty():
            return rows
        # An activity that changed may have no rows any more: then its old ones are void.
        valid = self._newest(user_id, STAMPED).select(*STAMPS)
        return rows.join(valid, on=[*STAMPS], how="semi", maintain_order="left")

    def training(self, user: User, activities: pl.DataFrame) -> Training:
        """The runner's training: what is kept of the activities that are in the history."""
        parts = (*self._parts(user.user_id, STAMPED), *self._parts(user.user_id, "best_efforts"))
        known = tuple(activities["activity_id"].to_list())
        chosen = user.preferences.model_dump_json()
        return _training(self, user.user_id, chosen, parts, known)

    def routes(self, user_id: str) -> RouteMasks:
        """The cells of every run whose geometry is known, by activity; they name no place."""
        return _routes(self, user_id, tuple(self._parts(user_id, "routes")))

    def _parts(self, user_id: str, table: str) -> list[str]:
        files = objects.below(self._folder(user_id, table))
        return [file.name for file in files if file.name.startswith("part-")]

    def _newest(self, user_id: str, table: str) -> pl.DataFrame:
        parts = [
            pl.read_parquet(io.BytesIO(objects.read(file.place))).with_columns(
                part=pl.lit(file.name)
            )
            for file in objects.below(self._folder(user_id, table))
            if file.name.startswith("part-")
        ]
        if not parts:
            return pl.DataFrame(schema=STAMPS)
        rows = pl.concat(parts, how="diagonal_relaxed")
        # Names begin with the revision; two processes at once leave one of two equal parts.
        newest = pl.col("part") == pl.col("part").max().over("activity_id")
        return rows.filter(newest).drop("part")

    def refresh(self, user_id: str, history: History) -> int:
        """Compute what is missing or out of date; how many activities that were."""
        activities = history.activities(user_id)
        todo = stale(activities, self._newest(user_id, STAMPED).select(*STAMPS))
        for batch in batches(todo):
            some = activities.filter(pl.col("activity_id").is_in(batch))
            self._append(user_id, derive(some, history.streams(user_id, batch)))
        return len(todo)

    def _append(self, user_id: str, tables: dict[str, pl.DataFrame]) -> None:
        # run_metrics carries the stamp that says "done", so it is written last.
        for table in sorted(TABLES, key=lambda name: name == STAMPED):
            buffer = io.BytesIO()
            tables[table].write_parquet(buffer, compression="zstd")
            content = buffer.getvalue()
            folder = self._folder(user_id, table)
            revision = len(objects.below(folder))
            name = f"part-{revision:08}-{hashlib.sha256(content).hexdigest()[:24]}.parquet"
            objects.write(folder / name, content)

    def forget(self, user_id: str) -> int:
        """Erase what was computed of a user; how many files went. The history stays."""
        return objects.remove_below(self.root / user_key(user_id) / "derived")

    def _folder(self, user_id: str, table: str) -> Place:
        return self.root / user_key(user_id) / "derived" / table


# A backfill asks once per window. Parts never change, so their names say whether anything did.
@lru_cache(maxsize=2)
def _training(
    derived: Derived,
    user_id: str,
    preferences_json: str,
    parts: tuple[str, ...],
    known: tuple[str, ...],
) -> Training:
    del parts
    return training_of(
        derived.read(user_id, STAMPED),
        derived.read(user_id, "best_efforts"),
        Preferences.model_validate_json(preferences_json),
        known=pl.Series(known, dtype=pl.String),
    )


@lru_cache(maxsize=2)
def _routes(derived: Derived, user_id: str, parts: tuple[str, ...]) -> RouteMasks:
    del parts
    rows = derived.read(user_id, "routes")
    if "cells" not in rows.columns:
        return RouteMasks({})
    return RouteMasks(dict(rows.select("activity_id", "cells").iter_rows()))
