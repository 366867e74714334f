"""Several real processes on one store, and processes that are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from runletters.edges.store import Store

ROOT = Path(__file__).resolve().parents[3]
PROLOGUE = """
import json, random, sys
from datetime import UTC, datetime
from runletters.content import KINDS, Outcome, Text
from runletters.edges.store import Store
url, me = sys.argv[1], sys.argv[2]
now = datetime(2026, 11, 23, 6, tzinfo=UTC)
def text(activity_id, kind, body="A run."):
    return Outcome(user_id="ana", activity_id=activity_id, kind=kind, fingerprint="f",
                   text=Text(body=body, writer="offline", model="m"))
"""
# Windows overlap and come in another order in each process: the worst case for locks.
CLAIM = (
    PROLOGUE
    + """
pairs = [(f"a{n:04}", kind) for n in range(500) for kind in KINDS]
random.Random(int(me)).shuffle(pairs)
sys.stdin.readline()
won = []
with Store.open(url) as store:
    for start in range(0, len(pairs), 50):
        mine = store.claim("ana", pairs[start:start + 50], owner=me, lease_s=600, now=now)
        result = store.record([text(*pair, body=me) for pair in mine], owner=me, now=now)
        assert (result.done, result.lost) == (len(mine), 0), result
        won += mine
print(json.dumps(won))
"""
)
OPEN = (
    PROLOGUE
    + """
sys.stdin.readline()
with Store.open(url) as store:
    store.ensure_user(f"user-{me}", now=now)
print(len(store.users()))
"""
)
RECORD = (
    PROLOGUE
    + """
with Store.open(url) as store:
    for start in range(int(me), 100_000, 5):
        pairs = [(f"a{n}", "letter") for n in range(start, start + 5)]
        mine = store.claim("ana", pairs, owner=me, lease_s=600, now=now)
        store.record([text(*pair) for pair in mine], owner=me, now=now)
        print(json.dumps([activity_id for activity_id, _ in mine]), flush=True)
"""
)


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def race(script: str, url: str, runners: int) -> list[str]:
    """Start all, let them import, fire; the output of each, which must end well."""
    processes = [start(script, url, str(number)) for number in range(runners)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [0] * runners == [process.returncode for process in processes]
    return outputs


def test_four_processes_win_each_of_a_thousand_items_once(store_url: str, now: datetime) -> None:
    """No item has two owners, none is left, and every text has one current version."""
    with Store.open(store_url) as store:
        store.ensure_user("ana", now=now)

    outputs = race(CLAIM, store_url, 4)

    wins = [tuple(pair) for output in outputs for pair in json.loads(output)]
    assert (1_000, 1_000) == (len(wins), len(set(wins)))
    with Store.open(store_url) as store:
        contents = store.contents("ana", current=False)
        status = store.status("ana")
    assert 1_000 == contents.height
    assert contents["is_current"].all()
    assert {"completed"} == set(status["letter_status"]) | set(status["coaching_status"])


def test_four_processes_may_open_a_new_store_at_once(store_url: str) -> None:
    """The migrations run once, whoever comes first; nobody is turned away."""
    race(OPEN, store_url, 4)

    with Store.open(store_url) as store:
        assert [f"user-{n}" for n in range(4)] == [user.user_id for user in store.users()]


@pytest.mark.parametrize("kill_after_s", [0.05, 0.2, 0.35])
def test_a_kill_loses_no_acknowledged_text(
    store_url: str, now: datetime, kill_after_s: float
) -> None:
    """Killed amid recording: what was acknowledged is there, whole, and work goes on."""
    with Store.open(store_url) as store:
        store.ensure_user("ana", now=now)
    process = start(RECORD, store_url, "0")
    assert process.stdout is not None
    lines = [process.stdout.readline()]  # it is at work

    time.sleep(kill_after_s)
    os.kill(process.pid, signal.SIGKILL)
    lines += process.communicate(timeout=60)[0].splitlines()

    acknowledged = {
        name for line in lines if line.endswith(("]", "]\n")) for name in json.loads(line)
    }
    with Store.open(store_url) as store:
        contents = store.contents("ana", current=False)
        completed = store.status("ana").filter(pl.col("letter_status") == "completed")
        won = store.claim("ana", [("next", "letter")], owner="2", lease_s=60, now=now)
    assert acknowledged
    assert acknowledged <= set(contents["activity_id"])
    # A window is recorded whole or not at all, its texts with their statuses.
    assert set(contents["activity_id"]) == set(completed["activity_id"])
    assert 0 == contents.height % 5
    assert [("next", "letter")] == won
