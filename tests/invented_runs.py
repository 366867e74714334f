"""Invented histories for tests: nobody ran them, and a seed makes them again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from runletters.activities import ACTIVITY_SCHEMA

NO_METRICS = pl.DataFrame(schema={"activity_id": pl.String()})
NO_SPLITS = pl.DataFrame()


def run(
    started_at: datetime, distance_m: float, pace_s_per_km: float, **more: Any
) -> dict[str, Any]:
    """One row of ACTIVITY_SCHEMA; `more` overrides any column."""
    moving_s = distance_m / 1000 * pace_s_per_km
    return {
        "user_id": "ana", "activity_id": started_at.strftime("%Y%m%d%H%M"),
        "started_at": started_at, "utc_offset_s": 0, "sport": "running", "is_run": True,
        "distance_m": distance_m, "elapsed_s": moving_s, "moving_s": moving_s,
        "is_manual": False, "quality": [], "rights": "full", "sources": [],
        "has_streams": False, "ingested_at": started_at, **more,
    }  # fmt: skip


def frame(*runs: dict[str, Any]) -> pl.DataFrame:
    """Runs as the history keeps them."""
    return pl.DataFrame(list(runs), schema=ACTIVITY_SCHEMA)


def history(count: int, seed: int = 7, *, heart_rate: bool = True) -> pl.DataFrame:
    """A believable runner: mostly evenings, mostly 3 to 8 km, some long, some breaks."""
    chance = random.Random(seed)
    day = datetime(2023, 3, 1, tzinfo=UTC)
    rows: list[dict[str, Any]] = []
    for _ in range(count):
        day += timedelta(
            days=chance.choice([1, 1, 1, 1, 2, 2, 3, 4] + [20] * (chance.random() < 0.02))
        )
        started = day + timedelta(minutes=chance.choice([380, 725, 1110, 1130, 1170, 1200]))
        metres = chance.choice([3_000, 4_000, 5_000, 5_000, 6_000, 8_000, 8_000, 12_000, 16_000])
        pace = chance.gauss(330, 14)
        more: dict[str, Any] = {"elevation_gain_m": chance.choice([None, 20.0, 45.0, 130.0])}
        if heart_rate:
            more["heart_rate_avg_bpm"] = round(chance.gauss(150, 6))
        rows.append(run(started, metres + chance.randint(-180, 180), pace, **more))
    return frame(*rows)
