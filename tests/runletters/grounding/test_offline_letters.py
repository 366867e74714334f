"""What the offline writer says passes the gate: invented runs, both languages, both units."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from invented_runs import NO_METRICS, NO_SPLITS, frame, run

from runletters.deriving import derive
from runletters.fact_sheets import build_fact_sheets, fact_sheets_of
from runletters.facts import Units
from runletters.grounding import check
from runletters.metrics.splits import splits
from runletters.samples import generate_frames
from runletters.training import training_of
from runletters.users import Preferences
from runletters.writing.offline import write_coaching, write_letter


@pytest.mark.parametrize(
    ("language", "units"), [("en", "metric"), ("en", "imperial"), ("de", "metric")]
)
def test_offline_texts_pass(language: str, units: Units) -> None:
    """A year of invented runs, a letter and an insight each: nothing is rejected."""
    everything, streams = generate_frames(11, 1, date(2026, 11, 20))
    activities = everything.filter("is_run")
    preferences = Preferences(
        language=language, units=units, heart_rate_max_bpm=190, heart_rate_rest_bpm=50
    )
    kept = derive(activities, streams)
    routes = {name: frozenset(cells) for name, cells in kept["routes"].select(
        "activity_id", "cells").iter_rows()}  # fmt: skip
    sheets = fact_sheets_of(
        activities,
        training_of(kept["run_metrics"], kept["best_efforts"], preferences),
        routes,
        splits(streams, 1000.0 if units == "metric" else 1609.344),
        wanted=activities["activity_id"].to_list(),
        preferences=preferences,
    )
    rejected: list[tuple[str, str]] = []
    for sheet in sheets:
        letter, insight = write_letter(sheet), write_coaching(sheet)
        found = [
            *check(letter.body, sheet, kind="letter"),
            *check(insight.body, sheet, kind="coaching", structured=insight.structured),
        ]
        rejected += [(f.rule, f.found) for f in found if f.severity == "reject"]

    told = {fact.name for sheet in sheets for fact in sheet.facts}
    assert len(sheets) > 100
    assert {"route_rank", "even_heart_rate_faster", "repetitions", "graded_pace"} <= told
    assert {"training_above", "training_below", "race_estimate", "race_vdot"} <= told
    assert [] == rejected


@pytest.mark.parametrize("language", ["en", "de"])
def test_letters_of_second_runs_pass(language: str) -> None:
    """Eighty days with two runs each, in every wording there is: nothing is rejected."""
    days = [datetime(2026, 3, 1, 7, tzinfo=UTC) + timedelta(days=day) for day in range(80)]
    starts = [start + timedelta(hours=later) for start in days for later in (0, 11)]
    runs = frame(*(run(start, 5_000 + 40 * n, 330 + n % 17) for n, start in enumerate(starts)))
    wanted = runs["activity_id"].to_list()
    sheets = build_fact_sheets(runs, NO_METRICS, NO_SPLITS, wanted, Preferences(language=language))

    letters = [(sheet, write_letter(sheet).body) for sheet in sheets]

    seconds = [sheet for sheet in sheets if "second_run_of_day" in {f.name for f in sheet.facts}]
    assert len(seconds) > 60
    assert [] == [
        (finding.rule, finding.found)
        for sheet, body in letters
        for finding in check(body, sheet, kind="letter")
        if finding.severity == "reject"
    ]
