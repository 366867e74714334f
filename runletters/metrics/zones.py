"""Heart-rate zones: five of them, from what is known about the runner.

Pure: no clock, no network, no database, no files.

Models, best first:
- `lthr`: Friel's run zones, per cent of the threshold heart rate (< 85, 85-89, 90-94,
  95-99, 100 and more; his 5a-5c are one zone here).
- `reserve`: Karvonen, rest + p (max - rest), p = 50, 60, 70, 80, 90 %.
- `max`: the same shares of the maximum (Edwards' zones).
The maximum is typed in, else seen (the second highest of at least ten sound runs), else
estimated from the age (Tanaka: 208 - 0.7 age); the confidence says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from runletters.users import Preferences

ZoneModel: TypeAlias = Literal["lthr", "reserve", "max"]
Confidence: TypeAlias = Literal["typed_in", "seen", "estimated"]

ZONE_COUNT = 5
MAX_SHARES = (0.50, 0.60, 0.70, 0.80, 0.90)
LTHR_SHARES = (0.0, 0.85, 0.90, 0.95, 1.00)
SEEN_RUNS = 10


@dataclass(frozen=True, kw_only=True)
class Zones:
    """Lower bounds of zones 1 to 5 in bpm; below the first bound is no zone (zone 0)."""

    model: ZoneModel
    confidence: Confidence
    lower_bpm: tuple[float, ...]
    heart_rate_max_bpm: float | None = None
    heart_rate_rest_bpm: float | None = None
    threshold_bpm: float | None = None


def karvonen_bpm(share: float, *, rest_bpm: float, max_bpm: float) -> float:
    """Heart rate at a share (0..1) of the heart-rate reserve (Karvonen 1957)."""
    return rest_bpm + share * (max_bpm - rest_bpm)


def tanaka_max_bpm(age_years: float) -> float:
    """Maximum heart rate by age, a fallback only (Tanaka 2001: 208 - 0.7 age)."""
    return 208.0 - 0.7 * age_years


def seen_max_bpm(highest_bpm: list[float]) -> float | None:
    """Maximum heart rate out of the maxima of sound runs, or None below ten of them.

    The second highest is taken: one artefact that slipped through does not decide.
    """
    if len(highest_bpm) < SEEN_RUNS:
        return None
    return sorted(highest_bpm)[-2]


def zones_for(
    preferences: Preferences, *, seen_bpm: float | None = None, age_years: float | None = None
) -> Zones | None:
    """The zones of a runner by the best model that what is known allows; None without any.

    Args:
        preferences: what the runner typed in.
        seen_bpm: from `seen_max_bpm`, over the whole history.
        age_years: age in the year that is judged.
    """
    if preferences.threshold_heart_rate_bpm:
        return _threshold_zones(preferences)
    maximum, confidence = _maximum(preferences, seen_bpm, age_years)
    if maximum is None:
        return None
    rest = preferences.heart_rate_rest_bpm
    return Zones(
        model="reserve" if rest else "max",
        confidence=confidence,
        lower_bpm=tuple(
            karvonen_bpm(share, rest_bpm=rest or 0.0, max_bpm=maximum) for share in MAX_SHARES
        ),
        heart_rate_max_bpm=maximum,
        heart_rate_rest_bpm=rest,
    )


def _threshold_zones(preferences: Preferences) -> Zones:
    threshold = float(preferences.threshold_heart_rate_bpm or 0)
    return Zones(
        model="lthr",
        confidence="typed_in",
        lower_bpm=tuple(share * threshold for share in LTHR_SHARES),
        heart_rate_max_bpm=preferences.heart_rate_max_bpm,
        heart_rate_rest_bpm=preferences.heart_rate_rest_bpm,
        threshold_bpm=threshold,
    )


def _maximum(
    preferences: Preferences, seen_bpm: float | None, age_years: float | None
) -> tuple[float | None, Confidence]:
    if preferences.heart_rate_max_bpm:
        return float(preferences.heart_rate_max_bpm), "typed_in"
    if seen_bpm:
        return seen_bpm, "seen"
    if age_years:
        return tanaka_max_bpm(age_years), "estimated"
    return None, "estimated"
