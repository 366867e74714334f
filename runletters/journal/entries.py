"""From the tables of a runner to the entries of a journal.

Pure: frames in, entries out. Figures are trusted as the letters trust them
(`sheets.trust`): a pace or heart rate that cannot be believed is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl
from pydantic import ValidationError

from runletters.fact_sheets import FROM_METRICS
from runletters.journal.model import Drawing, Entry, Split
from runletters.sheets.trust import with_trust
from runletters.untrusted import bounded_title
from runletters.users import Preferences
from runletters.writing.insight import Insight

_SPLIT_COLUMNS = ("distance_m", "pace_s", "heart_rate_avg_bpm")


def entries(
    activities: pl.DataFrame,
    metrics: pl.DataFrame,
    splits: pl.DataFrame,
    contents: pl.DataFrame,
    preferences: Preferences,
    *,
    drawings: Mapping[str, Drawing] | None = None,
) -> list[Entry]:
    """One entry per run that may be written about, newest first.

    Args:
        activities: ACTIVITY_SCHEMA, the whole history of one user.
        metrics: `run_metrics` as kept; may be empty.
        splits: Per `activity_id` and `index` the splits of a kilometre as kept; may be empty.
        contents: Current texts: activity_id, kind, text, structured (JSON), edited_body.
        preferences: The runner's time zone counts where a run carries no offset.
        drawings: Shapes by activity id, where the runner asked for them.
    """
    rows = runs_of(activities, metrics, preferences)
    texts = {(row["activity_id"], row["kind"]): row for row in contents.iter_rows(named=True)}
    by_run = _splits_by_run(splits)
    counts: dict[date, int] = {}
    found: list[Entry] = []
    for row in rows.iter_rows(named=True):
        key = str(row["activity_id"])
        day = row["started_local"].date()
        counts[day] = counts.get(day, 0) + 1
        written = _written(texts.get((key, "letter")), texts.get((key, "coaching")))
        shown = {
            "splits": by_run.get(key, ()),
            "drawing": (drawings or {}).get(key),
        }
        found.append(_entry(row, _anchor(day, counts[day]), written | shown))
    return found[::-1]


def runs_of(
    activities: pl.DataFrame, metrics: pl.DataFrame, preferences: Preferences
) -> pl.DataFrame:
    """Runs whose source allows texts, oldest first, with local time and what can be trusted."""
    allowed = pl.col("is_run") & (pl.col("rights") != "none")
    runs = activities.filter(allowed).sort("started_at", "activity_id")
    known = [name for name in (*FROM_METRICS, "quality_flags") if name in metrics.columns]
    joined = runs.join(
        metrics.select("activity_id", *known) if known else metrics.select("activity_id"),
        on="activity_id", how="left", suffix="_metric",
    )  # fmt: skip
    both = [name for name in FROM_METRICS if f"{name}_metric" in joined.columns]
    best = [pl.coalesce(f"{name}_metric", name).alias(name) for name in both]
    if "quality_flags" in joined.columns:
        flags = pl.col("quality_flags").fill_null([])
        best.append(pl.col("quality").fill_null([]).list.set_union(flags))
    return with_trust(joined.with_columns(*best), preferences)


def _entry(row: dict[str, Any], anchor: str, more: dict[str, Any]) -> Entry:
    return Entry(
        activity_id=str(row["activity_id"]),
        anchor=anchor,
        started_local=row["started_local"],
        local_time_known=row["local_time_known"],
        title=bounded_title(row["title"]),
        is_race=bool(row["is_race"]),
        distance_m=row["distance_m"],
        moving_s=row["moving_s"],
        pace_s_per_km=row["pace_s_per_km"] if row["has_trusted_pace"] else None,
        heart_rate_bpm=row["heart_rate_avg_bpm"],
        elevation_gain_m=row["elevation_gain_m"],
        **more,
    )


def _anchor(day: date, number: int) -> str:
    return day.isoformat() if number == 1 else f"{day.isoformat()}-{number}"


def _written(letter: dict[str, Any] | None, coaching: dict[str, Any] | None) -> dict[str, Any]:
    insight = _insight(coaching)
    return {
        "letter": paragraphs(letter["text"]) if letter else (),
        "is_letter_edited": bool(letter and letter["edited_body"] is not None),
        "insight": insight,
        "insight_text": paragraphs(coaching["text"]) if coaching and insight is None else (),
    }


def _insight(coaching: dict[str, Any] | None) -> Insight | None:
    """The insight's fields; None where the runner edited the text or the fields are not ours."""
    if not coaching or coaching["edited_body"] is not None or not coaching["structured"]:
        return None
    try:
        return Insight.model_validate(json.loads(coaching["structured"]))
    except (ValidationError, ValueError):
        return None


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a plain text; blank lines part them, other breaks are blanks."""
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return tuple(part for part in parts if part)


def _splits_by_run(splits: pl.DataFrame) -> dict[str, tuple[Split, ...]]:
    if "index" not in splits.columns:
        return {}
    found: dict[str, list[Split]] = {}
    ordered = splits.sort("activity_id", "index").select("activity_id", *_SPLIT_COLUMNS)
    for activity_id, distance_m, pace_s, bpm in _sound(ordered.iter_rows()):
        split = Split(distance_m=distance_m, pace_s_per_km=pace_s, heart_rate_bpm=bpm)
        found.setdefault(activity_id, []).append(split)
    return {activity_id: tuple(each) for activity_id, each in found.items()}


def _sound(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    return (row for row in rows if row[1] and row[2] and row[1] > 0 and row[2] > 0)
