"""From a whole history to one fact sheet per wanted run.

Pure: no clock, no network, no database. Comparisons are made once for the whole
history, in order; each sheet then reads its own row. What is flagged or cannot
be believed becomes a caveat, never a claim.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from runletters.activities import FLAT_SPORTS
from runletters.comparisons import COMPARISON_INPUT, compare
from runletters.facts import Fact, FactSheet, SplitFact
from runletters.metrics.route_masks import Routes
from runletters.sheets.calendar import CALENDAR
from runletters.sheets.candidates import Candidate, Row, most_telling
from runletters.sheets.classify import class_of, tone_of, with_class
from runletters.sheets.condition import condition_facts
from runletters.sheets.effort import EFFORT, split_facts
from runletters.sheets.headline import advice, counted, headline
from runletters.sheets.history import HISTORY
from runletters.sheets.training import further_candidates
from runletters.sheets.trust import caveats, with_trust
from runletters.training import Training
from runletters.untrusted import bounded_notes, bounded_title
from runletters.users import Preferences
from runletters.wording import Wording, wording_for

FROM_METRICS = (
    "distance_m", "moving_s", "elapsed_s", "elevation_gain_m", "heart_rate_avg_bpm",
    "heart_rate_max_bpm",
)  # fmt: skip
"""Columns both frames may hold: the metric's value wins where it has one."""


def build_fact_sheets(
    activities: pl.DataFrame,
    metrics: pl.DataFrame,
    splits: pl.DataFrame,
    wanted: Sequence[str],
    preferences: Preferences,
    *,
    extra: Mapping[str, Sequence[Fact]] | None = None,
    further: Mapping[str, Sequence[Candidate]] | None = None,
    table: pl.DataFrame | None = None,
) -> list[FactSheet]:
    """One sheet per wanted run, in the order asked for.

    Args:
        activities: ACTIVITY_SCHEMA, the whole history of one user.
        metrics: One row per run, keyed by activity_id; a column that is absent is a fact
            that is absent.
        splits: activity_id, index, distance_m, elapsed_s, moving_s, pace_s (per the reader's
            unit), elevation_change_m, heart_rate_avg_bpm.
        wanted: Activity ids; those that are no run of this history are left out.
        preferences: Language, units, name, time zone, and whether notes may be used.
        extra: Further facts by activity id (load, form), told right after the most telling.
        further: Candidates by activity id, which compete with those made here.
        table: `compared_runs` of the same arguments, where it was made already.
    """
    wording = wording_for(preferences.language, preferences.units)
    if table is None:
        table = compared_runs(activities, metrics, preferences)
    rows = table.filter(pl.col("activity_id").is_in(list(wanted))).iter_rows(named=True)
    by_id = {str(row["activity_id"]): row for row in rows}
    by_run = _splits_by_run(splits, frozenset(by_id), wording)
    return [
        _sheet(
            by_id[key],
            by_run.get(key, ()),
            wording,
            preferences,
            extra=(extra or {}).get(key, ()),
            further=(further or {}).get(key, ()),
        )
        for key in wanted
        if key in by_id
    ]


def compared_runs(
    activities: pl.DataFrame, metrics: pl.DataFrame, preferences: Preferences
) -> pl.DataFrame:
    """Every run with its class and its place in the history as of its day, oldest first.

    Letters and `runletters compare` both read their ranks here.
    """
    runs = with_class(with_trust(_joined(activities, metrics), preferences))
    compared = compare(_comparable(runs), preferences.units)
    return runs.join(compared, on="activity_id", how="left", maintain_order="left")


def fact_sheets_of(
    activities: pl.DataFrame,
    training: Training,
    routes: Routes,
    splits: pl.DataFrame,
    *,
    wanted: Sequence[str],
    preferences: Preferences,
    table: pl.DataFrame | None = None,
) -> list[FactSheet]:
    """Sheets with everything the runner's training adds to the headline figures.

    Args:
        activities: ACTIVITY_SCHEMA, the whole history of one user.
        training: of the same history.
        routes: cells by activity, where the geometry is known.
        splits: of the wanted runs, as in `build_fact_sheets`.
        wanted: activity ids.
        preferences: the reader's.
        table: as in `build_fact_sheets`.
    """
    wording = wording_for(preferences.language, preferences.units)
    further = further_candidates(wanted, training.metrics, training.best_efforts, routes, wording)
    return build_fact_sheets(
        activities,
        training.metrics,
        splits,
        wanted,
        preferences,
        extra=condition_facts(wanted, training, wording),
        further=further,
        table=table,
    )


def _joined(activities: pl.DataFrame, metrics: pl.DataFrame) -> pl.DataFrame:
    runs = activities.filter(pl.col("is_run")).sort("started_at", "activity_id")
    if "activity_id" not in metrics.columns:
        return runs
    joined = runs.join(metrics, on="activity_id", how="left", suffix="_metric")
    both = [name for name in FROM_METRICS if f"{name}_metric" in joined.columns]
    best = [pl.coalesce(f"{name}_metric", name).alias(name) for name in both]
    if "quality_flags" in joined.columns:
        best.append(pl.col("quality").list.set_union(pl.col("quality_flags").fill_null([])))
    return joined.with_columns(best)


def _comparable(runs: pl.DataFrame) -> pl.DataFrame:
    pace = pl.when("has_comparable_pace").then("pace_s_per_km").alias("pace_s_per_km")
    columns = [pl.col(name).cast(kind) for name, kind in COMPARISON_INPUT.items()]
    return runs.filter(pl.col("is_trusted")).with_columns(pace).select(columns)


def _splits_by_run(
    splits: pl.DataFrame, wanted: frozenset[str], wording: Wording
) -> dict[str, tuple[SplitFact, ...]]:
    if splits.is_empty() or "activity_id" not in splits.columns:
        return {}
    found: dict[str, list[SplitFact]] = defaultdict(list)
    mine = splits.filter(pl.col("activity_id").is_in(list(wanted))).sort("activity_id", "index")
    for row in mine.iter_rows(named=True):
        found[row["activity_id"]].append(_split(row, wording))
    return {key: tuple(value) for key, value in found.items()}


def _split(row: Mapping[str, Any], wording: Wording) -> SplitFact:
    return SplitFact(
        index=row["index"],
        distance_m=round(row["distance_m"], 1),
        elapsed_s=round(row["elapsed_s"], 1),
        moving_s=round(row["moving_s"], 1),
        pace_s=round(row["pace_s"], 1),
        pace_text=wording.pace_of(row["pace_s"]),
        elevation_change_m=row.get("elevation_change_m"),
        heart_rate_avg_bpm=row.get("heart_rate_avg_bpm"),
    )


def _told(splits: tuple[SplitFact, ...], row: Row) -> tuple[SplitFact, ...]:
    """Splits of a run that is believed; level ones on a belt and a track."""
    if not row["is_trusted"]:
        return ()
    if row["sport"] not in FLAT_SPORTS:
        return splits
    return tuple(split.model_copy(update={"elevation_change_m": None}) for split in splits)


def _facts(
    row: Row, splits: Sequence[SplitFact], wording: Wording, further: Sequence[Candidate]
) -> tuple[Fact, ...]:
    makers = (*HISTORY, *CALENDAR, *EFFORT) if row["is_trusted"] else ()
    made = [candidate for make in makers if (candidate := make(row, wording))]
    if row["is_trusted"]:
        made += [*split_facts(splits, wording), *further]
    return most_telling(made, row["activity_id"])


def _sheet(
    row: Row,
    splits: tuple[SplitFact, ...],
    wording: Wording,
    preferences: Preferences,
    *,
    extra: Sequence[Fact],
    further: Sequence[Candidate],
) -> FactSheet:
    started_local: datetime = row["started_local"]
    classification, reason = class_of(row, wording)
    telling = _facts(row, splits, wording, further)
    figures = headline(row, wording, started_local)
    numbers = counted(row, wording) if row["is_trusted"] else []
    safe = advice(row, wording, classification) if row["is_trusted"] else []
    return FactSheet(
        activity_id=row["activity_id"],
        language=preferences.language,
        units=preferences.units,
        reader_name=preferences.reader_name,
        started_local=started_local,
        local_time_known=row["local_time_known"],
        sport=row["sport"],
        classification=classification,
        classification_reason=reason,
        tone=tone_of(row, allow_notes=preferences.allow_notes),
        facts=(*telling, *extra, *figures, *numbers, *safe),
        splits=_told(splits, row),
        caveats=caveats(row, wording, preferences.language),
        title=bounded_title(row["title"]),
        notes=bounded_notes(row["notes"]) if preferences.allow_notes else None,
    )
