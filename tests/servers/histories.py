"""A small history in memory, for tests of what reads histories."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from runletters.activities import ACTIVITY_SCHEMA


class SmallHistory:
    """A history of a few users in memory: what publishing asks of one, and nothing else."""

    def __init__(self, activities: pl.DataFrame, laps: pl.DataFrame) -> None:
        self._activities, self._laps = activities, laps

    @classmethod
    def empty(cls) -> SmallHistory:
        """Nobody's."""
        laps = pl.DataFrame(schema={"user_id": pl.String, "activity_id": pl.String})
        return cls(pl.DataFrame(schema=ACTIVITY_SCHEMA), laps)

    def users(self) -> list[str]:
        return self._activities["user_id"].unique().sort().to_list()

    def activities(self, user_id: str) -> pl.DataFrame:
        return self._activities.filter(pl.col("user_id") == user_id)

    def laps(self, user_id: str) -> pl.DataFrame:
        return self._laps.with_columns(user_id=pl.lit(user_id))


def activity(activity_id: str, started_at: datetime, **other: Any) -> dict[str, Any]:
    """A row of ACTIVITY_SCHEMA: a run of 10 km in 50 minutes, with canaries where it is private."""
    known = {
        "user_id": "ana",
        "activity_id": activity_id,
        "started_at": started_at,
        "utc_offset_s": 3_600,
        "sport": "running",
        "is_run": True,
        "title": "A run",
        "notes": "canary-notes",
        "private_notes": "canary-private",
        "route_polyline": "canary-polyline",
        "distance_m": 10_000.0,
        "moving_s": 3_000.0,
        "quality": [],
        "rights": "full",
        "sources": [
            {"kind": "fit", "file": "x", "content_sha256": "s", "native_id": None},
            {"kind": "tcx", "file": "y", "content_sha256": "t", "native_id": None},
        ],
        "has_streams": True,
        "ingested_at": started_at,
    }
    return dict.fromkeys(ACTIVITY_SCHEMA) | known | other
