"""One row of figures per run: what fact sheets, load and trends are made of.

Pure: no clock, no network, no database, no files. Works in batches of runs, so memory
follows the batch and not the history.

What is recomputed when: `measured` depends on the run's own samples and totals only, so a
new, changed or late run touches its own row and no other. `personalised` depends on the
row and the runner's limits; when those change (a new maximum, a typed-in threshold) it
is run over all rows, without streams, in milliseconds per thousand runs.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from runletters.activities import ACTIVITY_SCHEMA
from runletters.metrics.anchors import seen_heart_rate_max_bpm
from runletters.metrics.elevation import elevation
from runletters.metrics.grade import graded
from runletters.metrics.heart_rate import drift, heart_rates, histogram
from runletters.metrics.intervals import repetitions, sessions
from runletters.metrics.moving import moving
from runletters.metrics.pacing import evenness, pacing
from runletters.metrics.personal import personalised
from runletters.metrics.quality import quality
from runletters.metrics.row import MEASURED_SCHEMA, RUN_METRICS_SCHEMA, completed
from runletters.metrics.samples import samples
from runletters.metrics.splits import splits_of
from runletters.metrics.steps import steps
from runletters.users import Preferences

__all__ = [
    "MEASURED_SCHEMA", "RUN_METRICS_SCHEMA", "measured", "personalised", "run_metrics",
    "seen_heart_rate_max_bpm",
]  # fmt: skip

BATCH_ROWS = 500_000


def run_metrics(
    activities: pl.DataFrame,
    streams: pl.DataFrame,
    preferences: Preferences,
    *,
    seen_bpm: float | None = None,
    seen_threshold_pace_s_per_km: float | None = None,
) -> pl.DataFrame:
    """All figures of each activity, from its stream where there is one, else its totals.

    Args:
        activities: columns of ACTIVITY_SCHEMA; missing columns count as unknown.
        streams: `activity_id` and columns of STREAM_SCHEMA, any number of runs; rows of
            activities that are not in `activities` are left out.
        preferences: whose zones and thresholds apply.
        seen_bpm: highest heart rate of the whole history (`seen_heart_rate_max_bpm`);
            counts only where the runner typed in neither maximum nor threshold.
        seen_threshold_pace_s_per_km: threshold pace out of the best efforts
            (`form.threshold_pace_s_per_km`); counts only where none was typed in.

    Returns:
        One row per activity, in the order of `activities`, columns of RUN_METRICS_SCHEMA.
    """
    return personalised(
        measured(activities, streams),
        preferences,
        seen_bpm=seen_bpm,
        seen_threshold_pace_s_per_km=seen_threshold_pace_s_per_km,
    )


def measured(activities: pl.DataFrame, streams: pl.DataFrame) -> pl.DataFrame:
    """The part of `run_metrics` that no preference and no other run changes.

    Returns:
        One row per activity, columns of MEASURED_SCHEMA.
    """
    known = known_activities(activities)
    wanted = streams.join(known.select("activity_id"), on="activity_id", how="semi")
    parts = [measured_of(samples(batch)) for batch in batches(wanted)]
    return completed(known, pl.concat(parts, how="diagonal") if parts else pl.DataFrame())


def batches(streams: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Slices of whole runs, about BATCH_ROWS rows each."""
    in_order = streams["activity_id"].rle_id().n_unique() == streams["activity_id"].n_unique()
    rows = streams if in_order else streams.sort("activity_id", maintain_order=True)
    start, length = 0, 0
    for count in rows["activity_id"].rle().struct.field("len").to_list():
        if length and length + count > BATCH_ROWS:
            yield rows.slice(start, length)
            start, length = start + length, 0
        length += count
    if length:
        yield rows.slice(start, length)


def known_activities(activities: pl.DataFrame) -> pl.DataFrame:
    """The same rows with every column of ACTIVITY_SCHEMA; what is missing is null."""
    absent = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in ACTIVITY_SCHEMA.items()
        if name not in activities.columns
    ]
    return activities.with_columns(absent)


def measured_of(clean: pl.DataFrame, found: pl.DataFrame | None = None) -> pl.DataFrame:
    """What the samples of a batch of runs say, one row per run with samples.

    Args:
        clean: from `samples.samples`.
        found: repetitions of these samples, where the caller has them already.
    """
    row = moving(clean)
    for part in (
        elevation(clean),
        heart_rates(clean),
        histogram(clean),
        drift(clean),
        pacing(clean),
        evenness(splits_of(clean)),
        graded(clean),
        steps(clean),
        quality(clean),
        sessions(repetitions(clean) if found is None else found),
    ):
        row = row.join(part, on="activity_id", how="left")
    return row
