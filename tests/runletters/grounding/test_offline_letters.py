"""What the offline writer says passes the gate: invented runs, both languages, both units."""

from __future__ import annotations

from datetime import date

import pytest

from runletters.deriving import derive
from runletters.fact_sheets import fact_sheets_of
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
    activities, streams = generate_frames(11, 1, date(2026, 11, 20))
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
    assert [] == rejected
