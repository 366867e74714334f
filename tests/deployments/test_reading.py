"""`show` and `status`: what is missing and why, for people and for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console, Group

from deployments.cli.reading import show, status
from runletters.content import Outcome
from runletters.edges.store import Store
from runletters.errors import UnknownUser
from runletters.settings import Settings

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _one_letter_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNLETTERS_HOME", str(tmp_path))
    with Store.open(Settings().store) as store:
        store.ensure_user("ada", now=NOW)
        store.ensure_status("ada", ["a1"], now=NOW)
        store.claim("ada", [("a1", "letter")], owner="r", lease_s=60, now=NOW)
        failed = Outcome(
            user_id="ada", activity_id="a1", kind="letter", fingerprint="f",
            error_type="WriterRefused", error="The model declined.",
        )  # fmt: skip
        store.record([failed], owner="r", now=NOW)


def test_show_tells_a_program_why_a_text_is_missing() -> None:
    """Status and reason of each kind stand beside the texts."""
    data = show("a1").data

    assert (None, "failed", "The model declined.") == (
        data["letter"], data["letter_status"], data["letter_error"],
    )  # fmt: skip
    assert ("pending", None) == (data["coaching_status"], data["coaching_error"])


def test_status_of_nobody_is_an_error() -> None:
    """A mistyped name is not an empty answer."""
    with pytest.raises(UnknownUser, match="runletters ingest PATH --user nobody"):
        status(user="nobody")


def test_status_shows_people_dollars() -> None:
    """Nano-dollars are for programs; people read one cost."""
    reply = status(user="ada")
    console = Console(width=100)
    with console.capture() as said:
        console.print(Group(*reply.screen))

    assert 0 == reply.data["users"]["ada"]["cost_nano_usd"]
    assert "nano" not in said.get()
    assert "$0" in said.get()
