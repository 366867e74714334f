"""The store's promises, each kept on SQLite and on Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from runletters.activities import Problem
from runletters.content import KINDS, Kind, Outcome, Text
from runletters.edges import store_schema
from runletters.edges.store import RecordResult, Store
from runletters.edges.store_engine import open_engine
from runletters.edges.store_migrations import MIGRATIONS, Migration, migrate
from runletters.errors import Busy, SettingsError, StoreError
from runletters.users import Preferences, User

PAIRS: list[tuple[str, Kind]] = [(a, kind) for a in ("a1", "a2", "a3") for kind in KINDS]


@pytest.fixture
def store(store_url: str, now: datetime) -> Iterator[Store]:
    """An open store with one user, on either database."""
    with Store.open(store_url) as opened:
        opened.ensure_user("ana", now=now)
        yield opened


def text(activity_id: str, kind: Kind = "letter", body: str = "A run.", **other: object) -> Outcome:
    values = {"fingerprint": "f1", "user_id": "ana"} | other
    return Outcome(
        activity_id=activity_id,
        kind=kind,
        text=Text(body=body, writer="offline", model="offline-1"),
        **values,
    )


def failure(activity_id: str, kind: Kind = "letter", error: str = "529 overloaded") -> Outcome:
    return Outcome(
        user_id="ana",
        activity_id=activity_id,
        kind=kind,
        fingerprint="f1",
        error_type="WriterUnavailable",
        error=error,
    )


def claim(
    store: Store, now: datetime, owner: str = "run-1", **options: bool
) -> list[tuple[str, Kind]]:
    return store.claim("ana", PAIRS, owner=owner, lease_s=60, now=now, **options)


def statuses(store: Store, kind: Kind = "letter") -> dict[str, str]:
    frame = store.status("ana")
    return dict(zip(frame["activity_id"], frame[f"{kind}_status"], strict=True))


class TestOpening:
    def test_migrated_tables_are_the_tables_of_the_schema(self, store: Store) -> None:
        """What the migrations leave is what the code expects, column by column."""
        expected = {
            table.name: {column.name for column in table.columns}
            for table in store_schema.METADATA.sorted_tables
        }

        inspector = sa.inspect(store.engine)
        actual = {
            table: {column["name"] for column in inspector.get_columns(table)}
            for table in inspector.get_table_names()
            if table != "schema_migrations"
        }

        assert expected == actual

    def test_opening_again_runs_nothing(self, store: Store) -> None:
        """A store that is up to date is left alone."""
        assert [] == migrate(store.engine)

    def test_a_later_step_runs_on_a_store_with_rows(self, store: Store) -> None:
        """An old store with rows gets the newer shape and keeps its rows."""
        later = Migration(name="002_later", statements=("ALTER TABLE users ADD COLUMN x {big}",))

        ran = migrate(store.engine, (*MIGRATIONS, later))

        assert ["002_later"] == ran
        assert [User(user_id="ana")] == store.users()

    def test_a_newer_store_is_refused(self, store: Store, store_url: str) -> None:
        """An old program does not write into a store whose rules it does not know."""
        later = Migration(name="999_future", statements=())
        migrate(store.engine, (*MIGRATIONS, later))

        with pytest.raises(StoreError, match=r"999_future.*Upgrade"):
            Store.open(store_url)

    def test_a_failing_step_leaves_nothing_behind(self, store_url: str) -> None:
        """Half a migration does not exist."""
        engine = open_engine(store_url)
        bad = Migration(name="002_bad", statements=("CREATE TABLE half (x {big})", "NOT SQL"))

        with pytest.raises(sa.exc.DBAPIError):
            migrate(engine, (*MIGRATIONS, bad))

        assert [] == sa.inspect(engine).get_table_names()
        engine.dispose()

    @pytest.mark.parametrize("url", ["nonsense", "sqlite://", "mysql://u@h/d"])
    def test_a_url_that_cannot_be_used_says_what_is_expected(self, url: str) -> None:
        """The message names the setting and never a password."""
        with pytest.raises(SettingsError, match=r"expected sqlite:///.*RUNLETTERS_STORE_URL"):
            Store.open(url)

    def test_a_database_that_is_away_is_one_clear_error(self) -> None:
        """Nobody listens there: the address is shown, the password is not."""
        with pytest.raises(StoreError, match="cannot be opened") as caught:
            Store.open("postgresql://me:canary-password@127.0.0.1:1/none")

        assert "canary-password" not in str(caught.value)

    def test_a_file_that_is_no_database_is_one_clear_error(self, tmp_path: Path) -> None:
        """A file of something else is not overwritten."""
        file = tmp_path / "store.sqlite"
        file.write_text("not a database, " * 100)

        with pytest.raises(StoreError, match="not a database"):
            Store.open(f"sqlite:///{file}")

    def test_sqlite_keeps_every_acknowledged_commit(self, tmp_path: Path) -> None:
        """Write-ahead log, full synchronisation, foreign keys: as promised, on each connection."""
        with Store.open(f"sqlite:///{tmp_path / 's.sqlite'}") as store, store._read() as connection:
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
            }

        assert {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "secure_delete": 1,
        } == pragmas


class TestUsers:
    def test_a_user_is_made_once(self, store: Store, now: datetime) -> None:
        """Ensuring again gives the same user, changed or not."""
        store.set_user("ana", tier="premium", now=now)

        again = store.ensure_user("ana", now=now)

        assert "premium" == again.tier
        assert [again] == store.users()

    def test_preferences_are_merged(self, store: Store, now: datetime) -> None:
        """What is not named stays; None takes one back."""
        store.set_user("ana", preferences={"units": "imperial", "reader_name": "Ana"}, now=now)
        store.set_user("ana", preferences={"language": "de", "reader_name": None}, now=now)

        expected = Preferences(units="imperial", language="de")
        assert User(user_id="ana", preferences=expected) == store.user("ana")

    def test_a_wrong_preference_changes_nothing(self, store: Store, now: datetime) -> None:
        """The message says which, what was found and what is possible."""
        with pytest.raises(SettingsError, match=r"heart_rate_max_bpm is 999.*less than.*Known"):
            store.set_user("ana", preferences={"heart_rate_max_bpm": 999}, now=now)

        assert User(user_id="ana") == store.user("ana")

    @pytest.mark.parametrize(
        ("preferences", "said"),
        [
            ({"language": "xx"}, "language is 'xx'.*no language is called that.*de"),
            ({"language": "../en"}, "language is"),
            ({"time_zone": "Mars/Base"}, "time_zone is 'Mars/Base'.*Europe/Berlin is such"),
            ({"time_zone": "../../etc"}, "time_zone is"),
            ({"reader_name": "Zoë <b>X</b>"}, "reader_name is.*a name is letters"),
            ({"reader_name": "Runner 42"}, "reader_name is"),
            ({"reader_name": "-"}, "reader_name is"),
        ],
    )
    def test_names_that_mean_nothing_are_refused(
        self, store: Store, now: datetime, preferences: dict[str, str], said: str
    ) -> None:
        """Languages and zones are names somebody knows; a runner's name can stand in a text."""
        with pytest.raises(SettingsError, match=said):
            store.set_user("ana", preferences=preferences, now=now)

        store.set_user(
            "ana", preferences={"language": "pt-BR", "time_zone": "Asia/Kolkata"}, now=now
        )
        for name in ("Zoë O'Neil-Łuk", "आशा", "小林 J."):
            store.set_user("ana", preferences={"reader_name": name}, now=now)
        chosen = store.known_user("ana").preferences
        assert ("pt-BR", "小林 J.") == (chosen.language, chosen.reader_name)

    def test_an_unknown_user_is_none_and_cannot_be_changed(
        self, store: Store, now: datetime
    ) -> None:
        """Reading gives None; writing says how a user comes in."""
        assert store.user("bob") is None
        with pytest.raises(StoreError, match="runletters ingest PATH --user bob"):
            store.set_user("bob", tier="premium", now=now)


class TestLocks:
    def test_a_held_name_is_busy_for_others(self, store: Store, now: datetime) -> None:
        """The message says who holds it and until when."""
        with (
            store.lock("ingest/ana", owner="run-1", lease_s=60, now=now),
            pytest.raises(Busy, match="held by run-1 until 2026-11-23 06:01:00 UTC"),
            store.lock("ingest/ana", owner="run-2", lease_s=60, now=now),
        ):
            pass

    def test_a_lock_is_free_after_use_also_after_an_error(
        self, store: Store, now: datetime
    ) -> None:
        """Leaving the block gives the name back, however it is left."""
        with pytest.raises(ZeroDivisionError), store.lock("x", owner="1", lease_s=60, now=now):
            _ = 1 / 0

        with store.lock("x", owner="2", lease_s=60, now=now):
            pass

    def test_a_stale_lock_is_taken_over_and_its_old_owner_does_not_free_it(
        self, store: Store, now: datetime
    ) -> None:
        """A process that died does not block for ever; one that wakes late breaks nothing."""
        later = now + timedelta(seconds=61)
        with (
            store.lock("x", owner="dead", lease_s=60, now=now),
            store.lock("x", owner="2", lease_s=60, now=later),
        ):
            with store._write() as connection:
                mine = (store_schema.locks.c.name == "x") & (store_schema.locks.c.owner == "dead")
                connection.execute(sa.delete(store_schema.locks).where(mine))
            with pytest.raises(Busy), store.lock("x", owner="3", lease_s=60, now=later):
                pass


class TestClaims:
    def test_new_items_are_pending(self, store: Store, now: datetime) -> None:
        """Ensured twice, a row is there once, pending for both kinds."""
        store.ensure_status("ana", ["a2", "a1"], now=now)
        store.ensure_status("ana", ["a1"], now=now)

        assert {"a1": "pending", "a2": "pending"} == statuses(store)
        assert {"a1": "pending", "a2": "pending"} == statuses(store, "coaching")

    def test_a_claim_wins_what_is_free_in_the_order_asked(
        self, store: Store, now: datetime
    ) -> None:
        """Newest first stays newest first."""
        wanted = [("a3", "letter"), ("a1", "coaching"), ("a2", "letter")]

        assert wanted == store.claim("ana", wanted, owner="run-1", lease_s=60, now=now)
        assert {"a1": "pending", "a2": "generating", "a3": "generating"} == statuses(store)

    def test_what_one_holds_another_does_not_get(self, store: Store, now: datetime) -> None:
        """Nor does the owner itself get it twice."""
        claim(store, now)

        assert [] == claim(store, now, owner="run-2")
        assert [] == claim(store, now)

    def test_a_lease_that_ran_out_is_taken_over(self, store: Store, now: datetime) -> None:
        """A dead process delays its items by one lease."""
        claim(store, now)

        assert [] == claim(store, now + timedelta(seconds=60), owner="run-2")
        assert claim(store, now + timedelta(seconds=61), owner="run-2") == PAIRS

    def test_renewing_keeps_items_and_locks(self, store: Store, now: datetime) -> None:
        """Long work says that it is alive."""
        claim(store, now)
        later = now + timedelta(seconds=59)

        with store.lock("x", owner="run-1", lease_s=60, now=now):
            held = store.renew("run-1", lease_s=60, now=later)

            assert len(PAIRS) == held
            assert [] == claim(store, now + timedelta(seconds=70), owner="run-2")
            with pytest.raises(Busy), store.lock("x", owner="2", lease_s=9, now=later):
                pass

    def test_released_items_are_what_they_were(self, store: Store, now: datetime) -> None:
        """With a text an item is completed again, without one pending."""
        claim(store, now)
        store.record([text("a1")], owner="run-1", now=now)
        claim(store, now, refresh=True)

        given_back = store.release("run-1", now=now)

        assert len(PAIRS) == given_back
        assert {"a1": "completed", "a2": "pending", "a3": "pending"} == statuses(store)
        assert 0 == store.release("run-1", now=now)

    def test_some_items_can_be_released_alone(self, store: Store, now: datetime) -> None:
        """A stopped run gives back what it did not start."""
        claim(store, now)

        assert 1 == store.release("run-1", now=now, pairs=[("a2", "letter")])
        assert {"a1": "generating", "a2": "pending", "a3": "generating"} == statuses(store)

    def test_failed_items_are_free_and_completed_ones_only_on_refresh(
        self, store: Store, now: datetime
    ) -> None:
        """The next run takes what failed; texts that exist stay unless asked for."""
        claim(store, now)
        store.record([failure("a1"), text("a2")], owner="run-1", now=now)
        store.release("run-1", now=now)

        without = store.claim("ana", PAIRS[:4], owner="2", lease_s=60, now=now)
        store.release("2", now=now)
        with_refresh = store.claim("ana", PAIRS[:4], owner="2", lease_s=60, now=now, refresh=True)

        assert [("a1", "letter"), ("a1", "coaching"), ("a2", "coaching")] == without
        assert PAIRS[:4] == with_refresh

    def test_nothing_is_claimed_for_somebody_unknown(self, store: Store, now: datetime) -> None:
        """A flow that outlives its user stops here."""
        with pytest.raises(StoreError, match="No user 'bob'"):
            store.claim("bob", PAIRS, owner="run-1", lease_s=60, now=now)

    def test_an_unknown_status_cannot_be_written(self, store: Store, now: datetime) -> None:
        """The database itself refuses it."""
        store.ensure_status("ana", ["a1"], now=now)

        with pytest.raises(IntegrityError), store._write() as connection:
            connection.execute(
                sa.update(store_schema.generation_status).values(letter_status="done")
            )


class TestRecording:
    def test_a_text_is_kept_and_its_item_completed(self, store: Store, now: datetime) -> None:
        """Body, version and fingerprint are there; the claim is gone."""
        claim(store, now)

        result = store.record([text("a1", body="Ten km.")], owner="run-1", now=now)

        assert RecordResult(done=1) == result
        row = store.content("ana", "a1", "letter")
        assert row is not None
        assert ("Ten km.", 1, True, "f1", now) == (
            row["text"],
            row["version"],
            row["is_current"],
            row["fingerprint"],
            row["created_at"],
        )
        item = store.status("ana").row(0, named=True)
        assert ("completed", None, now) == (
            item["letter_status"],
            item["letter_owner"],
            item["letter_completed_at"],
        )

    def test_a_failure_keeps_its_reason(self, store: Store, now: datetime) -> None:
        """It fails alone and says why."""
        claim(store, now)

        result = store.record([failure("a1"), text("a2")], owner="run-1", now=now)

        assert RecordResult(done=1, failed=1) == result
        item = store.status("ana").row(0, named=True)
        assert ("failed", "WriterUnavailable", "529 overloaded") == (
            item["letter_status"],
            item["letter_error_type"],
            item["letter_error"],
        )

    def test_recorded_twice_is_recorded_once(self, store: Store, now: datetime) -> None:
        """A recording task that is tried again changes nothing and reports the same."""
        claim(store, now)
        outcomes = [text("a1"), failure("a2"), text("a3", "coaching")]
        first = store.record(outcomes, owner="run-1", now=now)
        before = (store.contents("ana", current=False), store.status("ana"))

        again = store.record(outcomes, owner="run-1", now=now + timedelta(seconds=5))

        assert first == again
        after = (store.contents("ana", current=False), store.status("ana"))
        assert all(old.equals(new) for old, new in zip(before, after, strict=True))

    def test_a_refreshed_text_supersedes_and_the_old_one_stays(
        self, store: Store, now: datetime
    ) -> None:
        """One version is current; history is kept with its time."""
        claim(store, now)
        store.record([text("a1", body="Old.")], owner="run-1", now=now)
        claim(store, now, owner="run-2", refresh=True)
        later = now + timedelta(hours=1)

        store.record([text("a1", body="New.", fingerprint="f2")], owner="run-2", now=later)

        frame = store.contents("ana", "letter", current=False)
        assert [("Old.", 1, False, later), ("New.", 2, True, None)] == frame.select(
            "body", "version", "is_current", "superseded_at"
        ).rows()

    def test_an_edit_is_read_and_never_overwritten(self, store: Store, now: datetime) -> None:
        """The edited version stays current; the new one is kept beside it."""
        claim(store, now)
        store.record([text("a1", body="Old.")], owner="run-1", now=now)
        store.edit("ana", "a1", "letter", "Mine.", now=now)
        claim(store, now, owner="run-2", refresh=True)

        result = store.record([text("a1", body="New.", fingerprint="f2")], owner="run-2", now=now)

        assert RecordResult(done=1) == result
        row = store.content("ana", "a1", "letter")
        assert row is not None
        assert ("Mine.", "Old.", 1) == (row["text"], row["body"], row["version"])
        frame = store.contents("ana", "letter", current=False)
        assert [("Old.", True), ("New.", False)] == frame.select("body", "is_current").rows()
        assert "f2" == store.status("ana")["letter_fingerprint"][0]
        assert {("a1", "letter"): "f2"} == store.fingerprints("ana")

    def test_an_edit_can_be_taken_back(self, store: Store, now: datetime) -> None:
        """None gives the written text back."""
        claim(store, now)
        store.record([text("a1", body="Old.")], owner="run-1", now=now)
        store.edit("ana", "a1", "letter", "Mine.", now=now)

        store.edit("ana", "a1", "letter", None, now=now)

        row = store.content("ana", "a1", "letter")
        assert row is not None
        assert ("Old.", None) == (row["text"], row["edited_at"])

    def test_there_must_be_a_text_to_edit(self, store: Store, now: datetime) -> None:
        """The message says how one comes about."""
        with pytest.raises(StoreError, match="No letter of ana for activity a1"):
            store.edit("ana", "a1", "letter", "Mine.", now=now)

    def test_a_late_outcome_does_not_undo_the_new_owners(self, store: Store, now: datetime) -> None:
        """Whose lease ran out and whose item was written by another is told so."""
        claim(store, now, owner="slow")
        later = now + timedelta(seconds=61)
        claim(store, later, owner="quick")
        store.record([text("a1", body="Quick.")], owner="quick", now=later)

        result = store.record([text("a1", body="Slow."), failure("a2")], owner="slow", now=later)

        assert RecordResult(lost=2) == result
        assert ["Quick."] == store.contents("ana", current=False)["body"].to_list()
        assert {"a1": "completed", "a2": "generating", "a3": "generating"} == statuses(store)

    def test_a_late_text_is_kept_where_there_is_none(self, store: Store, now: datetime) -> None:
        """It was paid; nobody should have to pay for it again."""
        claim(store, now, owner="slow")
        later = now + timedelta(seconds=61)
        claim(store, later, owner="quick")

        result = store.record([text("a1", body="Slow.")], owner="slow", now=later)

        assert RecordResult(done=1) == result
        assert RecordResult(lost=1) == store.record(
            [text("a1", body="Quick.")], owner="quick", now=later
        )

    def test_odd_characters_do_not_undo_a_window(self, store: Store, now: datetime) -> None:
        """NUL and half surrogates are not storable; their text is, without them."""
        claim(store, now)
        odd = [text("a1", body="A\0 run \ud83d."), text("a2"), failure("a3", error="\0\udc00")]

        result = store.record(odd, owner="run-1", now=now)

        assert RecordResult(done=2, failed=1) == result
        assert result == store.record(odd, owner="run-1", now=now)
        row = store.content("ana", "a1", "letter")
        assert row is not None
        assert "A run ?." == row["body"]

    def test_two_current_versions_cannot_exist(self, store: Store, now: datetime) -> None:
        """The database itself refuses a second one."""
        claim(store, now)
        store.record([text("a1")], owner="run-1", now=now)
        row = store.contents("ana").drop("text").row(0, named=True)
        second = row | {"content_id": "c-2", "version": 2}

        with pytest.raises(IntegrityError), store._write() as connection:
            connection.execute(sa.insert(store_schema.content), [second])


class TestHousekeeping:
    def test_a_flow_outcome_is_replaced_by_its_newest_word(
        self, store: Store, now: datetime
    ) -> None:
        """A flow that is tried again leaves one row."""
        store.record_flow(
            "r1",
            "backfill_history",
            "ana",
            started_at=now,
            ended_at=None,
            summary={},
            state="running",
        )
        store.record_flow(
            "r1",
            "backfill_history",
            "ana",
            started_at=now,
            ended_at=now,
            summary={"done": 3},
            state="completed",
        )

        assert [("r1", "completed", now, '{"done":3}')] == store.flow_outcomes().select(
            "flow_run_id", "state", "ended_at", "summary"
        ).rows()

    def test_the_quarantine_keeps_the_first_and_the_last_sight(
        self, store: Store, now: datetime
    ) -> None:
        """The same bad file again is one row, and can be let out."""
        problem = Problem(
            file="x.fit", content_sha256="s1", reason_code="truncated", reason="r", remedy="m"
        )
        later = now + timedelta(days=1)
        store.quarantine("ana", [problem], now=now)
        store.quarantine("ana", [problem], now=later)

        row = store.quarantined("ana").row(0, named=True)
        assert (now, later) == (row["first_seen_at"], row["last_seen_at"])
        assert {"s1"} == store.quarantined_hashes("ana")
        assert 1 == store.leave_quarantine("ana", ["s1", "s2"])
        assert set() == store.quarantined_hashes("ana")

    def test_tables_come_in_pieces_of_one_moment(self, store: Store, now: datetime) -> None:
        """A writer between two pieces is not seen; each table comes at least once."""
        store.ensure_status("ana", [f"a{n:02}" for n in range(25)], now=now)

        pieces: dict[str, list[pl.DataFrame]] = {}
        for name, frame in store.tables(chunk_rows=10):
            pieces.setdefault(name, []).append(frame)
            store.ensure_user(f"late-{name}-{len(pieces[name])}", now=now)
            store.ensure_status("ana", [f"late-{name}"], now=now)

        expected = {table.name for table in store_schema.PUBLISHED}
        assert expected == set(pieces)
        assert [0, 10, 10, 5] == [frame.height for frame in pieces["generation_status"]]
        assert ["ana"] == pl.concat(pieces["users"])["user_id"].to_list()
        assert "reply" not in pieces["attempts"][0].columns

    def test_times_come_back_as_they_went_in(self, store: Store, now: datetime) -> None:
        """Aware and in UTC; a naive one is refused before it is written."""
        local = datetime.fromisoformat("2026-11-23T07:00:00.000001+01:00")
        store.record_flow(
            "r1", "f", None, started_at=local, ended_at=None, summary={}, state="running"
        )

        assert local == store.flow_outcomes()["started_at"][0]
        assert pl.Datetime("us", "UTC") == store.flow_outcomes().schema["started_at"]
        with pytest.raises(sa.exc.StatementError, match="without a zone"):
            store.record_flow(
                "r2",
                "f",
                None,
                started_at=now.replace(tzinfo=None),
                ended_at=None,
                summary={},
                state="running",
            )
