"""Digests by the claude writer: paid once, checked, kept as content, and mailed."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from servers.claude_api import Behaviour, ClaudeApiServer
from servers.fake_texts import grounded, lying
from servers.runners import move_in, settings_in, weeks_of
from servers.smtp import Mailbox, mailbox

from flows.send_weekly_digest import send_weekly_digest
from runletters.edges import digest_desk
from runletters.edges.store import Store
from runletters.errors import SettingsError
from runletters.settings import Settings
from tasks.digests import HELD

__all__ = ["mailbox"]
pytestmark = pytest.mark.server

SIX = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
KEY = "sk-ant-canary-of-digests"
PATIENCE_S = 120.0
WEEK = "week 2026-11-16/2026-11-22"


@pytest.fixture
def server() -> Generator[ClaudeApiServer]:
    with ClaudeApiServer(Behaviour(key=KEY)) as running:
        yield running


@pytest.fixture
def house(
    tmp_path: Path, mailbox: Mailbox, server: ClaudeApiServer, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Ana with eleven weeks of runs; the claude writer talks to the fake."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "RUNLETTERS_HOME": str(tmp_path), "RUNLETTERS_SMTP_URL": mailbox.url,
        "RUNLETTERS_MAIL_FROM": "L <l@letters.example>", "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": server.url,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    settings = settings_in(tmp_path, mailbox.url)
    rows = weeks_of("ana", date(2026, 9, 7), [(0, 8, 0, 8, 0, 0, 14)] * 11)
    move_in(settings, "ana", rows, email="ana@example.org", reader_name="Ana")
    return settings


def test_a_digest_is_written_once_checked_kept_and_forgotten(
    house: Settings, server: ClaudeApiServer, mailbox: Mailbox
) -> None:
    """The ledger equals the bill; the second run pays and sends nothing; forget erases all."""
    first = send_weekly_digest(at=SIX, writer="claude")
    by_hand = send_weekly_digest(user="ana", at=SIX, writer="claude")

    with Store.open(house.store) as store:
        (text,) = store.contents("ana").to_dicts()
        (call,) = store.attempts("ana").to_dicts()
        (row,) = store.digests("ana").to_dicts()
        store.forget("ana", now=SIX)
        left = (store.contents("ana").height, store.digests("ana").height)
    assert ((1, 0), (0, 1)) == tuple((each["sent"], each["already"]) for each in (first, by_hand))
    assert (WEEK, "digest", 1, True, "claude", False) == tuple(
        text[n] for n in ("activity_id", "kind", "version", "is_current", "writer", "is_fallback")
    )
    assert ("digest", WEEK, text["fingerprint"]) == (
        call["kind"], call["activity_id"], call["fingerprint"],
    )  # fmt: skip
    assert 0 < server.bill.total_nano_usd() == call["cost_nano_usd"] == row["cost_nano_usd"]
    plain = mailbox.messages[0].get_body(("plain",))
    assert plain is not None
    assert text["body"].startswith("Hello Ana,\n\n")
    assert text["body"].split("\n\n")[1][:40] in " ".join(plain.get_content().split())
    assert (1, 1, (0, 0)) == (len(server.stats.starts), len(mailbox.messages), left)


def lies(body: Mapping[str, Any]) -> str:
    return lying(body).replace(".", ". You ran 98.7 km.", 1)


def test_a_text_that_lies_twice_gives_way_to_the_offline_one(
    house: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both replies are paid and counted; the digest is sent, marked as the fallback."""
    with ClaudeApiServer(Behaviour(key=KEY), write=lies) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        result = send_weekly_digest(at=SIX, writer="claude")

    with Store.open(house.store) as store:
        (text,) = store.contents("ana", kind="digest").to_dicts()
        calls = store.attempts("ana")
        rules = set(store.findings("ana").filter(kind="digest")["rule"])
    assert (1, "offline", True) == (result["sent"], text["writer"], text["is_fallback"])
    assert "98.7" not in text["body"]
    assert "number" in rules
    assert ["rejected", "rejected"] == calls["outcome"].to_list()
    assert server.bill.total_nano_usd() == calls["cost_nano_usd"].sum()
    assert 1 == len(mailbox.messages)


def test_a_run_interrupted_after_the_text_pays_for_it_once(
    house: Settings, server: ClaudeApiServer, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was paid is found again and mailed, whether Prefect or only the ledger kept it."""
    with monkeypatch.context() as broken:
        broken.setattr(digest_desk, "keep", interrupted)
        first = send_weekly_digest(at=SIX, writer="claude")
    second = send_weekly_digest(at=SIX, writer="claude")

    with Store.open(house.store) as store:
        costs = store.attempts("ana")["cost_nano_usd"].to_list()
    assert ([1, 0], [0, 1]) == (
        [first["unsent"], first["sent"]],
        [second["unsent"], second["sent"]],
    )
    assert [server.bill.total_nano_usd()] == costs
    assert (1, 1) == (len(server.stats.starts), len(mailbox.messages))


def test_two_runs_at_once_ask_once_and_send_once(
    house: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second comes and goes while the first waits for its reply; the ledger is the bill."""
    asked, over = Event(), Event()

    def waits(body: Mapping[str, Any]) -> str:
        asked.set()
        over.wait(PATIENCE_S)
        return grounded(body)

    with ClaudeApiServer(Behaviour(key=KEY), write=waits) as server, ThreadPoolExecutor(1) as pool:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        run = partial(send_weekly_digest, at=SIX, writer="claude")
        first = pool.submit(copy_context().run, run)
        came = asked.wait(PATIENCE_S)
        second = run()
        over.set()
        result = first.result(PATIENCE_S)
        third = send_weekly_digest(user="ana", at=SIX, writer="claude")

    with Store.open(house.store) as store:
        (call,) = store.attempts("ana").to_dicts()
        versions = store.contents("ana", kind="digest").height
    assert came
    assert (1, 0) == (result["sent"], result["already"])
    assert (0, 1, HELD) == (second["sent"], second["already"], second["notes"][0]["note"])
    assert (0, 1) == (third["sent"], third["already"])
    assert (1, 1, 1) == (len(server.stats.starts), versions, len(mailbox.messages))
    assert 0 < server.bill.total_nano_usd() == call["cost_nano_usd"]


def interrupted(*_given: object, **_named: object) -> None:
    raise RuntimeError("killed before the text was kept")


def test_what_may_not_be_sent_is_told_by_the_free_writer(
    house: Settings, server: ClaudeApiServer, mailbox: Mailbox
) -> None:
    """One run of the week is for this machine only: no call, and the digest goes out."""
    rows = weeks_of("ben", date(2026, 11, 9), [(0, 8, 0, 8, 0, 0, 14)] * 2, rights="local_only")
    move_in(house, "ben", rows, email="ben@example.org")

    result = send_weekly_digest(user="ben", at=SIX, writer="claude")

    with Store.open(house.store) as store:
        (text,) = store.contents("ben", kind="digest").to_dicts()
    assert (1, "offline") == (result["sent"], text["writer"])
    assert (0, 1) == (server.stats.requests, len(mailbox.messages))


def test_without_a_key_nothing_is_drawn_and_the_message_says_what_to_do(
    house: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is kept or sent."""
    monkeypatch.delenv("ANTHROPIC_API_KEY")

    with pytest.raises(SettingsError, match="ANTHROPIC_API_KEY"):
        send_weekly_digest(at=SIX, writer="claude")

    with Store.open(house.store) as store:
        assert (0, []) == (store.digests().height, mailbox.messages)
