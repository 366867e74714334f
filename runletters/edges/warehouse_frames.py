"""Lays out what is published as Parquet, table by table, in pieces.

What must not be published is dropped here already, before anything touches a disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from runletters.activities import ACTIVITY_SCHEMA
from runletters.edges.store import Store
from runletters.errors import StoreError

_UNPUBLISHED = frozenset({"route_polyline", "private_notes", "notes"})
_ACTIVITIES = {name: kind for name, kind in ACTIVITY_SCHEMA.items() if name not in _UNPUBLISHED}
_LAPS: dict[str, pl.DataType] = {
    "user_id": pl.String(),
    "activity_id": pl.String(),
    "lap_index": pl.Int64(),
    "started_at": pl.Datetime("us", "UTC"),
    "elapsed_s": pl.Float64(),
    "timer_s": pl.Float64(),
    "distance_m": pl.Float64(),
    "heart_rate_avg_bpm": pl.Float64(),
    "heart_rate_max_bpm": pl.Float64(),
    "cadence_avg_rpm": pl.Float64(),
    "elevation_gain_m": pl.Float64(),
    "calories_kcal": pl.Float64(),
    "trigger": pl.String(),
}
_SPLITS: dict[str, pl.DataType] = {
    "user_id": pl.String(),
    "activity_id": pl.String(),
    "index": pl.Int64(),
    "distance_m": pl.Float64(),
    "elapsed_s": pl.Float64(),
    "moving_s": pl.Float64(),
    "pace_s": pl.Float64(),
    "elevation_change_m": pl.Float64(),
    "heart_rate_avg_bpm": pl.Float64(),
}
_TELLS_WHERE = re.compile(r"latitude|longitude|polyline|_lat\b|_lon\b|_lng\b")


class HistoryReader(Protocol):
    """What publishing asks of a history."""

    def users(self) -> list[str]:
        """Everybody who has a history."""
        ...

    def activities(self, user_id: str) -> pl.DataFrame:
        """Columns of ACTIVITY_SCHEMA."""
        ...

    def laps(self, user_id: str) -> pl.DataFrame:
        """`activity_id` and the fields of `activities.Lap`."""
        ...


def write_frames(
    store: Store,
    history: HistoryReader,
    extra: Mapping[str, pl.DataFrame],
    root: Path,
    *,
    now: datetime,
) -> dict[str, Path]:
    """Write each table as Parquet parts into a folder of its own; the folders by table."""
    folders: dict[str, Path] = {}
    for number, (name, frame) in enumerate(_frames(store, history, extra, now)):
        folder = folders.setdefault(name, root / name)
        folder.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(folder / f"{number:08}.parquet")
    return folders


def _frames(
    store: Store, history: HistoryReader, extra: Mapping[str, pl.DataFrame], now: datetime
) -> Iterator[tuple[str, pl.DataFrame]]:
    yield "published", pl.DataFrame({"published_at": [now]})
    yield from store.tables()
    yield "activities", pl.DataFrame(schema=_ACTIVITIES)
    yield "laps", pl.DataFrame(schema=_LAPS)
    for user_id in history.users():
        yield "activities", _shaped(history.activities(user_id), _ACTIVITIES, user_id)
        yield "laps", _shaped(history.laps(user_id), _LAPS, user_id)
    yield "splits", _shaped(extra.get("splits", pl.DataFrame(schema=_SPLITS)), _SPLITS, None)
    for name, frame in extra.items():
        if name != "splits":
            yield _safe_name(name), _without_places(frame)


def _shaped(
    frame: pl.DataFrame, schema: Mapping[str, pl.DataType], user_id: str | None
) -> pl.DataFrame:
    """Exactly these columns; absent ones are null, others are not published."""
    return frame.select(
        pl.col(name).cast(kind)
        if name in frame.columns
        else pl.lit(user_id if name == "user_id" else None, dtype=kind).alias(name)
        for name, kind in schema.items()
    )


def _without_places(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.drop(
        [name for name in frame.columns if _TELLS_WHERE.search(name) or name in _UNPUBLISHED]
    )


def _safe_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise StoreError(
            f"The table name {name!r} cannot be published; expected lower-case words "
            "joined by underscores."
        )
    return name
