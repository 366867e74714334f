"""The history as Parquet: immutable parts in a folder or below an s3:// prefix.

    <root>/<user key>/activities/part-<hash>.parquet      later row per activity_id wins
    <root>/<user key>/streams|laps|device_totals/part-<hash>.parquet

A part is named by its content and never changes. The activities part of an append is
written last and names the other parts of the same append: what an interrupted append
left behind is named by nobody and read by nobody. Samples of a part are sorted by
activity, so those of one activity are found without reading the others.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import polars as pl

from runletters.activities import ACTIVITY_SCHEMA
from runletters.edges import objects
from runletters.edges.objects import Place
from runletters.ingesting import Arrival
from runletters.parts import (
    DEVICE_TOTALS_SCHEMA,
    LAPS_SCHEMA,
    STREAMS_SCHEMA,
    Parts,
    view_of,
)
from runletters.users import user_key

_ROWS_PER_GROUP = 32_768  # some ten activities; statistics let a reader skip the other groups
_TABLES = ("streams", "laps", "device_totals")
_STORED: dict[str, pl.DataType] = (
    ACTIVITY_SCHEMA
    | {f"{table}_part": pl.String() for table in _TABLES}
    | {"revision": pl.Int64()}  # tells apart what one ingest wrote twice at one moment
)


@dataclass(frozen=True)
class History:
    """All users' activities. Cheap to open; open it where it is needed."""

    root: Place
    _parts: dict[str, pl.DataFrame] = field(
        default_factory=dict[str, pl.DataFrame], repr=False, compare=False
    )

    @classmethod
    def open(cls, url: str, endpoint: str | None = None) -> Self:
        """The history in that folder or below that s3:// prefix; it may not exist yet."""
        return cls(objects.locate(url, endpoint))

    def users(self) -> list[str]:
        """Everybody who has a history, by id."""
        parts: dict[str, Place] = {}
        for file in objects.below(self.root):
            key, _, rest = file.name.partition("/")
            if rest.startswith("activities/") and _is_part(rest):
                parts.setdefault(key, file.place)
        owners = (self._read(part)["user_id"].head(1).to_list() for part in parts.values())
        return sorted(owner for found in owners for owner in found)

    def activities(self, user_id: str) -> pl.DataFrame:
        """One row per activity, newest first: the columns of ACTIVITY_SCHEMA."""
        return self._rows(user_id).select(ACTIVITY_SCHEMA.keys())

    def streams(self, user_id: str, activity_ids: Sequence[str]) -> pl.DataFrame:
        """The samples of these activities: `activity_id` and STREAM_SCHEMA, in order of both."""
        return self._table(user_id, "streams", STREAMS_SCHEMA, activity_ids, "t_s")

    def laps(self, user_id: str, activity_ids: Sequence[str] | None = None) -> pl.DataFrame:
        """Laps as the files say them: `activity_id` and the fields of `Lap`; of all if None."""
        return self._table(user_id, "laps", LAPS_SCHEMA, activity_ids, "lap_index")

    def device_totals(
        self, user_id: str, activity_ids: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """Totals as devices and services wrote them, at most one row per activity."""
        return self._table(user_id, "device_totals", DEVICE_TOTALS_SCHEMA, activity_ids)

    def view(self, user_id: str, activity_id: str) -> Arrival:
        """One activity with all that is kept of it."""
        row = self._rows(user_id).row(by_predicate=pl.col("activity_id") == activity_id, named=True)
        ids = [activity_id]
        return view_of(
            row,
            self.streams(user_id, ids),
            self.laps(user_id, ids),
            self.device_totals(user_id, ids),
        )

    def append(self, user_id: str, parts: Parts) -> None:
        """Add activities, or newer states of them; visible all at once or not at all.

        Each activity must come with all its samples, laps and totals: what it had before
        is replaced by what comes.
        """
        if parts.activities.is_empty():
            return
        names = {
            "streams": self._write(user_id, "streams", parts.streams.sort("activity_id", "t_s")),
            "laps": self._write(user_id, "laps", parts.laps.sort("activity_id", "lap_index")),
            "device_totals": self._write(user_id, "device_totals", parts.device_totals),
        }
        before = self._rows(user_id)["revision"].max()
        revision = int(before) + 1 if isinstance(before, int) else 0
        named = parts.activities.with_columns(
            *(_named_in(parts, table, name) for table, name in names.items()),
            pl.lit(revision, pl.Int64()).alias("revision"),
        )
        self._write(user_id, "activities", named)

    def forget(self, user_id: str) -> int:
        """Erase all of a user; how many files went."""
        folder = self.root / user_key(user_id)
        for name in [name for name in self._parts if user_key(user_id) in name]:
            del self._parts[name]
        return objects.remove_below(folder)

    def _folder(self, user_id: str, table: str) -> Place:
        return self.root / user_key(user_id) / table

    def _rows(self, user_id: str) -> pl.DataFrame:
        files = objects.below(self._folder(user_id, "activities"))
        parts = [self._read(file.place) for file in files if _is_part(file.name)]
        rows = pl.concat([pl.DataFrame(schema=_STORED), *(_shaped(part) for part in parts)])
        newest = rows.sort("ingested_at", "revision").unique("activity_id", keep="last")
        return newest.sort("started_at", "activity_id", descending=True)

    def _read(self, place: Place) -> pl.DataFrame:
        # A part never changes, so what was read once needs no second look.
        if str(place) not in self._parts:
            self._parts[str(place)] = pl.read_parquet(io.BytesIO(objects.read(place)))
        return self._parts[str(place)]

    def _table(
        self,
        user_id: str,
        table: str,
        schema: dict[str, pl.DataType],
        activity_ids: Sequence[str] | None,
        *order: str,
    ) -> pl.DataFrame:
        column = f"{table}_part"
        rows = self._rows(user_id).select("activity_id", column).drop_nulls()
        if activity_ids is not None:
            rows = rows.filter(pl.col("activity_id").is_in(list(activity_ids)))
        folder = self._folder(user_id, table)
        found = [
            _scan(folder / str(name), of["activity_id"].to_list(), schema)
            for (name,), of in rows.group_by(column)
        ]
        return pl.concat([pl.DataFrame(schema=schema), *found]).sort(
            "activity_id", *order, maintain_order=True
        )

    def _write(self, user_id: str, table: str, frame: pl.DataFrame) -> str | None:
        if frame.is_empty():
            return None
        buffer = io.BytesIO()
        frame.write_parquet(
            buffer, compression="zstd", row_group_size=_ROWS_PER_GROUP, statistics=True
        )
        content = buffer.getvalue()
        name = f"part-{hashlib.sha256(content).hexdigest()[:32]}.parquet"
        objects.write(self._folder(user_id, table) / name, content)
        return name


def _is_part(name: str) -> bool:
    return name.rpartition("/")[2].startswith("part-") and name.endswith(".parquet")


def _named_in(parts: Parts, table: str, name: str | None) -> pl.Expr:
    frame: pl.DataFrame = getattr(parts, table)
    has_rows = pl.col("activity_id").is_in(frame["activity_id"].unique().to_list())
    return pl.when(has_rows).then(pl.lit(name, pl.String())).alias(f"{table}_part")


def _shaped(part: pl.DataFrame) -> pl.DataFrame:
    """A part of any age in today's columns: a column it does not have is null."""
    return part.select(
        (pl.col(name) if name in part.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in _STORED.items()
    )


def _scan(part: Place, activity_ids: list[str], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    source = part if isinstance(part, Path) else io.BytesIO(objects.read(part))
    first, last = min(activity_ids), max(activity_ids)
    wanted = pl.scan_parquet(source).filter(
        # The range is what statistics can answer; the list is what was asked.
        pl.col("activity_id").is_between(pl.lit(first), pl.lit(last)),
        pl.col("activity_id").is_in(activity_ids),
    )
    return wanted.select(pl.col(name).cast(kind) for name, kind in schema.items()).collect()
