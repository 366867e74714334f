"""The ledger counts every call once, and keeps a paid reply until it is used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runletters.activities import Problem
from runletters.content import Outcome, Text
from runletters.edges.processes import owner_name
from runletters.edges.store import Store
from runletters.errors import UnknownUser
from runletters.ledger import Attempt, Spend
from runletters.users import ingest_lock


@pytest.fixture
def store(store_url: str, now: datetime) -> Iterator[Store]:
    """An open store with one user, on either database."""
    with Store.open(store_url) as opened:
        opened.ensure_user("ana", now=now)
        yield opened


def attempt(attempt_id: str, now: datetime, **other: Any) -> Attempt:
    values = {
        "user_id": "ana",
        "activity_id": "a1",
        "kind": "letter",
        "fingerprint": "f1",
        "flow_run_id": "run-1",
        "model": "claude-haiku-4-5",
        "started_at": now,
    }
    return Attempt(attempt_id=attempt_id, **values | other)


def closed(attempt_id: str, now: datetime, **other: Any) -> Attempt:
    values = {
        "outcome": "succeeded",
        "ended_at": now,
        "input_tokens": 900,
        "output_tokens": 200,
        "cost_nano_usd": 1_900_000,
        "reply": '{"text":"A run."}',
    }
    return attempt(attempt_id, now, **values | other)


def test_a_call_is_known_before_it_is_made(store: Store, now: datetime) -> None:
    """A process that dies in a call leaves the row that says so."""
    store.begin_attempts([attempt("t1", now)])
    store.begin_attempts([attempt("t1", now, model="another")])

    assert [("t1", "sent", "claude-haiku-4-5", None)] == store.attempts().select(
        "attempt_id", "outcome", "model", "cost_nano_usd"
    ).rows()


def test_the_first_end_of_a_call_counts(store: Store, now: datetime) -> None:
    """Ended twice, it is billed once; never begun, it is inserted."""
    store.begin_attempts([attempt("t1", now)])
    ends = [closed("t1", now), closed("t2", now)]

    store.end_attempts(ends)
    store.end_attempts([closed("t1", now, cost_nano_usd=5, outcome="failed")])
    store.end_attempts([])

    assert [("t1", "succeeded", 1_900_000), ("t2", "succeeded", 1_900_000)] == (
        store.attempts().select("attempt_id", "outcome", "cost_nano_usd").rows()
    )


def test_a_row_comes_back_as_it_went_in(store: Store, now: datetime) -> None:
    """Every column of the model is a column of the table, with its value."""
    row = closed(
        "t1",
        now,
        mode="batch",
        latency_ms=2_100,
        cache_write_tokens=3,
        cache_read_tokens=4,
        price_as_of="2026-11-01",
        stop_reason="end_turn",
        error_type="none",
        error="text",
        request_id="req-1",
        prompt_sha256="p1",
    )

    store.end_attempts([row])

    assert [row.model_dump(exclude={"findings"})] == store.attempts(
        "ana", flow_run_id="run-1"
    ).to_dicts()


def test_only_a_successful_reply_is_used_again(store: Store, now: datetime) -> None:
    """The newest usable one for exactly that text of that user."""
    later = now + timedelta(minutes=1)
    store.end_attempts(
        [
            closed("t1", now, reply="old"),
            closed("t2", later, reply="new"),
            closed("t3", later + timedelta(minutes=1), reply="bad", outcome="rejected"),
            closed("t4", later, reply="other", fingerprint="f2"),
            closed("t5", later, reply=None, fingerprint="f3"),
        ]
    )

    assert "new" == store.paid_reply("ana", "letter", "f1")
    assert "other" == store.paid_reply("ana", "letter", "f2")
    assert store.paid_reply("ana", "letter", "f3") is None
    assert store.paid_reply("ana", "coaching", "f1") is None
    assert store.paid_reply("bob", "letter", "f1") is None


def test_spend_is_exact_and_says_what_it_does_not_know(store: Store, now: datetime) -> None:
    """Nano-dollars of run, user and day; rejected texts count, unknown prices are counted."""
    yesterday = now - timedelta(days=1)
    store.ensure_user("bob", now=now)
    store.begin_attempts([attempt("under-way", now)])
    store.end_attempts(
        [
            closed("t1", yesterday, cost_nano_usd=1),
            closed("t2", now, cost_nano_usd=20, outcome="rejected"),
            closed("t3", now, cost_nano_usd=300, flow_run_id="run-2"),
            closed("t4", now, cost_nano_usd=4_000, user_id="bob", flow_run_id="run-3"),
            closed("t5", now, cost_nano_usd=None, outcome="timeout"),
        ]
    )

    actual = store.spend(now, user_id="ana", flow_run_id="run-1")

    expected = Spend(
        run_nano_usd=21,
        user_today_nano_usd=320,
        today_nano_usd=4_320,
        unpriced_attempts=1,
    )
    assert expected == actual
    assert 4_320 == store.spend(now).today_nano_usd
    assert 0 == store.spend(now + timedelta(days=1)).today_nano_usd


def test_forgetting_erases_the_person_and_keeps_the_accounts(store: Store, now: datetime) -> None:
    """Nothing of the user is left in any table; the day's spend is what it was."""
    for user in ("ana", "bob"):
        store.ensure_user(user, now=now)
        store.claim(user, [("a1", "letter")], owner="o", lease_s=60, now=now)
        text = Text(body=f"canary {user}", writer="offline", model="m")
        outcome = Outcome(
            user_id=user, activity_id="a1", kind="letter", fingerprint=f"f-{user}", text=text
        )
        store.record([outcome], owner="o", now=now)
        call = closed(
            f"t-{user[0]}", now, user_id=user, reply=f"canary {user}", error=f"canary {user}"
        )
        store.end_attempts([call])
        store.record_flow(
            f"r-{user[0]}",
            "backfill_history",
            user,
            started_at=now,
            ended_at=now,
            summary={},
            state="completed",
        )
        problem = Problem(
            file="canary.fit", content_sha256="s", reason_code="x", reason="r", remedy="m"
        )
        store.quarantine(user, [problem], now=now)
    spent = store.spend(now).today_nano_usd

    counts = store.forget("ana", now=now)

    expected = {
        "users": 1,
        "generation_status": 1,
        "content": 1,
        "flow_outcomes": 1,
        "quarantine": 1,
        "attempts_made_anonymous": 1,
    }
    assert expected == counts
    left = {name: frame for name, frame in store.tables() if frame.height}
    assert {1} == {frame.height for name, frame in left.items() if name != "attempts"}
    cells = {cell for frame in left.values() for row in frame.rows() for cell in row}
    assert not cells & {"ana", "canary ana", "f-ana"}
    anonymous = store.attempts().filter(store.attempts()["user_id"].is_null()).to_dicts()
    assert [(None, None, None, None, 1_900_000)] == [
        (row["activity_id"], row["fingerprint"], row["reply"], row["error"], row["cost_nano_usd"])
        for row in anonymous
    ]
    assert spent == store.spend(now).today_nano_usd
    assert dict.fromkeys(expected, 0) == store.forget("ana", now=now)


def test_a_call_that_ends_after_its_user_was_forgotten_says_nothing_about_them(
    store: Store, now: datetime
) -> None:
    """Its cost is counted; neither reply nor error text comes back."""
    store.begin_attempts([attempt("t1", now)])
    store.forget("ana", now=now)

    store.end_attempts([closed("t1", now, error="canary")])

    row = store.attempts().row(0, named=True)
    assert ("succeeded", 1_900_000) == (row["outcome"], row["cost_nano_usd"])
    assert [None] * 5 == [
        row[name] for name in ("user_id", "activity_id", "fingerprint", "reply", "error")
    ]


def test_nothing_is_called_for_a_forgotten_user(store: Store, now: datetime) -> None:
    """Of a call that would begin nothing is written; one that only ends names nobody."""
    store.forget("ana", now=now)

    with pytest.raises(UnknownUser):
        store.begin_attempts([attempt("t1", now)])
    store.end_attempts([closed("t2", now, error="canary")])

    assert [("t2", None, None, None, None, None, 1_900_000)] == store.attempts().select(
        "attempt_id", "user_id", "activity_id", "fingerprint", "reply", "error", "cost_nano_usd"
    ).rows()


def test_a_flow_of_a_forgotten_user_leaves_figures(store: Store, now: datetime) -> None:
    """What it did is kept in numbers; who it was for, and why it ended, is not."""
    store.forget("ana", now=now)
    summary = {"user": "ana", "error": "no user ana", "done": 3, "failures": {"x of ana": 1}}

    store.record_flow(
        "r1",
        "backfill-history",
        "ana",
        started_at=now,
        ended_at=now,
        summary=summary,
        state="failed",
    )

    assert [("r1", "failed", None, '{"done":3}')] == store.flow_outcomes().select(
        "flow_run_id", "state", "user_id", "summary"
    ).rows()


def test_traces_of_a_forgotten_user_are_cleared_and_nobody_elses(
    store: Store, now: datetime
) -> None:
    """Of a user who is here, or here again, nothing is touched."""
    problem = Problem(
        file="a.fit", content_sha256="c", reason_code="empty", reason="Empty.", remedy="Export it."
    )
    store.quarantine("ana", [problem], now=now)
    store.quarantine("gone", [problem], now=now)

    assert (False, True) == tuple(store.clear_traces(user, now=now) for user in ("ana", "gone"))

    assert (1, 0) == (store.quarantined("ana").height, store.quarantined("gone").height)


def test_who_is_at_work_for_a_user_is_known(store: Store, now: datetime) -> None:
    """Claims and the ingest under way count, of living processes and as long as they are leased."""
    store.ensure_user("bob", now=now)
    gone = owner_name("dead").replace(f"/{os.getpid()}/", "/999999999/")
    for owner, item in (("host/1/run", "a1"), (gone, "a2")):
        store.claim("ana", [(item, "letter")], owner=owner, lease_s=60, now=now)

    with store.lock(ingest_lock("ana"), owner="host/2/ingest", lease_s=60, now=now):
        found = store.at_work_for("ana", now=now)

    assert ["host/1/run", "host/2/ingest"] == found
    assert [] == store.at_work_for("bob", now=now)
    assert [] == store.at_work_for("ana", now=now + timedelta(minutes=2))


def test_a_late_text_of_a_forgotten_user_is_not_kept(store: Store, now: datetime) -> None:
    """A flow that was at work when the user left brings nothing back."""
    store.claim("ana", [("a1", "letter")], owner="o", lease_s=60, now=now)
    store.forget("ana", now=now)
    text = Text(body="A run.", writer="offline", model="m")
    outcome = Outcome(user_id="ana", activity_id="a1", kind="letter", fingerprint="f", text=text)

    result = store.record([outcome], owner="o", now=now)

    assert 1 == result.lost
    assert 0 == store.contents("ana").height


def test_nothing_forgotten_is_left_in_the_files(tmp_path: Path, now: datetime) -> None:
    """The words are gone from the SQLite file and its log, not only from the tables."""
    with Store.open(f"sqlite:///{tmp_path / 's.sqlite'}") as store:
        store.ensure_user("canary-user", now=now)
        store.end_attempts(
            [
                closed(f"t{n}", now, user_id="canary-user", reply="canary-reply " * 500)
                for n in range(20)
            ]
        )
        assert any(b"canary" in file.read_bytes() for file in tmp_path.iterdir())

        store.forget("canary-user", now=now)

        assert not any(b"canary" in file.read_bytes() for file in tmp_path.iterdir())
