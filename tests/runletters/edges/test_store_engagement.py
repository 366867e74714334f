"""Engagement in the store and in the published file, on SQLite and on Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from servers.histories import SmallHistory

from runletters.activities import ACTIVITY_SCHEMA
from runletters.content import Outcome, Text
from runletters.edges import warehouse
from runletters.edges.store import Store
from runletters.engagement import Engagement
from runletters.errors import StoreError


@pytest.fixture
def store(store_url: str, now: datetime) -> Iterator[Store]:
    """Ana with two letters."""
    with Store.open(store_url) as opened:
        opened.ensure_user("ana", now=now)
        opened.ensure_status("ana", ["a1", "a2"], now=now)
        text = Text(body="A run.", writer="offline", model="offline-1")
        opened.record(
            [
                Outcome(user_id="ana", activity_id=each, kind="letter", fingerprint="f", text=text)
                for each in ("a1", "a2")
            ],
            owner="run",
            now=now,
        )
        yield opened


def test_an_event_told_twice_counts_once(store: Store, now: datetime) -> None:
    """By its id, or by everything in it; what is kept is what was told first."""
    read = Engagement(user_id="ana", item="a1", act="read", at=now)
    rated = Engagement(event_id="e1", user_id="ana", item="a1", act="rated", rating=5, at=now)

    first, again = store.engage([read, rated]), store.engage([read, rated])

    assert (2, 0) == (first, again)
    assert {"read": None, "rated": 5} == dict(
        store.engagement("ana").select("act", "rating").iter_rows()
    )


def test_nobody_elses_events_are_kept_and_a_forgotten_users_go(store: Store, now: datetime) -> None:
    """An unknown user is refused, with all that came beside; forgetting takes events along."""
    mine = Engagement(user_id="ana", item="a1", act="opened", at=now)
    other = mine.model_copy(update={"user_id": "nobody"})

    with pytest.raises(StoreError, match="nobody"):
        store.engage([mine, other])
    assert 0 == store.engagement().height
    store.engage([mine])
    store.forget("ana", now=now)

    assert 0 == store.engagement().height


def test_the_view_counts_texts_and_not_clicks(store: Store, tmp_path: Path, now: datetime) -> None:
    """Read twice is read once; the share is of the texts there are; digests stand beside."""
    told = [
        Engagement(event_id=f"{number}", user_id="ana", kind=kind, item=item, act=act,
                   rating=rating, at=now)
        for number, (kind, item, act, rating) in enumerate([
            ("letter", "a1", "read", None), ("letter", "a1", "read", None),
            ("letter", "a1", "rated", 4), ("letter", "a2", "rated", 1),
            ("digest", "week w", "opened", None),
        ])
    ]  # fmt: skip
    store.engage(told)
    target = tmp_path / "warehouse.duckdb"
    nothing = SmallHistory(pl.DataFrame(schema=ACTIVITY_SCHEMA), pl.DataFrame())

    warehouse.publish(store, nothing, str(target), now=now)

    with duckdb.connect(str(target), read_only=True) as connection:
        rows = connection.execute(
            "SELECT kind, texts, opened, read, rated, rating_avg, read_rate "
            "FROM engagement_per_kind ORDER BY kind"
        ).fetchall()
    assert [("digest", 0, 1, 0, 0, None, None), ("letter", 2, 0, 1, 2, 2.5, 0.5)] == rows
