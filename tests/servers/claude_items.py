"""Fact sheets and work items for tests that speak to the fake."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from runletters.assignments import work_item
from runletters.content import Kind, WorkItem
from runletters.edges.claude_writer import hand
from runletters.facts import Fact, FactSheet, SplitFact
from runletters.settings import Settings


def fact_sheet(activity_id: str = "a1", **changes: Any) -> FactSheet:
    values: dict[str, Any] = {
        "activity_id": activity_id,
        "started_local": datetime(2026, 11, 21, 7, 12),  # noqa: DTZ001 - the runner's own clock
        "sport": "running",
        "classification": "easy",
        "classification_reason": "5:42 per km against 5:40 per km over recent runs",
        "facts": (
            Fact(name="date", value="2026-11-21", unit="date", text="21 November 2026"),
            Fact(name="distance", value=10213.0, unit="m", text="10.2 km"),
            Fact(name="moving_time", value=3491.0, unit="s", text="58:11"),
            Fact(name="pace", value=341.8, unit="s_per_km", text="5:42 per km"),
            Fact(name="heart_rate_avg", value=151, unit="bpm", text="151 bpm"),
            Fact(
                name="distance_rank", value=3, unit="rank", text="third longest of 57 runs",
                n=57, window="since 2 March 2024",
            ),
        ),
        "splits": (
            SplitFact(
                index=1, distance_m=1000, elapsed_s=350, moving_s=345, pace_s=345,
                pace_text="5:45 per km", heart_rate_avg_bpm=144,
            ),
        ),
        "title": f"Run {activity_id}",
    }  # fmt: skip
    return FactSheet(**values | changes)


def item_of(sheet: FactSheet, kind: Kind, settings: Settings, user_id: str = "ada") -> WorkItem:
    return work_item(user_id, sheet, kind, hand(kind, settings))
