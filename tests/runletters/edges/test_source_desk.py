"""Sources of new activities: incremental, safe to repeat, and each fails for itself."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import sqlalchemy as sa
from servers.intervals_icu import Account, activity, intervals_icu, stub
from servers.s3 import BUCKET

from runletters.edges.history_files import History
from runletters.edges.sample_files import write_strava_export
from runletters.edges.source_desk import Desk
from runletters.edges.store import Store
from runletters.errors import SettingsError
from runletters.samples.history import generate_history
from runletters.settings import Settings
from runletters.sources import Polled, Source, read_config, shown

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SECRETS = {"env:ICU_KEY": "right-key", "env:OLD_KEY": "wrong-key"}
GPX = """<gpx version="1.1" creator="watch" xmlns="http://www.topografix.com/GPX/1/1"><trk>
<type>running</type><trkseg>{points}</trkseg></trk></gpx>"""


def gpx(start: datetime, *, minutes: int = 30) -> bytes:
    """A small recording: one point a minute, to the north."""
    points = "".join(
        f'<trkpt lat="{52 + minute * 0.0016:.5f}" lon="13.4">'
        f"<time>{start + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}</time></trkpt>"
        for minute in range(minutes + 1)
    )
    return GPX.format(points=points).encode()


@pytest.fixture
def desk(tmp_path: Path) -> Generator[Desk]:
    settings = Settings(_env_file=None, home=tmp_path / "home")
    with Store.open(settings.store) as store:
        store.ensure_user("ada", now=NOW)
        yield Desk(
            store=store, history=History.open(settings.history), settings=settings,
            secret=SECRETS.__getitem__, now=NOW,
        )  # fmt: skip


@pytest.fixture
def account() -> Generator[Account]:
    with intervals_icu() as made:
        yield made


def at(desk: Desk, account: Account) -> Desk:
    """The same desk, which asks the fake."""
    changed = desk.settings.model_copy(update={"intervals_base_url": account.url})
    return replace(desk, settings=changed)


def add(desk: Desk, kind: str, **values: object) -> None:
    config = read_config({"kind": kind, **values})
    desk.store.set_source(Source(user_id="ada", name=kind, config=config), now=NOW)


def look(desk: Desk) -> list[Polled]:
    return [desk.poll(source) for source in desk.store.sources("ada")]


def old_file(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    before = (NOW - timedelta(hours=1)).timestamp()
    os.utime(path, (before, before))


class TestInbox:
    def test_what_is_new_is_loaded_once(self, desk: Desk, tmp_path: Path) -> None:
        """The second look finds nothing; a file that came later is found alone."""
        folder = tmp_path / "inbox"
        old_file(folder / "monday.gpx", gpx(datetime(2026, 11, 16, 6, tzinfo=UTC)))
        add(desk, "inbox", path=str(folder))

        first, second = look(desk)[0], look(desk)[0]
        old_file(folder / "deep/friday.gpx", gpx(datetime(2026, 11, 20, 6, tzinfo=UTC)))
        third = look(desk)[0]

        assert [(1, 1), (0, 0), (1, 1)] == [(p.found, p.loaded) for p in (first, second, third)]
        assert 2 == desk.history.activities("ada").height

    def test_an_export_may_be_put_there_whole(self, desk: Desk, tmp_path: Path) -> None:
        """Any format that ingest knows: here a Strava export."""
        history = generate_history(seed=5, years=1, until=date(2026, 11, 22), runs_per_week=0.1)
        write_strava_export(tmp_path / "export.zip", history)
        old_file(tmp_path / "inbox/export.zip", (tmp_path / "export.zip").read_bytes())
        add(desk, "inbox", path=str(tmp_path / "inbox"))

        assert look(desk)[0].loaded == desk.history.activities("ada").height > 0

    def test_a_file_that_is_still_being_written_waits(self, desk: Desk, tmp_path: Path) -> None:
        """Half a file would be read as a broken one."""
        path = tmp_path / "inbox/run.gpx"
        old_file(path, gpx(datetime(2026, 11, 16, 6, tzinfo=UTC)))
        os.utime(path, (NOW.timestamp() - 1, NOW.timestamp() - 1))
        add(desk, "inbox", path=str(path.parent))

        now, later = look(desk)[0], look(replace(desk, now=NOW + timedelta(minutes=15)))[0]

        assert ("ok", 0, 1) == (now.state, now.loaded, later.loaded)

    def test_a_bad_file_is_quarantined_and_the_others_come_in(
        self, desk: Desk, tmp_path: Path
    ) -> None:
        """It is counted once, and its reason is in the quarantine."""
        old_file(tmp_path / "inbox/bad.fit", b"not a fit file at all")
        old_file(tmp_path / "inbox/good.gpx", gpx(datetime(2026, 11, 16, 6, tzinfo=UTC)))
        add(desk, "inbox", path=str(tmp_path / "inbox"))

        polled = look(desk)[0]

        assert (1, 1) == (polled.loaded, polled.quarantined)
        assert ["bad.fit"] == desk.store.quarantined("ada")["file"].to_list()


class TestInboxOnS3:
    """The same on a prefix of a real S3 server."""

    @pytest.fixture
    def bucket(self, s3_endpoint: str) -> Any:
        return boto3.resource("s3", endpoint_url=s3_endpoint).Bucket(BUCKET)

    @pytest.fixture
    def there(self, desk: Desk, s3_endpoint: str) -> Desk:
        """The desk, which asks that server; its source is the prefix inbox/ada."""
        add(desk, "inbox", path=f"s3://{BUCKET}/inbox/ada")
        changed = desk.settings.model_copy(update={"s3_endpoint_url": s3_endpoint})
        return replace(desk, settings=changed)

    def test_what_is_new_is_loaded_once(self, there: Desk, bucket: Any) -> None:
        """The second look reads no object; one that came later is found alone; others' never."""
        friday = gpx(datetime(2026, 11, 20, 6, tzinfo=UTC))
        bucket.put_object(Key="inbox/ada/a.gpx", Body=gpx(datetime(2026, 11, 16, 6, tzinfo=UTC)))
        bucket.put_object(Key="inbox/adam/b.gpx", Body=friday)

        first, second = look(there)[0], look(there)[0]
        bucket.put_object(Key="inbox/ada/deep/c.gpx.gz", Body=gzip.compress(friday))
        third, fourth = look(there)[0], look(there)[0]

        looks = [(p.state, p.loaded) for p in (first, second, third, fourth)]
        assert [("ok", 1), ("ok", 0), ("ok", 1), ("ok", 0)] == looks
        assert (1, 0) == (first.found, second.found)
        assert second.watermark == first.watermark != third.watermark == fourth.watermark
        assert 2 == there.history.activities("ada").height

    def test_a_look_that_was_lost_is_repeated_without_harm(self, there: Desk, bucket: Any) -> None:
        """Its process died before the watermark was kept: nothing is loaded a second time."""
        bucket.put_object(Key="inbox/ada/a.gpx", Body=gpx(datetime(2026, 11, 16, 6, tzinfo=UTC)))
        (source,) = there.store.sources("ada")

        again = [there.poll(source), there.poll(source)]  # both from before the first look

        assert [1, 0] == [polled.loaded for polled in again]
        assert 1 == there.history.activities("ada").height

    def test_a_bad_object_is_quarantined_once(self, there: Desk, bucket: Any) -> None:
        """The other comes in."""
        bucket.put_object(Key="inbox/ada/bad.fit", Body=b"not a fit file at all")
        bucket.put_object(Key="inbox/ada/b.gpx", Body=gpx(datetime(2026, 11, 16, 6, tzinfo=UTC)))

        first = look(there)[0]
        bucket.put_object(Key="inbox/ada/c.gpx", Body=gpx(datetime(2026, 11, 20, 6, tzinfo=UTC)))
        second = look(there)[0]

        assert [(1, 1), (1, 0)] == [(p.loaded, p.quarantined) for p in (first, second)]
        assert 1 == there.store.quarantined("ada").height

    def test_a_bucket_that_is_not_there_is_a_reason(self, there: Desk) -> None:
        """It fails for itself, with a reason in the table."""
        add(there, "inbox", path="s3://nowhere/inbox")

        polled = look(there)[0]

        assert "failed" == polled.state
        assert "NoSuchBucket" in (polled.reason or "")


class TestIntervals:
    def test_rows_come_with_their_files_and_stubs_are_only_counted(
        self, desk: Desk, account: Account
    ) -> None:
        """The title is the service's, the samples are the file's; Strava's stubs are explained."""
        day = "2026-11-20"
        account.activities = [activity(1, day), activity(2, "2026-11-21"), stub(3, day)]
        account.files = {"i1": gzip.compress(gpx(datetime(2026, 11, 20, 7, tzinfo=UTC)))}
        add(desk, "intervals", key="env:ICU_KEY", since="2026-01-01")

        polled = look(at(desk, account))[0]

        rows = desk.history.activities("ada").sort("started_at")
        assert ("ok", 2, 1) == (polled.state, polled.loaded, polled.withheld)
        assert "Strava" in (polled.reason or "")
        assert ["Run 1", "Run 2"] == rows["title"].to_list()
        assert [True, False] == rows["has_streams"].to_list()
        assert not any("/activity/3/" in path for path in account.asked)

    def test_it_is_incremental_and_safe_to_repeat(self, desk: Desk, account: Account) -> None:
        """Later looks ask for few days, bring no file twice, and take corrections."""
        account.activities = [activity(1, "2026-11-10")]
        account.files = {"i1": gpx(datetime(2026, 11, 10, 7, tzinfo=UTC))}
        add(desk, "intervals", key="env:ICU_KEY", since="2026-01-01")
        asking = at(desk, account)
        look(asking)
        account.asked.clear()
        again = look(asking)[0]
        asked = list(account.asked)
        account.activities = [activity(1, "2026-11-10", name="Long one"), activity(2, "2026-11-22")]

        corrected = look(asking)[0]

        assert (0, 1, 1) == (again.found, corrected.loaded, corrected.found - corrected.loaded)
        assert ["/api/v1/athlete/0/activities?oldest=2026-10-11&newest=2026-11-24"] == asked
        assert "Long one" in desk.history.activities("ada")["title"].to_list()
        assert "2026-11-22" == desk.store.sources("ada")[0].watermark

    def test_a_service_that_is_busy_is_asked_again(self, desk: Desk, account: Account) -> None:
        """Its limit is ten requests a second."""
        account.activities, account.busy = [activity(1, "2026-11-10")], 1
        add(desk, "intervals", key="env:ICU_KEY")

        assert 1 == look(at(desk, account))[0].loaded

    def test_a_look_that_broke_off_is_continued(self, desk: Desk, account: Account) -> None:
        """The watermark stays; the next look brings everything."""
        account.activities, account.breaks_at = [activity(1, "2026-11-10")], "/file"
        add(desk, "intervals", key="env:ICU_KEY")
        broken = look(at(desk, account))[0]
        account.breaks_at = None

        assert ("failed", 0) == (broken.state, broken.loaded)
        assert "500" in (broken.reason or "")
        assert 1 == look(at(desk, account))[0].loaded

    def test_an_odd_row_is_quarantined(self, desk: Desk, account: Account) -> None:
        """The others are loaded."""
        odd = activity(7, "2026-11-12", distance="far")
        account.activities = [activity(1, "2026-11-10"), odd]
        add(desk, "intervals", key="env:ICU_KEY")

        polled = look(at(desk, account))[0]

        assert (1, 1) == (polled.loaded, polled.quarantined)
        assert "distance" in desk.store.quarantined("ada")["reason"][0]


class TestSql:
    @pytest.fixture
    def app(self, tmp_path: Path) -> Path:
        """An app's own database with two workouts."""
        path = tmp_path / "app.sqlite"
        with sqlite3.connect(path) as connection:
            connection.executescript(
                """CREATE TABLE workouts (nr INTEGER, begin_ts TEXT, sport TEXT, meters REAL,
                elapsed_s REAL, changed TEXT);
                INSERT INTO workouts VALUES
                (1, '2026-11-01T06:00:00Z', 'run', 5000, 1500, '2026-11-01 09:00:00'),
                (2, '2026-11-03T06:00:00+01:00', 'run', 7000, 2200, '2026-11-03 09:00:00');"""
            )
        return path

    def query(self, desk: Desk, app: Path, **changes: str) -> None:
        values: dict[str, object] = {
            "url": f"sqlite:///{app}",
            "query": "SELECT * FROM workouts WHERE changed >= :watermark",
            "watermark": "changed",
            "columns": {"id": "nr", "started_at": "begin_ts", "distance_m": "meters"},
        }
        add(desk, "sql", **(values | changes))

    def insert(self, app: Path, values: str) -> None:
        with sqlite3.connect(app) as connection:
            connection.execute(f"INSERT INTO workouts VALUES {values}")

    def test_columns_are_mapped_and_the_watermark_moves(self, desk: Desk, app: Path) -> None:
        """What is newer than the last look is loaded, nothing twice."""
        self.query(desk, app)
        first, second = look(desk)[0], look(desk)[0]
        self.insert(app, "(3, '2026-11-09T06:00:00Z', 'run', 4000, 1300, '2026-11-09 09:00:00')")

        third = look(desk)[0]

        assert [2, 0, 1] == [polled.loaded for polled in (first, second, third)]
        rows = desk.history.activities("ada").sort("started_at")
        assert [5000.0, 7000.0, 4000.0] == rows["distance_m"].to_list()
        assert '"2026-11-09 09:00:00"' == desk.store.sources("ada")[0].watermark

    def test_a_bad_row_is_quarantined(self, desk: Desk, app: Path) -> None:
        """The others come in."""
        self.insert(app, "(4, 'yesterday', 'run', 4000, 1300, '2026-11-10 09:00:00')")
        self.query(desk, app)

        polled = look(desk)[0]

        assert (2, 1) == (polled.loaded, polled.quarantined)

    def test_the_query_cannot_change_the_app(self, desk: Desk, app: Path) -> None:
        """Whatever it says, the database refuses to write."""
        self.query(
            desk, app,
            query="WITH x AS (SELECT :watermark AS w) DELETE FROM workouts WHERE changed >= "
            "(SELECT w FROM x)",
        )  # fmt: skip

        polled = look(desk)[0]

        assert "failed" == polled.state
        with sqlite3.connect(app) as connection:
            assert (2,) == connection.execute("SELECT count(*) FROM workouts").fetchone()

    def test_a_look_that_was_lost_is_repeated_without_harm(self, desk: Desk, app: Path) -> None:
        """Its process died before the watermark was kept: nothing is loaded a second time."""
        self.query(desk, app)
        (source,) = desk.store.sources("ada")

        again = [desk.poll(source), desk.poll(source)]  # both from before the first look

        assert [2, 0] == [polled.loaded for polled in again]

    def test_a_missing_column_is_named(self, desk: Desk, app: Path) -> None:
        """With the columns that are there, and how to map one."""
        self.query(desk, app, watermark="updated")

        polled = look(desk)[0]

        assert "updated" in (polled.reason or "")
        assert "begin_ts" in (polled.reason or "")


class TestSqlOnPostgres:
    """The same against an app's real Postgres, whose columns have real types."""

    @pytest.fixture
    def app(self, postgres_url: str) -> Generator[sa.Engine]:
        engine = sa.create_engine(postgres_url)
        with engine.begin() as connection:
            connection.exec_driver_sql(
                """CREATE TABLE workouts (nr bigint PRIMARY KEY, athlete int NOT NULL,
                begin_ts timestamptz NOT NULL, sport text, meters numeric(9, 2),
                elapsed_s int, updated_at timestamptz NOT NULL)"""
            )
        yield engine
        engine.dispose()

    @pytest.fixture
    def watched(self, desk: Desk, postgres_url: str) -> Desk:
        """The desk, with the query of the documentation; the address is a secret."""
        add(
            desk, "sql", url="env:APP_DB", watermark="updated_at",
            query="SELECT * FROM workouts WHERE athlete = 7 AND updated_at >= :watermark",
            columns={"id": "nr", "started_at": "begin_ts", "distance_m": "meters"},
        )  # fmt: skip
        return replace(desk, secret={"env:APP_DB": postgres_url}.__getitem__)

    def insert(self, app: sa.Engine, nr: int, *, athlete: int = 7, changed: str) -> None:
        with app.begin() as connection:
            connection.execute(
                sa.text(
                    "INSERT INTO workouts VALUES (:nr, :athlete, :begin, 'run', 5000.50, 1500, "
                    ":changed)"
                ),
                {"nr": nr, "athlete": athlete, "changed": changed,
                 "begin": datetime(2026, 11, nr, 6, tzinfo=UTC)},
            )  # fmt: skip

    def test_the_watermark_moves_with_times_to_the_microsecond(
        self, watched: Desk, app: sa.Engine
    ) -> None:
        """New rows and corrected ones come, others' never, nothing twice."""
        self.insert(app, 1, changed="2026-11-01 09:00:00.123456+01")
        self.insert(app, 2, athlete=8, changed="2026-11-02 09:00:00+01")
        first, second = look(watched)[0], look(watched)[0]
        self.insert(app, 3, changed="2026-11-01 09:00:00.123456+01")  # the same instant, later seen
        third, fourth = look(watched)[0], look(watched)[0]

        assert [1, 0, 1, 0] == [polled.loaded for polled in (first, second, third, fourth)]
        rows = watched.history.activities("ada").sort("started_at")
        assert [5000.5, 5000.5] == rows["distance_m"].to_list()
        assert [1, 3] == [each.day for each in rows["started_at"]]
        mark = json.loads(watched.store.sources("ada")[0].watermark or "")
        assert datetime(2026, 11, 1, 8, 0, 0, 123456, UTC) == datetime.fromisoformat(mark)

    def test_a_watermark_of_numbers(self, watched: Desk, app: sa.Engine) -> None:
        """A serial id, which starts at 0."""
        add(
            watched, "sql", url="env:APP_DB", watermark="nr", start="0",
            query="SELECT * FROM workouts WHERE nr > :watermark",
            columns={"id": "nr", "started_at": "begin_ts", "distance_m": "meters"},
        )  # fmt: skip
        self.insert(app, 1, changed="2026-11-01 09:00:00+01")
        first = look(watched)[0]
        self.insert(app, 2, changed="2026-11-01 08:00:00+01")

        second = look(watched)[0]

        assert [(1, 1), (1, 1)] == [(p.found, p.loaded) for p in (first, second)]
        assert "2" == watched.store.sources("ada")[0].watermark

    def test_the_query_cannot_change_the_app(self, watched: Desk, app: sa.Engine) -> None:
        """Postgres refuses to write in a transaction that only reads, and the reason says so."""
        self.insert(app, 1, changed="2026-11-01 09:00:00+01")
        add(
            watched, "sql", url="env:APP_DB", watermark="updated_at",
            query="WITH gone AS (DELETE FROM workouts WHERE updated_at >= :watermark RETURNING *) "
            "SELECT * FROM gone",
        )  # fmt: skip

        polled = look(watched)[0]

        with app.connect() as connection:
            left = connection.exec_driver_sql("SELECT count(*) FROM workouts").scalar_one()
        assert ("failed", 1) == (polled.state, left)
        assert "read-only" in (polled.reason or "")

    def test_a_database_that_went_away_is_a_reason(self, watched: Desk) -> None:
        """Without the address, which holds a password."""
        address = "postgresql+psycopg://app:geheim@127.0.0.1:1/app"
        there = replace(watched, secret={"env:APP_DB": address}.__getitem__)

        polled = look(there)[0]

        assert "failed" == polled.state
        assert "geheim" not in f"{polled.reason}{polled.remedy}"
        assert polled.reason


def test_one_failing_source_stops_no_other(desk: Desk, account: Account, tmp_path: Path) -> None:
    """Each keeps its reason in a table: a refused key, a missing folder; the third loads."""
    old_file(tmp_path / "inbox/run.gpx", gpx(datetime(2026, 11, 16, 6, tzinfo=UTC)))
    for name, config in {
        "a": {"kind": "intervals", "key": "env:OLD_KEY"},
        "b": {"kind": "inbox", "path": str(tmp_path / "nowhere")},
        "c": {"kind": "inbox", "path": str(tmp_path / "inbox")},
    }.items():
        source = Source(user_id="ada", name=name, config=read_config(config))
        desk.store.set_source(source, now=NOW)

    states = [polled.state for polled in look(at(desk, account))]
    look(at(desk, account))

    kept = {row["source"]: row for row in desk.store.source_polls("ada").to_dicts()}
    assert ["failed", "failed", "ok"] == states
    assert ["a", "b", "c"] == sorted(desk.store.source_polls("ada")["source"].to_list())
    assert "refuses the key" in kept["a"]["reason"]
    assert "nowhere" in kept["b"]["reason"]
    assert kept["a"]["remedy"]
    assert "wrong-key" not in str(kept)


def test_new_runs_are_told_of_until_it_is_done(desk: Desk, tmp_path: Path) -> None:
    """A process that dies before it told leaves the news to the next; told once, it is quiet."""
    old_file(tmp_path / "inbox/a.gpx", gpx(datetime(2026, 11, 16, 6, tzinfo=UTC)))
    add(desk, "inbox", path=str(tmp_path / "inbox"))
    look(desk)
    first = desk.announce("ada")
    old_file(tmp_path / "inbox/b.gpx", gpx(datetime(2026, 11, 20, 6, tzinfo=UTC)))
    look(desk)

    both = desk.announce("ada")
    assert both
    desk.store.announced(both)

    assert first
    assert ("2026-11-16", "2026-11-16", 1) == (first.since, first.until, first.runs)
    assert ("2026-11-16", "2026-11-20", 2) == (both.since, both.until, both.runs)
    assert desk.announce("ada") is None
    assert 2 == desk.store.status("ada").height


def test_forgetting_a_user_forgets_the_sources(desk: Desk, tmp_path: Path) -> None:
    """Sources, looks and news go with the user."""
    add(desk, "inbox", path=str(tmp_path / "nowhere"))
    look(desk)

    desk.store.forget("ada", now=NOW)

    assert [] == desk.store.sources()
    assert 0 == desk.store.source_polls().height


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "intervals", "key": "1l0nlqjq3j1obdhg"}, "env:NAME"),
        ({"kind": "sql", "url": "postgresql://u:secret@h/d", "query": "SELECT :watermark",
          "watermark": "x"}, "password"),
        ({"kind": "sql", "url": "sqlite://", "query": "DELETE FROM x", "watermark": "x"}, "SELECT"),
        ({"kind": "sql", "url": "sqlite://", "query": "SELECT :watermark", "watermark": "x",
          "columns": {"speed": "v"}}, "speed"),
        ({"kind": "strava"}, "inbox"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_refused(values: dict[str, object], words: str) -> None:
    """The message says what is expected, and never repeats a secret."""
    with pytest.raises(SettingsError, match=words) as refused:
        read_config(values)

    assert "secret" not in str(refused.value).replace("the secret itself", "")
    assert "1l0nlqjq3j1obdhg" not in str(refused.value)


@pytest.mark.parametrize(
    ("values", "came_in", "why"),
    [
        ({"found": 3, "loaded": 2, "quarantined": 1}, "2 loaded, 1 quarantined", ""),
        ({"withheld": 1_204, "reason": "Stubs."}, "1,204 withheld", "Stubs."),
        ({"state": "failed", "reason": "No.", "remedy": "Ask."}, "failed", "No. Ask."),
        ({"found": 1}, "nothing new", ""),
    ],
)
def test_a_look_is_told_in_four_columns(values: dict[str, Any], came_in: str, why: str) -> None:
    """The whole row fits the screen of a phone, and names its user for whoever is erased."""
    row = shown(Polled(user_id="ada", source="inbox", **values))

    assert {"user_id": "ada", "source": "inbox", "came in": came_in, "why": why} == row
