"""Home folders with a history in them, for whoever starts flows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache

import polars as pl

from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.parts import DEVICE_TOTALS_SCHEMA, LAPS_SCHEMA, Parts
from runletters.samples.frames import generate_frames
from runletters.settings import Settings
from runletters.users import Tier


@cache
def invented() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Activities and streams of one invented year."""
    return generate_frames(
        seed=11, years=1, until=date(2026, 11, 22), runs_per_week=2.0, sampling="smart"
    )


def move_in(settings: Settings, user: str, *, runs: int = 3, tier: Tier = "premium") -> list[str]:
    """Give `user` the newest `runs` of the invented history; their ids, newest first."""
    activities, streams = invented()
    newest = activities.filter(pl.col("is_run")).sort("started_at", descending=True).head(runs)
    ids = newest["activity_id"].to_list()
    parts = Parts(
        activities=newest.with_columns(user_id=pl.lit(user)),
        streams=streams.filter(pl.col("activity_id").is_in(ids)),
        laps=pl.DataFrame(schema=LAPS_SCHEMA),
        device_totals=pl.DataFrame(schema=DEVICE_TOTALS_SCHEMA),
    )
    History.open(settings.history, endpoint=settings.s3_endpoint_url).append(user, parts)
    now = datetime.now(UTC)
    with Store.open(settings.store) as store:
        store.ensure_user(user, now=now)
        store.set_user(user, tier=tier, now=now)
    return ids
