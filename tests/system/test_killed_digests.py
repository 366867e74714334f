"""A digest run and kill -9: the rest goes out later, and nobody gets two mails."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from servers.alone import process_of
from servers.prefect_house import House
from servers.processes import until
from servers.runners import move_in, settings_in, weeks_of
from servers.smtp import Mailbox, mailbox

from runletters.edges.store import Store
from runletters.settings import Settings

__all__ = ["mailbox"]

pytestmark = pytest.mark.system
SIX = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
USERS = ("ana", "ben", "cleo", "dora")


def address(user: str) -> str:
    return f"{user}@example.org"


@pytest.fixture
def home(
    server: House, tmp_path: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Four runners with eleven weeks each, and an environment for processes of their own."""
    settings = settings_in(tmp_path / "home", mailbox.url)
    for user in USERS:
        rows = weeks_of(user, date(2026, 9, 7), [(0, 8, 0, 8, 0, 0, 14)] * 11)
        move_in(settings, user, rows, email=address(user))
    for name, value in {
        **server.environment, "RUNLETTERS_HOME": str(settings.home),
        "RUNLETTERS_SMTP_URL": mailbox.url, "RUNLETTERS_MAIL_FROM": "L <l@letters.example>",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return settings


def states(settings: Settings) -> dict[str, str]:
    """The newest attempt of each user."""
    newest = pl.col("attempt") == pl.col("attempt").max().over("user_id")
    with Store.open(settings.store) as store:
        return dict(store.sends().filter(newest).select("user_id", "state").iter_rows())


def is_in_the_middle(settings: Settings, mailbox: Mailbox) -> bool | None:
    """Whether Ana's mail is sent and settled, and the others wait for an answer."""
    others = {address(user) for user in USERS[1:]}
    return (mailbox.waiting >= others and states(settings).get("ana") == "sent") or None


def sent_at(moment: datetime) -> dict[str, Any]:
    """What a whole run at that moment did."""
    with process_of("digester", moment.isoformat()) as process:
        said, _ = process.communicate(timeout=240)
    return json.loads(said)


def test_a_killed_run_sends_the_rest_later_and_no_digest_twice(
    home: Settings, mailbox: Mailbox
) -> None:
    """Killed with one mail sent, two announced, one handed over: two go out, that one never."""
    mailbox.silent_before = {address("ben"), address("dora")}
    mailbox.silent_after = {address("cleo")}
    with process_of("digester", SIX.isoformat()) as process:
        until(
            lambda: is_in_the_middle(home, mailbox),
            within_s=240, what="one mail sent and three under way",
        )  # fmt: skip
        process.kill()
    killed = states(home)
    mailbox.silent_before, mailbox.silent_after = set(), set()

    # An hour later the dead run's attempts are found; a pause after that they are made again.
    later = [sent_at(SIX + timedelta(hours=hours)) for hours in (1, 2, 3)]

    handed, began = "handing_over", "intended"
    assert {"ana": "sent", "ben": began, "cleo": handed, "dora": began} == killed
    assert [0, 2, 0] == [each["sent"] for each in later]
    assert {"ana": "sent", "ben": "sent", "cleo": "ambiguous", "dora": "sent"} == states(home)
    assert dict.fromkeys(map(address, USERS), 1) == Counter(
        str(message["To"]) for message in mailbox.messages
    )
