"""The history in Parquet, in a folder and on S3."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from runletters.activities import (
    ACTIVITY_SCHEMA,
    STREAM_SCHEMA,
    DeviceTotals,
    Lap,
    Source,
    Summary,
)
from runletters.edges import objects
from runletters.edges.history_files import History
from runletters.errors import UnknownActivity
from runletters.ingesting import Arrival
from runletters.parts import LAPS_SCHEMA, STREAMS_SCHEMA, parts_of
from runletters.users import user_key

START = datetime(2026, 5, 1, 6, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(params=["folder", "s3"])
def history(request: pytest.FixtureRequest, tmp_path: Path) -> History:
    """An empty history, in a folder and below a prefix."""
    if request.param == "folder":
        return History.open(str(tmp_path / "history"))
    return History.open("s3://runs/history", endpoint=request.getfixturevalue("s3_endpoint"))


def reopened(history: History) -> History:
    """The same history, without anything that was kept in memory."""
    return History(history.root)


def run(day: int, *, samples: int = 5, title: str = "A run") -> Arrival:
    """A run of some day, with streams, a lap and totals."""
    streams = pl.DataFrame({"t_s": [float(index) for index in range(samples)]})
    return Arrival(
        summary=Summary(
            started_at=START + timedelta(days=day),
            sport="running",
            title=title,
            distance_m=1_000.0 * day,
            quality=("truncated",),
        ),
        sources=(Source(kind="fit", file=f"{day}.fit", content_sha256=f"hash-{day}"),),
        streams=streams.with_columns(
            pl.lit(float(day) if name != "segment" else 0).cast(kind).alias(name)
            for name, kind in STREAM_SCHEMA.items()
            if name != "t_s"
        ).select(STREAM_SCHEMA.keys()),
        laps=(Lap(lap_index=0, started_at=START, distance_m=1_000.0),),
        device_totals=DeviceTotals(distance_m=1_000.0 * day, lap_count=1),
        rights="local_only",
    )


def add(history: History, views: dict[str, Arrival], *, now: datetime = NOW) -> None:
    history.append("ada", parts_of(views, "ada", now))


def test_what_is_written_is_read(history: History) -> None:
    """Activities newest first, in the agreed columns; streams, laps and totals by activity."""
    add(history, {f"run-{day}": run(day) for day in (1, 3, 2)})

    activities = reopened(history).activities("ada")
    streams = reopened(history).streams("ada", ["run-3", "run-1"])

    assert list(ACTIVITY_SCHEMA.items()) == list(activities.schema.items())
    assert ["run-3", "run-2", "run-1"] == activities["activity_id"].to_list()
    assert list(STREAMS_SCHEMA.items()) == list(streams.schema.items())
    assert ["run-1"] * 5 + ["run-3"] * 5 == streams["activity_id"].to_list()
    assert [0.0, 1.0, 2.0, 3.0, 4.0] * 2 == streams["t_s"].to_list()
    assert 3 == reopened(history).laps("ada").height
    assert [2_000.0] == reopened(history).device_totals("ada", ["run-2"])["distance_m"].to_list()


def test_a_view_is_what_was_put_in(history: History) -> None:
    """Everything that is kept of an activity comes back."""
    before = run(4)
    add(history, {"run-4": before})

    after = reopened(history).now("ada").view("run-4")

    assert before.summary == after.summary
    assert (before.sources, before.laps) == (after.sources, after.laps)
    assert (before.device_totals, before.rights) == (after.device_totals, after.rights)
    assert before.streams.equals(after.streams)


def test_the_later_row_wins_with_its_streams(history: History) -> None:
    """A newer state replaces the older one, also within one moment; nothing is mixed."""
    add(history, {"run-1": run(1), "run-2": run(2)})
    add(history, {"run-1": run(1, samples=9, title="Newer")})
    add(history, {"run-1": run(1, samples=2, title="Newest")})

    later = reopened(history)

    assert 2 == later.activities("ada").height
    assert "Newest" == later.activities("ada").row(1, named=True)["title"]
    assert 2 == later.streams("ada", ["run-1"]).height
    assert 5 == later.streams("ada", ["run-2"]).height


def test_an_older_moment_does_not_win(history: History) -> None:
    """What was ingested later counts, whatever was written last."""
    add(history, {"run-1": run(1, title="Newer")}, now=NOW + timedelta(hours=1))
    add(history, {"run-1": run(1, title="Older")}, now=NOW)

    assert ["Newer"] == reopened(history).activities("ada")["title"].to_list()


def test_an_interrupted_append_shows_nothing(history: History) -> None:
    """Streams without their activities, as a kill leaves them, are read by nobody."""
    add(history, {"run-1": run(1)})
    left = parts_of({"run-1": run(1, samples=9), "run-2": run(2)}, "ada", NOW)
    history._write_table("ada", left, "streams")

    later = reopened(history)

    assert ["run-1"] == later.activities("ada")["activity_id"].to_list()
    assert 5 == later.streams("ada", ["run-1", "run-2"]).height


def test_a_repeated_append_adds_no_activity(history: History) -> None:
    """Written twice, for a retry say, each activity is there once."""
    for _ in range(2):
        add(history, {"run-1": run(1)})

    assert 1 == reopened(history).activities("ada").height
    assert 5 == reopened(history).streams("ada", ["run-1"]).height


def test_nothing_is_there_before_the_first_append(history: History) -> None:
    """An empty history has empty tables of the right shape."""
    assert [] == history.users()
    assert list(ACTIVITY_SCHEMA) == history.activities("ada").columns
    assert list(STREAMS_SCHEMA) == history.streams("ada", ["run-1"]).columns
    assert list(LAPS_SCHEMA) == history.laps("ada").columns
    with pytest.raises(UnknownActivity):
        history.now("ada").view("run-1")


def test_forgetting_one_user_leaves_the_others(history: History) -> None:
    """All files of one user go; the other is untouched."""
    for user in ("ada", "bob"):
        history.append(user, parts_of({"run-1": run(1)}, user, NOW))
    assert ["ada", "bob"] == history.users()

    gone = history.forget("ada")

    assert 4 == gone
    assert 0 == history.forget("ada")
    assert ["bob"] == history.users()
    assert history.activities("ada").is_empty()
    assert 1 == history.activities("bob").height


def test_paths_do_not_tell_who(tmp_path: Path) -> None:
    """A user id that is a path or an address never becomes one."""
    history = History.open(str(tmp_path / "history"))
    user = "../../ada@example.org"
    history.append(user, parts_of({"run-1": run(1)}, user, NOW))

    assert [user] == history.users()
    assert [user_key(user)] == [path.name for path in (tmp_path / "history").iterdir()]


def test_a_part_of_an_older_version_is_read(tmp_path: Path) -> None:
    """A column that did not exist then is null, an unknown one is left out."""
    history = History.open(str(tmp_path / "history"))
    add(history, {"run-1": run(1)})
    (part,) = (tmp_path / "history").rglob("activities/*.parquet")
    old = pl.read_parquet(part).drop("calories_kcal", "revision").with_columns(gone=pl.lit(1))
    old.write_parquet(part)

    row = reopened(history).activities("ada").row(0, named=True)

    assert row["calories_kcal"] is None
    assert set(ACTIVITY_SCHEMA) == set(row)


def test_a_write_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk refuses, there is neither a part nor a piece of one."""
    place = objects.locate(str(tmp_path / "deep" / "part"))

    def refuse(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OSError, match="no space"):
        objects.write(place, b"content")

    assert [] == list((tmp_path / "deep").iterdir())
