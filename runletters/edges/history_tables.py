"""The tables of one user's history at one moment, read on demand."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from runletters.activities import ACTIVITY_SCHEMA
from runletters.edges import objects
from runletters.edges.objects import Place
from runletters.errors import UnknownActivity
from runletters.ingesting import Arrival
from runletters.parts import DEVICE_TOTALS_SCHEMA, LAPS_SCHEMA, STREAMS_SCHEMA, view_of

TABLES = ("streams", "laps", "device_totals")
_PARTS_AT_HAND = 4  # of an object store; consecutive activities lie in the same part


@dataclass(frozen=True, kw_only=True)
class Tables:
    """What one user's history holds.

    Args:
        folder: where the parts are.
        rows: one row per activity, newest first: ACTIVITY_SCHEMA, the names of the parts that
            hold its samples, laps and totals, and its revision.
    """

    folder: Place
    rows: pl.DataFrame
    _at_hand: dict[str, bytes] = field(default_factory=dict[str, bytes], repr=False, compare=False)

    @property
    def activities(self) -> pl.DataFrame:
        """One row per activity, newest first: the columns of ACTIVITY_SCHEMA."""
        return self.rows.select(ACTIVITY_SCHEMA.keys())

    def streams(self, activity_ids: Sequence[str]) -> pl.DataFrame:
        """The samples of these activities, by activity and time."""
        return self._table("streams", STREAMS_SCHEMA, activity_ids, "t_s")

    def laps(self, activity_ids: Sequence[str] | None = None) -> pl.DataFrame:
        """The laps of these activities, or of all, by activity and number."""
        return self._table("laps", LAPS_SCHEMA, activity_ids, "lap_index")

    def device_totals(self, activity_ids: Sequence[str] | None = None) -> pl.DataFrame:
        """The totals of these activities, or of all."""
        return self._table("device_totals", DEVICE_TOTALS_SCHEMA, activity_ids)

    def view(self, activity_id: str) -> Arrival:
        """One activity with all that is kept of it.

        Raises:
            UnknownActivity: it is not in this history.
        """
        row = self.rows.filter(pl.col("activity_id") == activity_id).to_dicts()
        if not row:
            raise UnknownActivity(f"No activity {activity_id!r} in this history.")
        ids = [activity_id]
        return view_of(row[0], self.streams(ids), self.laps(ids), self.device_totals(ids))

    def _table(
        self,
        table: str,
        schema: dict[str, pl.DataType],
        activity_ids: Sequence[str] | None,
        *order: str,
    ) -> pl.DataFrame:
        column = f"{table}_part"
        wanted = self.rows.select("activity_id", column).drop_nulls()
        if activity_ids is not None:
            wanted = wanted.filter(pl.col("activity_id").is_in(list(activity_ids)))
        found = [
            self._scan(self.folder / table / str(name), of["activity_id"], schema)
            for (name,), of in wanted.group_by(column)
        ]
        return pl.concat([pl.DataFrame(schema=schema), *found]).sort(
            "activity_id", *order, maintain_order=True
        )

    def _scan(
        self, part: Place, activity_ids: pl.Series, schema: dict[str, pl.DataType]
    ) -> pl.DataFrame:
        wanted = activity_ids.sort()
        frame = pl.scan_parquet(part if isinstance(part, Path) else self._bytes(part)).filter(
            # The range is what statistics can answer; the list is what was asked.
            pl.col("activity_id").is_between(pl.lit(wanted[0]), pl.lit(wanted[-1])),
            pl.col("activity_id").is_in(wanted.to_list()),
        )
        return frame.select(pl.col(name).cast(kind) for name, kind in schema.items()).collect()

    def _bytes(self, part: Place) -> io.BytesIO:
        name = str(part)
        if name not in self._at_hand:
            while len(self._at_hand) >= _PARTS_AT_HAND:
                del self._at_hand[next(iter(self._at_hand))]
            self._at_hand[name] = objects.read(part)
        return io.BytesIO(self._at_hand[name])
