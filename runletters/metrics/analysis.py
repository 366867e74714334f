"""All that one reading of the streams gives: figures, splits, best efforts, repetitions, routes.

Pure: no clock, no network, no database, no files. Cleans each sample once. Give it a
batch of runs at a time (some hundred thousand rows) and memory follows the batch.

Incremental: everything here belongs to one run and depends on its own samples and totals
only. New, changed and late runs are analysed and their rows replace the old ones by
`activity_id`; no other row changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from runletters.metrics.best_efforts import BEST_EFFORTS_SCHEMA, best_efforts
from runletters.metrics.intervals import REPETITION_SCHEMA, repetitions
from runletters.metrics.routes import ROUTES_SCHEMA, route_cells
from runletters.metrics.row import completed
from runletters.metrics.run_metrics import batches, known_activities, measured_of
from runletters.metrics.samples import samples
from runletters.metrics.splits import KILOMETRE_M, SPLIT_SCHEMA, splits_of


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What the streams of some runs say; every frame keyed by `activity_id`."""

    metrics: pl.DataFrame  # MEASURED_SCHEMA, one row per activity: pass it to `personalised`
    splits: pl.DataFrame  # SPLIT_SCHEMA
    best_efforts: pl.DataFrame  # BEST_EFFORTS_SCHEMA
    repetitions: pl.DataFrame  # REPETITION_SCHEMA
    routes: pl.DataFrame  # ROUTES_SCHEMA: cells, never places


def analysed(
    activities: pl.DataFrame, streams: pl.DataFrame, *, unit_m: float = KILOMETRE_M
) -> Analysis:
    """Analyse some runs.

    Args:
        activities: columns of ACTIVITY_SCHEMA; missing columns count as unknown.
        streams: `activity_id` and columns of STREAM_SCHEMA.
        unit_m: length of a split.
    """
    known = known_activities(activities)
    wanted = streams.join(known.select("activity_id"), on="activity_id", how="semi")
    parts = [_batch(batch, unit_m) for batch in batches(wanted)]
    figures = [part.metrics for part in parts]
    return Analysis(
        metrics=completed(known, pl.concat(figures, how="diagonal") if figures else pl.DataFrame()),
        splits=_joined([part.splits for part in parts], SPLIT_SCHEMA),
        best_efforts=_joined([part.best_efforts for part in parts], BEST_EFFORTS_SCHEMA),
        repetitions=_joined([part.repetitions for part in parts], REPETITION_SCHEMA),
        routes=_joined([part.routes for part in parts], ROUTES_SCHEMA),
    )


def replaced(old: pl.DataFrame, new: pl.DataFrame, touched: list[str]) -> pl.DataFrame:
    """A stored frame with the rows of touched activities taken out and the new ones put in.

    Args:
        old: what is kept, keyed by `activity_id`.
        new: the same frame of the touched activities; an activity that is gone has no row.
        touched: activities that are new, changed or gone.
    """
    kept = old.filter(~pl.col("activity_id").is_in(touched))
    return pl.concat([kept, new.select(old.columns)])


def _batch(batch: pl.DataFrame, unit_m: float) -> Analysis:
    clean = samples(batch)
    found = repetitions(clean)
    return Analysis(
        metrics=measured_of(clean, found),
        splits=splits_of(clean, unit_m),
        best_efforts=best_efforts(clean),
        repetitions=found,
        routes=route_cells(clean),
    )


def _joined(parts: list[pl.DataFrame], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=schema), *parts])
