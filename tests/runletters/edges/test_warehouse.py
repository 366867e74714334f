"""The published file: what is in it, what never is, and that it never breaks a reader."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from servers.histories import SmallHistory, activity

from runletters.activities import ACTIVITY_SCHEMA, Problem
from runletters.content import Outcome, Text
from runletters.edges import warehouse
from runletters.edges.store import Store
from runletters.edges.warehouse_figures import FIGURES
from runletters.errors import SettingsError, StoreError
from runletters.ledger import Attempt
from runletters.metrics.row import RUN_METRICS_SCHEMA

ROOT = Path(__file__).resolve().parents[3]
GENERATING = (
    "SELECT * FROM generation_status "
    "WHERE letter_status = 'generating' OR coaching_status = 'generating'"
)
FAILED = GENERATING.replace("generating'", "failed'")


@pytest.fixture
def history(now: datetime) -> SmallHistory:
    """Three runs and a ride, one of them on New Year's Eve in UTC only."""
    eve = datetime.fromisoformat("2025-12-31T23:30:00+00:00")
    rows = [
        activity("a1", eve),
        activity("a2", now - timedelta(days=1)),
        activity("a3", now),
        activity("a4", now, sport="cycling", is_run=False, distance_m=40_000.0),
    ]
    laps = pl.DataFrame(
        {"activity_id": ["a1"], "lap_index": [1], "distance_m": [1_000.0], "latitude_deg": [52.5]}
    )
    return SmallHistory(pl.DataFrame(rows, schema=ACTIVITY_SCHEMA), laps)


@pytest.fixture
def store(store_url: str, now: datetime) -> Iterator[Store]:
    """A store with a text, a failure, a claim, calls, a flow outcome and a bad file."""
    with Store.open(store_url) as opened:
        opened.ensure_user("ana", now=now)
        opened.set_user(
            "ana", preferences={"email": "canary@example.org", "language": "de"}, now=now
        )
        pairs = [("a1", "letter"), ("a2", "letter"), ("a3", "letter")]
        opened.claim("ana", pairs, owner="run-1", lease_s=600, now=now)
        common = {"user_id": "ana", "kind": "letter", "fingerprint": "f"}
        text = Text(body="Ten km.", writer="claude", model="claude-haiku-4-5", prompt_sha256="p")
        done = Outcome(activity_id="a1", text=text, **common)
        failed = Outcome(activity_id="a2", error_type="WriterRefused", error="refused", **common)
        opened.record([done, failed], owner="run-1", now=now)
        opened.end_attempts(
            [
                call("t1", now - timedelta(days=1), "a2", outcome="failed", cost_nano_usd=None),
                call("t2", now, "a1", cost_nano_usd=1_900_000),
                call("t3", now, "a2", outcome="refused", cost_nano_usd=900_001),
            ]
        )
        opened.record_flow(
            "r1",
            "backfill_history",
            "ana",
            started_at=now,
            ended_at=now,
            summary={"done": 1},
            state="completed",
        )
        bad = Problem(file="x.fit", content_sha256="s", reason_code="empty", reason="r", remedy="m")
        opened.quarantine("ana", [bad], now=now)
        yield opened


def call(attempt_id: str, started_at: datetime, activity_id: str, **other: Any) -> Attempt:
    known = {
        "user_id": "ana",
        "kind": "letter",
        "fingerprint": "f",
        "model": "claude-haiku-4-5",
        "outcome": "succeeded",
        "reply": "canary-reply",
        "input_tokens": 900,
        "output_tokens": 200,
    }
    return Attempt(
        attempt_id=attempt_id, activity_id=activity_id, started_at=started_at, **known | other
    )


@pytest.fixture
def published(store: Store, history: SmallHistory, tmp_path: Path, now: datetime) -> Path:
    """A published file."""
    target = tmp_path / "out" / "warehouse.duckdb"
    warehouse.publish(store, history, str(target), now=now)
    return target


def ask(file: Path, question: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("SET TimeZone = 'Asia/Kolkata'")  # views must not care where one sits
        return connection.execute(question).fetchall()


class TestContents:
    def test_every_table_says_how_many_rows_it_has(
        self, store: Store, history: SmallHistory, tmp_path: Path, now: datetime
    ) -> None:
        """The result names all tables; empty ones are there as well."""
        target = tmp_path / "warehouse.duckdb"

        result = warehouse.publish(store, history, str(target), now=now)

        assert {
            "activities": 4,
            "attempts": 3,
            "content": 1,
            "engagement": 0,
            "findings": 0,
            "flow_outcomes": 1,
            "generation_status": 3,
            "laps": 1,
            "published": 1,
            "quarantine": 1,
            "source_polls": 0,
            "splits": 0,
            "users": 1,
        } == result["tables"]
        assert target.stat().st_size == result["bytes"]
        assert {"store", "warehouse.duckdb"} >= {path.name for path in tmp_path.iterdir()}

    def test_the_two_questions_run_as_they_stand(self, published: Path) -> None:
        """What is being written, and what failed."""
        generating = ask(published, GENERATING)
        failed = ask(published, FAILED)

        assert ["a3"] == [row[1] for row in generating]
        assert ["a2"] == [row[1] for row in failed]

    def test_every_table_and_column_is_explained(
        self, store: Store, history: SmallHistory, tmp_path: Path, now: datetime
    ) -> None:
        """Tables, views and all their columns carry a comment, metrics included."""
        target = tmp_path / "warehouse.duckdb"
        extra = {
            name: pl.DataFrame(schema={"user_id": pl.String(), **schema})
            for name, schema in FIGURES.items()
        }

        warehouse.publish(store, history, str(target), now=now, extra=extra)

        silent = ask(
            target,
            "SELECT table_name, column_name FROM duckdb_columns() "
            "WHERE NOT internal AND coalesce(comment, '') = '' "
            "UNION ALL SELECT table_name, '' FROM duckdb_tables() WHERE coalesce(comment, '') = '' "
            "UNION ALL SELECT view_name, '' FROM duckdb_views() "
            "WHERE NOT internal AND coalesce(comment, '') = ''",
        )
        assert [] == silent

    def test_no_comment_speaks_of_what_is_not_there(self, published: Path) -> None:
        """A comment on a column that does not exist is a mistake in the file."""
        there = set(ask(published, "SELECT table_name, column_name FROM duckdb_columns()"))
        there |= {(table, column) for table, schema in FIGURES.items() for column in schema}
        there |= {("run_metrics", column) for column in RUN_METRICS_SCHEMA}
        comments = warehouse.read_comments()

        said = {
            (table, column)
            for table, columns in comments.items()
            for column in columns
            if table != "columns" and column != "_"
        }
        assert set() == said - there
        assert set() == set(comments["columns"]) - {column for _, column in there}

    def test_what_is_private_stays_out_of_the_file(self, published: Path) -> None:
        """Notes, routes, coordinates, replies and addresses: not one byte of them."""
        assert b"canary" not in published.read_bytes()
        columns = {name for (name,) in ask(published, "SELECT column_name FROM duckdb_columns()")}
        private = {"notes", "private_notes", "route_polyline", "latitude_deg", "reply", "email"}
        assert set() == columns & private
        assert [('{"language":"de"}',)] == ask(published, "SELECT preferences FROM users")

    def test_extra_tables_are_published_without_places(
        self, store: Store, history: SmallHistory, tmp_path: Path, now: datetime
    ) -> None:
        """Splits get their shape; other frames go in as they are, coordinates dropped."""
        target = tmp_path / "warehouse.duckdb"
        splits = pl.DataFrame({"user_id": ["ana"], "activity_id": ["a1"], "index": [1]})
        best = pl.DataFrame({"activity_id": ["a1"], "best_s": [1.5], "start_latitude_deg": [1.0]})

        warehouse.publish(
            store, history, str(target), now=now, extra={"splits": splits, "best_efforts": best}
        )

        assert [("ana", "a1", 1, None)] == ask(
            target, "SELECT user_id, activity_id, split_index, distance_m FROM splits"
        )
        assert [("a1", 1.5)] == ask(target, "SELECT * FROM best_efforts")

    def test_a_table_name_is_a_name(
        self, store: Store, history: SmallHistory, tmp_path: Path, now: datetime
    ) -> None:
        """Nothing that could be SQL gets into a statement, and nothing is left behind."""
        with pytest.raises(StoreError, match="lower-case words"):
            warehouse.publish(
                store,
                history,
                str(tmp_path / "out" / "w.duckdb"),
                now=now,
                extra={'x"; DROP': pl.DataFrame({"a": [1]})},
            )

        assert [] == list((tmp_path / "out").iterdir())


class TestViews:
    def test_each_view_answers(self, published: Path) -> None:
        """Every file of views is a view of the same name that runs."""
        names = list(warehouse.statements("views"))

        rows = {name: len(ask(published, f"SELECT * FROM {name}")) for name in names}

        assert {
            "activities_per_year": 1,
            "cost_per_activity": 2,
            "cost_per_day": 2,
            "cost_per_kind": 1,
            "cost_per_user": 1,
            "engagement_per_kind": 1,
            "failure_reasons": 1,
            "findings_per_prompt": 0,
            "gate_rates": 1,
            "items": 6,
            "pending_work": 5,
            "success_rate": 2,
            "texts_per_prompt": 1,
        } == rows

    @pytest.mark.parametrize("folder", ["tables", "views"])
    def test_each_file_begins_with_its_grain(self, folder: str) -> None:
        """The first line says what one row is."""
        for name, statement in warehouse.statements(folder).items():
            assert statement.startswith("-- One row"), name
            assert 1 == len(duckdb.extract_statements(statement)), name

    def test_money_is_exact_and_says_what_is_missing(self, published: Path) -> None:
        """Nano-dollars per UTC day, with the calls whose price is not known."""
        days = ask(published, "SELECT day, attempts, cost_nano_usd, unpriced FROM cost_per_day")

        assert [(date(2026, 11, 22), 1, 0, 1), (date(2026, 11, 23), 2, 2_800_001, 0)] == days
        assert [("a1", 1_900_000), ("a2", 900_001)] == ask(
            published, "SELECT activity_id, cost_nano_usd FROM cost_per_activity"
        )

    def test_success_is_a_share_of_what_has_finished(self, published: Path) -> None:
        """Pending and generating items are no failures."""
        assert [("coaching", 0, 0, 3, None), ("letter", 1, 1, 0, 0.5)] == ask(
            published,
            "SELECT kind, completed, failed, pending, success_rate FROM success_rate ORDER BY kind",
        )

    def test_a_year_is_the_runners_own(self, published: Path) -> None:
        """Half past eleven in UTC is the next year an hour further east."""
        assert [(2026, 3, 1, 30.0, 1)] == ask(
            published,
            "SELECT year, runs, other_activities, run_distance_km, letters "
            "FROM activities_per_year WHERE user_id = 'ana'",
        )


class TestSwapping:
    def test_a_reader_keeps_its_snapshot(
        self,
        published: Path,
        store: Store,
        history: SmallHistory,
        now: datetime,
    ) -> None:
        """Who has the file open sees the old one; who opens it next sees the new one."""
        reader = duckdb.connect(str(published), read_only=True)
        store.ensure_user("bob", now=now)

        warehouse.publish(store, history, str(published), now=now)

        assert [(1,)] == reader.execute("SELECT count(*) FROM users").fetchall()
        reader.close()
        assert [(2,)] == ask(published, "SELECT count(*) FROM users")

    def test_a_failed_publish_leaves_the_old_file(
        self, published: Path, store: Store, history: SmallHistory, now: datetime
    ) -> None:
        """Half a file is never seen."""
        before = published.read_bytes()

        with pytest.raises(StoreError):
            warehouse.publish(
                store, history, str(published), now=now, extra={"NO": pl.DataFrame({"a": [1]})}
            )

        assert before == published.read_bytes()
        assert [published] == list(published.parent.iterdir())

    def test_what_a_killed_publish_left_is_cleared_later(
        self, store: Store, history: SmallHistory, tmp_path: Path
    ) -> None:
        """A day later; a publish that is at work right now is left alone."""
        left = tmp_path / "out" / ".publishing-left"
        (left / "rows").mkdir(parents=True)
        made = datetime.fromtimestamp(left.stat().st_mtime).astimezone()
        target = tmp_path / "out" / "w.duckdb"

        warehouse.publish(store, history, str(target), now=made + timedelta(hours=1))
        assert left.exists()
        warehouse.publish(store, history, str(target), now=made + timedelta(days=2))
        assert not left.exists()

    def test_s3_gets_one_whole_object(
        self,
        store: Store,
        history: SmallHistory,
        tmp_path: Path,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The same bytes arrive by one PUT on a real S3 server."""
        boto3 = pytest.importorskip("boto3")
        moto = pytest.importorskip("moto.server")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        endpoint = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
        s3 = boto3.client("s3", endpoint_url=endpoint)
        s3.create_bucket(Bucket="letters")

        result = warehouse.publish(
            store, history, "s3://letters/team/w.duckdb", now=now, s3_endpoint_url=endpoint
        )

        copy = tmp_path / "copy.duckdb"
        copy.write_bytes(s3.get_object(Bucket="letters", Key="team/w.duckdb")["Body"].read())
        server.stop()
        assert result["bytes"] == copy.stat().st_size
        assert [(4,)] == ask(copy, "SELECT count(*) FROM activities")

    def test_an_s3_address_needs_a_name(
        self, store: Store, history: SmallHistory, now: datetime
    ) -> None:
        """A bucket alone is no place for a file."""
        with pytest.raises(SettingsError, match=r"expected s3://bucket/path/name.duckdb"):
            warehouse.publish(store, history, "s3://letters", now=now)


READ = """
import json, sys, time
import duckdb
counts = []
until = time.monotonic() + 60
while time.monotonic() < until and len(set(counts)) < 4:
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        for question in sys.argv[2:]:
            rows = connection.execute(question).fetchall()
        counts.append(connection.execute("SELECT count(*) FROM users").fetchall()[0][0])
print(json.dumps([duckdb.__version__, counts]))
"""


@pytest.fixture(scope="session")
def duckdb_2() -> Path:
    """A folder with DuckDB 2.0.0, beside the installed version; skips if it cannot be had."""
    # Of this Python: what another one has left there would not load.
    folder = ROOT / "build" / f"duckdb2-{sys.implementation.cache_tag}"
    if not (folder / "duckdb-2.0.0.dist-info").is_dir():
        installed = subprocess.run(
            [
                *(sys.executable, "-m", "uv", "pip", "install", "--quiet"),
                *("--python", sys.executable, "--target", str(folder), "duckdb==2.0.0"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if installed.returncode:
            pytest.skip(f"DuckDB 2.0.0 cannot be installed: {installed.stderr.strip()[-300:]}")
    return folder


@pytest.mark.parametrize("version", ["1.5.5", "2.0.0"])
def test_readers_of_both_versions_read_while_a_writer_publishes(
    version: str,
    published: Path,
    store: Store,
    history: SmallHistory,
    request: pytest.FixtureRequest,
) -> None:
    """The reader is another process; each opening sees one whole file, never an older one."""
    if version == "1.5.5" and duckdb.__version__ != version:
        pytest.skip(f"DuckDB {duckdb.__version__} is installed, not {version}")
    path = [str(request.getfixturevalue("duckdb_2"))] if version == "2.0.0" else []
    # pytz, which TIMESTAMPTZ needs in Python, comes with the environment of the test.
    reader = subprocess.Popen(
        [sys.executable, "-c", READ, str(published), GENERATING, FAILED],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": ":".join(path), "TZ": "UTC"},
        text=True,
    )
    now: datetime = request.getfixturevalue("now")
    writes = 0
    while reader.poll() is None:
        writes += 1
        store.ensure_user(f"user-{writes}", now=now)
        warehouse.publish(store, history, str(published), now=now)

    output = reader.communicate(timeout=60)[0]
    found, counts = json.loads(output)
    assert 0 == reader.returncode
    assert version == found
    assert sorted(counts) == counts
    assert 4 == len(set(counts))


def test_a_file_of_duckdb_2_opens_in_the_installed_version(
    duckdb_2: Path, store: Store, tmp_path: Path
) -> None:
    """Whoever publishes with 2.0.0 leaves a file that 1.5 opens."""
    if store.engine.dialect.name != "sqlite":
        pytest.skip("the database does not matter here")
    target = tmp_path / "w.duckdb"
    script = (
        "import sys; from datetime import UTC, datetime; import duckdb\n"
        "from runletters.edges import warehouse; from runletters.edges.store import Store\n"
        "class Nobody:\n"
        "    def users(self): return []\n"
        "now = datetime(2026, 1, 1, tzinfo=UTC)\n"
        "with Store.open(sys.argv[1]) as store:\n"
        "    warehouse.publish(store, Nobody(), sys.argv[2], now=now)\n"
        "print(duckdb.__version__)\n"
    )
    made = subprocess.run(
        [sys.executable, "-c", script, store.engine.url.render_as_string(), str(target)],
        env={"PYTHONPATH": f"{duckdb_2}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "2.0.0" == made.stdout.strip()
    assert ["a3"] == [row[1] for row in ask(target, GENERATING)]


def test_the_file_needs_no_extension(published: Path) -> None:
    """It opens with installing and loading of extensions forbidden."""
    options = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    with duckdb.connect(str(published), read_only=True, config=options) as connection:
        for name in warehouse.statements("views"):
            connection.execute(f"SELECT * FROM {name}").fetchall()
