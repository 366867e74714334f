"""The digest flow through a real Prefect server and a real mail server."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from servers.runners import a_run, move_in, settings_in, weeks_of
from servers.smtp import Mailbox, mailbox

from flows.backfill_history import backfill_history
from flows.send_weekly_digest import send_weekly_digest
from runletters.edges.store import Store
from runletters.errors import SettingsError, StoreError
from runletters.settings import Settings
from tasks.mailing import tell_by_mail

__all__ = ["mailbox"]

SIX = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two runners with eleven weeks each, and settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "HOME": str(tmp_path), "SMTP_URL": mailbox.url, "MAIL_FROM": "L <l@letters.example>",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"RUNLETTERS_{name}", value)
    settings = settings_in(tmp_path, mailbox.url)
    for user in ("ana", "ben"):
        rows = weeks_of(user, date(2026, 9, 7), [(0, 8, 0, 8, 0, 0, 14)] * 11)
        move_in(settings, user, rows, email=f"{user}@example.org")
    return settings


def test_the_flow_sends_to_everybody_once(house: Settings, mailbox: Mailbox) -> None:
    """One broken address stops nobody; the second run of the day finds nothing to do."""
    with Store.open(house.store) as store:
        store.set_user("ben", preferences={"email": "no address"}, now=SIX)

    first = send_weekly_digest(at=SIX)
    second = send_weekly_digest(at=SIX)

    assert (1, 1) == (first["sent"], first["rejected"])
    assert "is no address" in first["notes"][0]["note"]
    assert {0} == {second[name] for name in ("sent", "rejected", "already")}
    assert ["ana@example.org"] == [str(message["To"]) for message in mailbox.messages]


def test_one_user_can_be_sent_any_week(house: Settings, mailbox: Mailbox) -> None:
    """By name and last day, at any hour, and also only once."""
    del house
    results = [send_weekly_digest(user="ana", ending=date(2026, 11, 18)) for _ in range(2)]

    assert [(1, 0), (0, 1)] == [(each["sent"], each["already"]) for each in results]
    assert 1 == len(mailbox.messages)


def test_a_schedule_without_a_mail_server_ends_with_a_note(
    house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four times an hour nothing fails, nothing is written, and the note says what to set."""
    monkeypatch.delenv("RUNLETTERS_SMTP_URL")

    result = send_weekly_digest(at=SIX)

    assert 0 == result["sent"]
    assert "RUNLETTERS_SMTP_URL is not set" in result["notes"][0]["note"]
    with Store.open(house.store) as store:
        assert 0 == store.digests().height


def test_who_asks_for_a_digest_without_a_mail_server_is_told(
    house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is written."""
    monkeypatch.delenv("RUNLETTERS_SMTP_URL")

    with pytest.raises(SettingsError, match="RUNLETTERS_SMTP_URL is not set"):
        send_weekly_digest(user="ana", at=SIX)

    with Store.open(house.store) as store:
        assert 0 == store.digests().height


def test_telling_by_mail_never_fails_a_run(house: Settings, mailbox: Mailbox) -> None:
    """Told where it can be; an address that is none becomes a result, not an exception."""
    result = {"user": "ana", "done": 2, "failed": 0, "cost_nano_usd": 0}

    told = tell_by_mail.fn(result, house)
    broken = tell_by_mail.fn(result, house.model_copy(update={"store_url": "nonsense://"}))

    assert ("sent", "unsent") == (told.state, broken.state)
    assert "Your letters are ready: 2 texts written" == mailbox.messages[0]["Subject"]


def subjects(mailbox: Mailbox) -> list[str]:
    return [str(message["Subject"]) for message in mailbox.messages]


def plain_of(mailbox: Mailbox) -> str:
    body = mailbox.messages[-1].get_body(("plain",))
    assert body is not None
    return body.get_content()


def test_a_finished_backfill_is_mailed_once(house: Settings, mailbox: Mailbox) -> None:
    """With what was written and what it cost; nothing to do is no news."""
    move_in(house, "ana", [a_run("ana", date(2026, 11, 21), 8)])

    first = backfill_history(user="ana", max_activities=2, writer="offline")
    backfill_history(user="ana", max_activities=2, writer="offline")

    assert 4 == first["done"]
    assert ["Your letters are ready: 4 texts written"] == subjects(mailbox)
    assert "Cost: nothing" in plain_of(mailbox)


def test_a_backfill_that_raises_is_mailed_and_kept(
    house: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runner learns why, in a mail of its own, and the outcome stands in the store."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)

    with pytest.raises(SettingsError):
        backfill_history(user="ana", writer="claude")

    assert ["Writing your letters failed"] == subjects(mailbox)
    assert "ANTHROPIC_API_KEY" in plain_of(mailbox)
    with Store.open(house.store) as store:
        assert ["failed"] == store.flow_outcomes("ana")["state"].to_list()


def test_a_failing_backfill_without_mail_fails_for_its_own_reason(
    house: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mail server, an unknown user: the error is the first one, and nothing is mailed."""
    del house
    monkeypatch.delenv("RUNLETTERS_SMTP_URL")

    with pytest.raises(StoreError, match="nobody"):
        backfill_history(user="nobody")

    assert [] == mailbox.messages
