"""A real Prefect server for the whole session, and a small home with a history in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.parts import DEVICE_TOTALS_SCHEMA, LAPS_SCHEMA, Parts
from runletters.samples.frames import generate_frames
from runletters.settings import Settings
from runletters.users import Tier

Home = Callable[..., Settings]


@pytest.fixture(autouse=True)
def _on_a_real_server(prefect_server: str) -> None:
    """Every flow here runs on a real Prefect server."""
    assert prefect_server


@pytest.fixture(scope="session")
def frames() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Half a year of an invented runner: activities and streams."""
    activities, streams = generate_frames(
        seed=11, years=1, until=date(2026, 11, 22), runs_per_week=2.0, sampling="smart"
    )
    return activities, streams


@pytest.fixture
def home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: tuple[pl.DataFrame, pl.DataFrame]
) -> Home:
    """Makes a home folder with a user and the newest `runs` of a history."""

    def make(user: str = "ada", *, runs: int = 3, tier: Tier = "premium") -> Settings:
        monkeypatch.setenv("RUNLETTERS_HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        settings = Settings()
        activities, streams = frames
        newest = activities.filter(pl.col("is_run")).sort("started_at", descending=True).head(runs)
        ids = newest["activity_id"].to_list()
        parts = Parts(
            activities=newest.with_columns(user_id=pl.lit(user)),
            streams=streams.filter(pl.col("activity_id").is_in(ids)),
            laps=pl.DataFrame(schema=LAPS_SCHEMA),
            device_totals=pl.DataFrame(schema=DEVICE_TOTALS_SCHEMA),
        )
        History.open(settings.history, endpoint=settings.s3_endpoint_url).append(user, parts)
        with Store.open(settings.store) as store:
            store.ensure_user(user, now=datetime.now(UTC))
            store.set_user(user, tier=tier, now=datetime.now(UTC))
        return settings

    return make
