"""How facts are laid out from a history on disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from runletters.activities import ACTIVITY_SCHEMA, STREAM_SCHEMA
from runletters.edges.history_files import History
from runletters.edges.loading import load_history
from runletters.grounding import check
from runletters.parts import DEVICE_TOTALS_SCHEMA, LAPS_SCHEMA, Parts
from runletters.settings import Settings
from runletters.users import Preferences, User
from runletters.writing.offline import write_coaching, write_letter
from tasks.facts import read_fact_sheets

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose runner has thirty runs known by their totals alone, as running_page gives."""
    made = Settings(_env_file=None, home=tmp_path)
    began = datetime(2026, 9, 1, 6, 0, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        dict.fromkeys(ACTIVITY_SCHEMA)
        | {
            "user_id": "ada", "activity_id": f"page-{number}", "sport": "running", "is_run": True,
            "started_at": began + timedelta(days=2 * number), "utc_offset_s": 7_200,
            "distance_m": 6_000.0 + 10 * number, "moving_s": 2_000.0 - number, "quality": [],
            "is_manual": False, "has_streams": False, "sources": [], "rights": "local_only",
            "ingested_at": began,
        }
        for number in range(30)
    ]  # fmt: skip
    parts = Parts(
        activities=pl.DataFrame(rows, schema=ACTIVITY_SCHEMA),
        streams=pl.DataFrame(schema={"activity_id": pl.String(), **STREAM_SCHEMA}),
        laps=pl.DataFrame(schema=LAPS_SCHEMA),
        device_totals=pl.DataFrame(schema=DEVICE_TOTALS_SCHEMA),
    )
    History.open(made.history).append("ada", parts)
    return made


def test_runs_without_streams_are_compared_and_not_doubted(settings: Settings) -> None:
    """Totals alone are believed: such a run has its place in the history, its class, its letter."""
    ada = User(user_id="ada", tier="premium", preferences=Preferences())

    [sheet] = read_fact_sheets(ada, [("page-29", "letter")], settings)

    number = sheet.fact("run_number")
    assert 30 == (number and number.value)
    assert () == sheet.caveats
    assert sheet.classification != "unknown"
    assert "question mark" not in write_letter(sheet).body
    assert "doubtful" not in write_coaching(sheet).body


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_whole_life_of_running_is_told_and_nothing_refused(
    shared_data: Path, tmp_path: Path, language: str
) -> None:
    """3,703 runs of one person: the gate accepts every letter and insight of the offline writer."""
    settings = Settings(_env_file=None, home=tmp_path)
    history = History.open(settings.history)
    load_history(str(shared_data / "yihong-run" / "activities.json"), "ada", history, now=NOW)
    runs = history.activities("ada").filter("is_run")["activity_id"].to_list()
    ada = User(user_id="ada", preferences=Preferences(language=language))

    sheets = read_fact_sheets(ada, [(run, "letter") for run in runs], settings)
    refused = [
        (sheet.activity_id, finding.rule, finding.found)
        for sheet in sheets
        for kind, text in (("letter", write_letter(sheet)), ("coaching", write_coaching(sheet)))
        for finding in check(text.body, sheet, kind=kind, structured=text.structured)
        if finding.severity == "reject"
    ]

    assert 3_703 == len(sheets)
    assert [] == refused
