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
from typing import Self

import polars as pl

from runletters.activities import ACTIVITY_SCHEMA
from runletters.edges import objects
from runletters.edges.history_tables import TABLES, Tables
from runletters.edges.objects import Place
from runletters.parts import Parts
from runletters.users import user_key

_ROWS_PER_GROUP = 32_768  # some ten activities; statistics let a reader skip the other groups
_STORED: dict[str, pl.DataType] = (
    ACTIVITY_SCHEMA
    | {f"{table}_part": pl.String() for table in TABLES}
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
        return self.now(user_id).activities

    def streams(self, user_id: str, activity_ids: Sequence[str]) -> pl.DataFrame:
        """The samples of these activities: `activity_id` and STREAM_SCHEMA, in order of both."""
        return self.now(user_id).streams(activity_ids)

    def laps(self, user_id: str, activity_ids: Sequence[str] | None = None) -> pl.DataFrame:
        """Laps as the files say them: `activity_id` and the fields of `Lap`; of all if None."""
        return self.now(user_id).laps(activity_ids)

    def device_totals(
        self, user_id: str, activity_ids: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """Totals as devices and services wrote them, at most one row per activity."""
        return self.now(user_id).device_totals(activity_ids)

    def now(self, user_id: str) -> Tables:
        """The tables of one user as they stand; later appends do not show in them."""
        folder = self.root / user_key(user_id)
        files = objects.below(folder / "activities")
        parts = [self._read(file.place) for file in files if _is_part(file.name)]
        rows = pl.concat([pl.DataFrame(schema=_STORED), *(_shaped(part) for part in parts)])
        newest = rows.sort("ingested_at", "revision").unique("activity_id", keep="last")
        return Tables(folder=folder, rows=newest.sort("started_at", "activity_id", descending=True))

    def append(self, user_id: str, parts: Parts) -> None:
        """Add activities, or newer states of them; visible all at once or not at all.

        Each activity must come with all its samples, laps and totals: what it had before
        is replaced by what comes. One process at a time may append for a user.
        """
        if parts.activities.is_empty():
            return
        before = self.now(user_id).rows["revision"].max()
        named = parts.activities.with_columns(
            *(self._write_table(user_id, parts, table) for table in TABLES),
            pl.lit(int(before) + 1 if isinstance(before, int) else 0, pl.Int64()).alias("revision"),
        )
        self._write(user_id, "activities", named)

    def forget(self, user_id: str) -> int:
        """Erase all of a user; how many files went."""
        folder = self.root / user_key(user_id)
        for name in [name for name in self._parts if name.startswith(str(folder))]:
            del self._parts[name]
        return objects.remove_below(folder)

    def _read(self, place: Place) -> pl.DataFrame:
        # A part never changes, so what was read once needs no second look.
        if str(place) not in self._parts:
            self._parts[str(place)] = pl.read_parquet(io.BytesIO(objects.read(place)))
        return self._parts[str(place)]

    def _write_table(self, user_id: str, parts: Parts, table: str) -> pl.Expr:
        """Write one table's part; the column that names it in the rows of its activities."""
        frame: pl.DataFrame = getattr(parts, table)
        name = self._write(user_id, table, frame.sort("activity_id", maintain_order=True))
        has_rows = pl.col("activity_id").is_in(frame["activity_id"].unique().to_list())
        return pl.when(has_rows).then(pl.lit(name, pl.String())).alias(f"{table}_part")

    def _write(self, user_id: str, table: str, frame: pl.DataFrame) -> str | None:
        if frame.is_empty():
            return None
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd", row_group_size=_ROWS_PER_GROUP)
        content = buffer.getvalue()
        name = f"part-{hashlib.sha256(content).hexdigest()[:32]}.parquet"
        objects.write(self.root / user_key(user_id) / table / name, content)
        return name


def _is_part(name: str) -> bool:
    return name.rpartition("/")[2].startswith("part-") and name.endswith(".parquet")


def _shaped(part: pl.DataFrame) -> pl.DataFrame:
    """A part of any age in today's columns: a column it does not have is null."""
    return part.select(
        (pl.col(name) if name in part.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in _STORED.items()
    )
