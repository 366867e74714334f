"""The commands of a reader, as the command line calls them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deployments.cli import engaging
from runletters.content import Outcome, Text
from runletters.digests.links import token
from runletters.edges.store import Store
from runletters.errors import EngagementError, SettingsError
from runletters.settings import Settings

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with Ana and one letter of hers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNLETTERS_HOME", str(tmp_path))
    monkeypatch.setenv("RUNLETTERS_UNSUBSCRIBE_SECRET", "a long random text")
    made = Settings()
    with Store.open(made.store) as store:
        store.ensure_user("ana", now=NOW)
        store.ensure_status("ana", ["a1"], now=NOW)
        text = Text(body="As written.", writer="offline", model="offline-1")
        store.record(
            [Outcome(user_id="ana", activity_id="a1", kind="letter", fingerprint="f", text=text)],
            owner="run", now=NOW,
        )  # fmt: skip
    return made


def letter(settings: Settings) -> str:
    with Store.open(settings.store) as store:
        row = store.content("ana", "a1", "letter")
    return "" if row is None else str(row["text"])


def test_the_own_wording_is_kept_counted_and_can_be_taken_back(settings: Settings) -> None:
    """From the option or from a file."""
    (settings.home / "mine.txt").write_text("In my words.\n")

    engaging.edit("a1", user="ana", file=settings.home / "mine.txt")
    edited = letter(settings)
    engaging.edit("a1", user="ana", undo=True)

    assert ("In my words.", "As written.") == (edited, letter(settings))
    with Store.open(settings.store) as store:
        assert ["edited"] == store.engagement("ana")["act"].to_list()


@pytest.mark.parametrize("given", [{}, {"text": " "}, {"text": "a", "file": Path("b")}])
def test_an_edit_needs_one_wording(settings: Settings, given: dict[str, Any]) -> None:
    """None, an empty one or two are one clear error, and the text stays."""
    with pytest.raises(EngagementError):
        engaging.edit("a1", user="ana", **given)

    assert "As written." == letter(settings)


def test_an_act_is_recorded_once_by_its_id(settings: Settings) -> None:
    """Said twice by a program with the same id."""
    del settings
    first = engaging.engage("rated", "a1", user="ana", rating=4, event="e1")
    again = engaging.engage("rated", "a1", user="ana", rating=4, event="e1")

    assert (1, 0) == (first.data["new"], again.data["new"])


def test_unsubscribing_by_name_or_by_token_ends_the_digests(settings: Settings) -> None:
    """A token that was not signed here changes nothing and says so."""
    with pytest.raises(SettingsError, match="not signed here"):
        engaging.unsubscribe(token="YW5h.false")
    with pytest.raises(SettingsError, match="either --user or --token"):
        engaging.unsubscribe()
    by_token = engaging.unsubscribe(token=token("ana", "a long random text"))

    with Store.open(settings.store) as store:
        assert not store.known_user("ana").preferences.digests
    assert "ana" == by_token.data["user"]
    assert {"user": "ana", "digests": False} == engaging.unsubscribe(user="ana").data
