"""What the offline writer says passes the gate: invented runs, both languages, both units."""

from __future__ import annotations

from datetime import date

import pytest

from runletters.fact_sheets import build_fact_sheets
from runletters.facts import Units
from runletters.grounding import check
from runletters.metrics.run_metrics import run_metrics
from runletters.metrics.splits import splits
from runletters.samples import generate_frames
from runletters.users import Preferences
from runletters.writing.offline import write_coaching, write_letter

STYLE = {"person"}
"""No lie: a letter may do without a word of address."""


@pytest.mark.parametrize(
    ("language", "units"), [("en", "metric"), ("en", "imperial"), ("de", "metric")]
)
def test_offline_texts_pass(language: str, units: Units) -> None:
    """A year of invented runs, a letter and an insight each: nothing is rejected."""
    activities, streams = generate_frames(11, 1, date(2026, 11, 20))
    preferences = Preferences(language=language, units=units)
    sheets = build_fact_sheets(
        activities,
        run_metrics(activities, streams, preferences),
        splits(streams, 1000.0 if units == "metric" else 1609.344),
        activities["activity_id"].to_list(),
        preferences,
    )
    rejected: list[tuple[str, str]] = []
    for sheet in sheets:
        letter, insight = write_letter(sheet), write_coaching(sheet)
        found = [
            *check(letter.body, sheet, kind="letter"),
            *check(insight.body, sheet, kind="coaching", structured=insight.structured),
        ]
        rejected += [(f.rule, f.found) for f in found if f.severity == "reject"]

    assert len(sheets) > 100
    assert [] == [r for r in rejected if r[0] not in STYLE]
