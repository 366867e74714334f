"""`show` and `status`: what is missing and why, for people and for programs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console, Group
from servers.homes import invented, move_in

from deployments.cli.reading import letters, show, status
from runletters.activities import STREAM_SCHEMA
from runletters.content import Outcome, Text
from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.errors import UnknownUser
from runletters.parts import DEVICE_TOTALS_SCHEMA, LAPS_SCHEMA, Parts
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


def test_letters_are_listed_under_the_runners_own_day() -> None:
    """Where the file knows no offset, the day is that of the runner's zone, as in the letter."""
    settings, late = Settings(), datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    move_in(settings, "eve", runs=1)
    with Store.open(settings.store) as store:
        store.set_user("eve", preferences={"time_zone": "Asia/Kolkata"}, now=NOW)
        store.ensure_status("eve", ["late"], now=NOW)
        text = Text(body="A run.", writer="offline", model="m")
        written = Outcome(
            user_id="eve", activity_id="late", kind="letter", fingerprint="f", text=text
        )
        store.record([written], owner="r", now=NOW)
    activities = invented()[0].head(1).with_columns(
        user_id=pl.lit("eve"), activity_id=pl.lit("late"),
        started_at=pl.lit(late).dt.cast_time_unit("us"),
        utc_offset_s=pl.lit(None, dtype=pl.Int32),
    )  # fmt: skip
    History.open(settings.history).append("eve", parts_of_rows(activities))

    (listed,) = letters(user="eve").data["letters"]

    assert ("late", late, date(2026, 11, 21)) == (
        listed["activity"], listed["started_at"], listed["day"],
    )  # fmt: skip


def parts_of_rows(activities: pl.DataFrame) -> Parts:
    return Parts(
        activities=activities,
        streams=pl.DataFrame(schema={"activity_id": pl.String(), **STREAM_SCHEMA}),
        laps=pl.DataFrame(schema=LAPS_SCHEMA),
        device_totals=pl.DataFrame(schema=DEVICE_TOTALS_SCHEMA),
    )


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
