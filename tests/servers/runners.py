"""Homes with runners whose history is a list of days and distances: figures by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from runletters.activities import ACTIVITY_SCHEMA
from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.parts import DEVICE_TOTALS_SCHEMA, LAPS_SCHEMA, STREAMS_SCHEMA, Parts
from runletters.settings import Settings

SOME_DAY = datetime(2025, 1, 1, tzinfo=UTC)


def a_run(user: str, day: date, km: float, **more: Any) -> dict[str, Any]:
    """A run at 18:00 local time (UTC here) at 6:00 per km, without samples."""
    started_at = datetime.combine(day, time(18), UTC)
    moving_s = km * 360.0
    return dict.fromkeys(ACTIVITY_SCHEMA) | {
        "user_id": user, "activity_id": f"{user}-{day}", "started_at": started_at,
        "utc_offset_s": 0, "sport": "running", "is_run": True, "distance_m": km * 1000.0,
        "elapsed_s": moving_s, "moving_s": moving_s, "elevation_gain_m": 50.0,
        "heart_rate_avg_bpm": 150.0, "is_manual": False, "quality": [], "rights": "full",
        "sources": [], "has_streams": False, "ingested_at": started_at,
    } | more  # fmt: skip


def weeks_of(
    user: str, first_monday: date, kilometres: Sequence[Sequence[float]], **more: Any
) -> list[dict[str, Any]]:
    """One list per week, one number per day from Monday; 0 is a day of rest."""
    return [
        a_run(user, first_monday + timedelta(days=7 * week + day), km, **more)
        for week, days in enumerate(kilometres)
        for day, km in enumerate(days)
        if km
    ]


def frame(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ACTIVITY_SCHEMA)


def move_in(
    settings: Settings, user: str, rows: Sequence[dict[str, Any]], **preferences: Any
) -> None:
    """Give a user this history and these preferences."""
    if rows:
        parts = Parts(
            activities=frame(rows),
            streams=pl.DataFrame(schema=STREAMS_SCHEMA),
            laps=pl.DataFrame(schema=LAPS_SCHEMA),
            device_totals=pl.DataFrame(schema=DEVICE_TOTALS_SCHEMA),
        )
        History.open(settings.history).append(user, parts)
    with Store.open(settings.store) as store:
        store.ensure_user(user, now=SOME_DAY)
        store.set_user(user, preferences=preferences, now=SOME_DAY)


def settings_in(home: Path, smtp_url: str | None = None, **more: Any) -> Settings:
    """Settings of a home of its own; mails go to that server."""
    return Settings(
        home=home,
        smtp_url=smtp_url,
        mail_from="Run Letters <letters@letters.example>",
        base_url="https://letters.example",
        unsubscribe_secret="a long random text",
        **more,
    )
