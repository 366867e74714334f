"""What a run means for this runner: time in zones and load, from the row alone.

Pure: no clock, no network, no database, no files. Needs no stream: a row carries its
seconds at each heart rate, so a new maximum or threshold is a matter of milliseconds
for a whole history.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from runletters.activities import RUN_SPORTS
from runletters.metrics.anchors import Anchors, anchors_of_year
from runletters.metrics.training_load import (
    DURATION_LOAD_PER_HOUR,
    edwards_trimp,
    hr_tss,
    r_tss,
    trimp,
)
from runletters.metrics.zones import ZONE_COUNT
from runletters.users import Preferences

PERSONAL_SCHEMA: dict[str, pl.DataType] = {
    **{f"hr_zone_{index}_s": pl.Float64() for index in range(ZONE_COUNT + 1)},
    "hr_zone_model": pl.String(),  # lthr, reserve, max
    "hr_zone_confidence": pl.String(),  # typed_in, seen, estimated
    "hr_zone_lower_bpm": pl.List(pl.Float64()),
    "trimp_banister": pl.Float64(),
    "trimp_edwards": pl.Float64(),
    "trimp_source": pl.String(),  # samples, average
    "hr_tss": pl.Float64(),
    "r_tss": pl.Float64(),
    "load": pl.Float64(),  # hr_tss; runs also r_tss or by duration; 100 = an hour at threshold
    "load_source": pl.String(),  # hr_tss, r_tss, duration
    "load_quality": pl.String(),  # derived, estimated
}


def personalised(
    metrics: pl.DataFrame,
    preferences: Preferences,
    *,
    seen_bpm: float | None = None,
    seen_threshold_pace_s_per_km: float | None = None,
) -> pl.DataFrame:
    """The same rows with zones and loads by the limits given; old ones are replaced.

    Args:
        metrics: rows of `run_metrics`.
        preferences: what the runner typed in.
        seen_bpm: from `anchors.seen_heart_rate_max_bpm` over the whole history.
        seen_threshold_pace_s_per_km: from `form.threshold_pace_s_per_km`.
    """
    years = metrics["started_at"].dt.year().fill_null(0)
    anchors = {
        year: anchors_of_year(
            year,
            preferences,
            seen_bpm=seen_bpm,
            seen_threshold_pace_s_per_km=seen_threshold_pace_s_per_km,
        )
        for year in years.unique().to_list()
    }
    rows = metrics.select(*_NEEDED).iter_rows(named=True)
    personal = [_row(row, anchors[year]) for row, year in zip(rows, years, strict=True)]
    frame = pl.DataFrame(personal, schema=PERSONAL_SCHEMA)
    return metrics.with_columns(frame.with_columns(pl.selectors.float().round(6)))


_NEEDED = (
    "sport",
    "heart_rate_seconds", "heart_rate_avg_bpm", "heart_rate_quality", "moving_s",
    "pace_s_per_km", "gap_minetti_s_per_km", "pace_quality",
)  # fmt: skip


def _row(row: dict[str, Any], anchors: Anchors) -> dict[str, Any]:
    seconds_at = _seconds_at(row)
    by_rate = _by_rate(row, seconds_at, anchors)
    by_pace = _by_pace(row, anchors)
    return {
        **_zones(row, anchors),
        **by_rate,
        "r_tss": by_pace,
        **_load(row, by_rate, by_pace, anchors),
    }


def _seconds_at(row: dict[str, Any]) -> list[tuple[float, float]]:
    """(bpm, seconds) of the samples, else of the average, else nothing; sound ones only."""
    if row["heart_rate_quality"] != "measured":
        return []
    if row["heart_rate_seconds"]:
        return [(float(at["bpm"]), at["seconds"]) for at in row["heart_rate_seconds"]]
    if row["heart_rate_avg_bpm"] and row["moving_s"]:
        return [(row["heart_rate_avg_bpm"], row["moving_s"])]
    return []


def _by_rate(
    row: dict[str, Any], seconds_at: list[tuple[float, float]], anchors: Anchors
) -> dict[str, Any]:
    maximum = anchors.heart_rate_max_bpm
    if not seconds_at or maximum is None:
        return {"trimp_banister": None, "trimp_edwards": None, "trimp_source": None, "hr_tss": None}
    value = trimp(seconds_at, anchors)
    return {
        "trimp_banister": value,
        "trimp_edwards": edwards_trimp(seconds_at, maximum),
        "trimp_source": "samples" if row["heart_rate_seconds"] else "average",
        "hr_tss": hr_tss(value, anchors) if value is not None else None,
    }


def _by_pace(row: dict[str, Any], anchors: Anchors) -> float | None:
    pace = row["gap_minetti_s_per_km"] or row["pace_s_per_km"]
    threshold = anchors.threshold_pace_s_per_km
    if not pace or not threshold or row["pace_quality"] == "doubtful" or not _is_run(row):
        return None
    return r_tss(row["moving_s"], pace, threshold)


def _load(
    row: dict[str, Any], by_rate: dict[str, Any], by_pace: float | None, anchors: Anchors
) -> dict[str, Any]:
    known = anchors.heart_rate_source == "typed_in" and not anchors.rest_is_assumed
    if by_rate["hr_tss"] is not None:
        return _loaded(by_rate["hr_tss"], "hr_tss", "derived" if known else "estimated")
    if by_pace is not None:
        typed_in = anchors.pace_source == "typed_in"
        return _loaded(by_pace, "r_tss", "derived" if typed_in else "estimated")
    if row["moving_s"] and _is_run(row):
        hours = row["moving_s"] / 3_600.0
        return _loaded(hours * DURATION_LOAD_PER_HOUR, "duration", "estimated")
    return _loaded(None, None, None)


def _is_run(row: dict[str, Any]) -> bool:
    return (row["sport"] or "running") in RUN_SPORTS


def _loaded(load: float | None, source: str | None, quality: str | None) -> dict[str, Any]:
    return {"load": load, "load_source": source, "load_quality": quality}


def _zones(row: dict[str, Any], anchors: Anchors) -> dict[str, Any]:
    zones, seconds_at = anchors.zones, row["heart_rate_seconds"]
    if zones is None or not seconds_at or row["heart_rate_quality"] != "measured":
        return {name: None for name in PERSONAL_SCHEMA if name.startswith("hr_zone")}
    spent = [0.0] * (ZONE_COUNT + 1)
    for at in seconds_at:
        spent[sum(at["bpm"] >= bound for bound in zones.lower_bpm)] += at["seconds"]
    return {
        **{f"hr_zone_{index}_s": seconds for index, seconds in enumerate(spent)},
        "hr_zone_model": zones.model,
        "hr_zone_confidence": zones.confidence,
        "hr_zone_lower_bpm": list(zones.lower_bpm),
    }
