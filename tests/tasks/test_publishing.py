"""The publishing task: real store, real history, one file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from runletters.activities import STREAM_SCHEMA, Lap, Source, Summary
from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.ingesting import Arrival
from runletters.parts import parts_of
from runletters.settings import Settings
from tasks.publishing import publish_tables


def recorded(now: datetime, distance_m: float) -> Arrival:
    """A run at an even 5:00 per km with a position that must not be published."""
    seconds = int(distance_m * 0.3)
    known = {
        "t_s": [float(t) for t in range(seconds + 1)],
        "distance_m": [t / 0.3 for t in range(seconds + 1)],
        "latitude_deg": [52.5] * (seconds + 1),
        "segment": [0] * (seconds + 1),
    }
    streams = pl.DataFrame(known, schema_overrides={"segment": pl.Int32()}).select(
        pl.col(name) if name in known else pl.lit(None, dtype=kind).alias(name)
        for name, kind in STREAM_SCHEMA.items()
    )
    return Arrival(
        summary=Summary(
            started_at=now, sport="running", distance_m=distance_m, moving_s=float(seconds)
        ),
        sources=(Source(kind="fit", file="a.fit", content_sha256="s"),),
        streams=streams,
        laps=(Lap(lap_index=1, distance_m=distance_m),),
    )


@pytest.fixture
def settings(tmp_path: Path, now: datetime) -> Settings:
    """A home with a metric and an imperial runner, one run each."""
    made = Settings(home=tmp_path, _env_file=None)
    history = History.open(made.history)
    with Store.open(made.store) as store:
        for user, units in (("ana", "metric"), ("bob", "imperial")):
            store.ensure_user(user, now=now)
            store.set_user(user, preferences={"units": units}, now=now)
            history.append(user, parts_of({f"{user}-1": recorded(now, 5_000)}, user, now))
    return made


def test_it_publishes_history_splits_and_store(settings: Settings) -> None:
    """Runs, laps and users are there; splits are kilometres for everybody: one unit, one name."""
    result = publish_tables.fn(settings)

    assert settings.published == result["published"]
    assert (2, 2, 2) == tuple(result["tables"][name] for name in ("activities", "laps", "users"))
    with duckdb.connect(settings.published, read_only=True) as connection:
        counts = connection.execute(
            "SELECT user_id, count(*), round(max(distance_m)) FROM splits GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        paces = connection.execute(
            "SELECT DISTINCT round(pace_s, 1) FROM splits WHERE user_id = 'ana'"
        ).fetchall()
    assert [("ana", 5, 1_000), ("bob", 5, 1_000)] == counts
    assert [(300.0,)] == paces


def test_it_is_tried_again_and_never_cached() -> None:
    """A file that is out of date is no use; a store that is busy may be free in a moment."""
    assert 2 == publish_tables.retries
    assert not publish_tables.persist_result
