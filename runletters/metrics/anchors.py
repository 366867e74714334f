"""What zones and loads of one runner hang on: maximum, rest, threshold, each with its source.

Pure: no clock, no network, no database, no files. Nothing unknown is invented in
silence: every value says whether it was typed in, seen in the history or estimated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import polars as pl

from runletters.metrics.zones import Zones, seen_max_bpm, tanaka_max_bpm, zones_for
from runletters.users import Preferences

Source: TypeAlias = Literal["typed_in", "seen", "estimated"]

ASSUMED_REST_BPM = 60.0
"""Rest where nobody typed one in; loads that use it are marked as estimated."""
THRESHOLD_SHARE = 0.89
"""Threshold heart rate as a share of the maximum where none was typed in: a rule of thumb."""


@dataclass(frozen=True, kw_only=True)
class Anchors:
    """The runner's limits in one calendar year."""

    heart_rate_max_bpm: float | None = None
    heart_rate_rest_bpm: float = ASSUMED_REST_BPM
    rest_is_assumed: bool = True
    threshold_heart_rate_bpm: float | None = None
    threshold_pace_s_per_km: float | None = None
    heart_rate_source: Source = "estimated"
    pace_source: Source = "estimated"
    is_female: bool = False  # unknown: the constants for men, which are the lower ones
    zones: Zones | None = None


def anchors_of_year(
    year: int,
    preferences: Preferences,
    *,
    seen_bpm: float | None = None,
    seen_threshold_pace_s_per_km: float | None = None,
) -> Anchors:
    """The best known limits of a runner.

    Args:
        year: calendar year that is judged; the age counts only if nothing better is known.
        preferences: what was typed in.
        seen_bpm: from `seen_heart_rate_max_bpm`.
        seen_threshold_pace_s_per_km: from `form.threshold_pace_s_per_km` of the best efforts.
    """
    age = year - preferences.birth_year if preferences.birth_year else None
    typed = preferences.heart_rate_max_bpm
    maximum = typed or seen_bpm or (tanaka_max_bpm(age) if age else None)
    threshold = preferences.threshold_heart_rate_bpm
    return Anchors(
        heart_rate_max_bpm=maximum,
        heart_rate_rest_bpm=preferences.heart_rate_rest_bpm or ASSUMED_REST_BPM,
        rest_is_assumed=preferences.heart_rate_rest_bpm is None,
        threshold_heart_rate_bpm=threshold or (maximum * THRESHOLD_SHARE if maximum else None),
        threshold_pace_s_per_km=preferences.threshold_pace_s_per_km or seen_threshold_pace_s_per_km,
        heart_rate_source=_source(bool(typed or threshold), bool(seen_bpm)),
        pace_source=_source(
            bool(preferences.threshold_pace_s_per_km), bool(seen_threshold_pace_s_per_km)
        ),
        is_female=preferences.sex == "female",
        zones=zones_for(preferences, seen_bpm=seen_bpm, age_years=age),
    )


def seen_heart_rate_max_bpm(metrics: pl.DataFrame) -> float | None:
    """Highest heart rate the history shows: see `zones.seen_max_bpm`.

    Args:
        metrics: rows of `run_metrics`; doubtful heart rates are left out.
    """
    sound = metrics.filter(pl.col("heart_rate_quality") == "measured")
    return seen_max_bpm(sound["heart_rate_max_bpm"].drop_nulls().to_list())


def _source(typed_in: bool, seen: bool) -> Source:
    if typed_in:
        return "typed_in"
    return "seen" if seen else "estimated"
