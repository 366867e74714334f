"""Reads a history's samples in batches and cuts every run into its splits for publishing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import polars as pl

from runletters.metrics.splits import KILOMETRE_M, MILE_M, splits
from runletters.users import User

_RUNS_AT_A_TIME = 100  # about half a million samples: memory follows the batch


class StreamReader(Protocol):
    """What splits ask of a history."""

    def users(self) -> list[str]:
        """Everybody who has a history."""
        ...

    def activities(self, user_id: str) -> pl.DataFrame:
        """Columns of ACTIVITY_SCHEMA."""
        ...

    def streams(self, user_id: str, activity_ids: Sequence[str]) -> pl.DataFrame:
        """`activity_id` and columns of STREAM_SCHEMA."""
        ...


def read_splits(history: StreamReader, users: Sequence[User]) -> dict[str, pl.DataFrame]:
    """Splits of every run with samples, in the runner's own unit.

    Returns:
        `splits`: `user_id` and the columns of `runletters.metrics.splits`; nothing where
        nobody has samples.
    """
    miles = {user.user_id for user in users if user.preferences.units == "imperial"}
    parts = [
        part
        for user_id in history.users()
        for part in _of_user(history, user_id, MILE_M if user_id in miles else KILOMETRE_M)
    ]
    return {"splits": pl.concat(parts)} if parts else {}


def _of_user(history: StreamReader, user_id: str, unit_m: float) -> Iterator[pl.DataFrame]:
    activities = history.activities(user_id)
    runs = activities.filter(pl.col("is_run") & pl.col("has_streams"))["activity_id"].sort()
    for start in range(0, len(runs), _RUNS_AT_A_TIME):
        streams = history.streams(user_id, runs[start : start + _RUNS_AT_A_TIME].to_list())
        yield splits(streams, unit_m).with_columns(pl.lit(user_id).alias("user_id"))
