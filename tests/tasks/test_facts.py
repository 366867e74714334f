"""How facts are laid out from a history on disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

from runletters.activities import ACTIVITY_SCHEMA, STREAM_SCHEMA
from runletters.edges.history_files import History
from runletters.edges.loading import load_history
from runletters.facts import Units
from runletters.grounding import check
from runletters.parts import DEVICE_TOTALS_SCHEMA, LAPS_SCHEMA, Parts
from runletters.settings import Settings
from runletters.users import Preferences, User
from runletters.writing.offline import write_coaching, write_letter
from tasks.facts import read_fact_sheets

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
_BEGAN = datetime(2026, 9, 1, 6, 0, tzinfo=UTC)
_Told: TypeAlias = tuple[list[dict[str, Any]], list[dict[str, Any]]]
"""Rows of activities, and samples."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose runner has thirty runs known by their totals alone, as running_page gives."""
    made = Settings(_env_file=None, home=tmp_path)
    rows = [
        _run(
            f"page-{number}",
            _BEGAN + timedelta(days=2 * number),
            distance_m=6_000.0 + 10 * number,
            moving_s=2_000.0 - number,
        )
        for number in range(30)
    ]
    _append(History.open(made.history), (rows, []))
    return made


def _run(activity_id: str, started_at: datetime, **known: Any) -> dict[str, Any]:
    return dict.fromkeys(ACTIVITY_SCHEMA) | {
        "user_id": "ada", "activity_id": activity_id, "sport": "running", "is_run": True,
        "started_at": started_at, "utc_offset_s": 7_200, "quality": [], "is_manual": False,
        "has_streams": False, "sources": [], "rights": "local_only", "ingested_at": _BEGAN, **known,
    }  # fmt: skip


def _steady_run(activity_id: str, started_at: datetime, *, pace_s_per_km: float, km: int) -> _Told:
    """A run at one pace with a sample every ten seconds."""
    moving_s = pace_s_per_km * km
    row = _run(
        activity_id, started_at, distance_m=1000.0 * km, moving_s=moving_s, elapsed_s=moving_s,
        has_streams=True,
    )  # fmt: skip
    samples = [
        {"activity_id": activity_id, "t_s": float(t_s), "distance_m": 1000.0 * t_s / pace_s_per_km}
        for t_s in range(0, int(moving_s) + 1, 10)
    ]
    return [row], samples


def _append(history: History, told: _Told) -> None:
    rows, samples = told
    streams = [dict.fromkeys(STREAM_SCHEMA) | sample for sample in samples]
    parts = Parts(
        activities=pl.DataFrame(rows, schema=ACTIVITY_SCHEMA),
        streams=pl.DataFrame(streams, schema={"activity_id": pl.String(), **STREAM_SCHEMA}),
        laps=pl.DataFrame(schema=LAPS_SCHEMA),
        device_totals=pl.DataFrame(schema=DEVICE_TOTALS_SCHEMA),
    )
    history.append("ada", parts)


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


@pytest.mark.parametrize(("units", "length_m"), [("metric", 1000.0), ("imperial", 1609.344)])
def test_a_run_is_cut_into_the_units_of_its_reader(
    tmp_path: Path, units: Units, length_m: float
) -> None:
    """Kept kilometres and miles cut anew say the same as the streams themselves."""
    settings = Settings(_env_file=None, home=tmp_path)
    history = History.open(settings.history)
    _append(history, _steady_run("with-streams", _BEGAN, pace_s_per_km=300.0, km=5))
    ada = User(user_id="ada", preferences=Preferences(units=units))

    [sheet] = read_fact_sheets(ada, [("with-streams", "letter")], settings)
    whole = [cut for cut in sheet.splits if cut.distance_m > 0.99 * length_m]

    assert int(5_000 / length_m) == len(whole)
    assert [round(length_m, 1)] * len(whole) == [cut.distance_m for cut in whole]
    assert [pytest.approx(0.3 * length_m, abs=1.0)] * len(whole) == [cut.moving_s for cut in whole]


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
