"""Load of one run: TRIMP (Banister, Edwards), hrTSS, rTSS, with every constant stated.

Pure: no clock, no network, no database, no files.

- Banister: minutes x r x 0.64 e^(1.92 r) for men, 0.86 e^(1.67 r) for women (Morton),
  r = (HR - rest) / (max - rest), summed over samples; from the average only where no
  samples exist (it under-counts intervals, the function is convex).
- Edwards: minutes x 1..5 in 50-60 ... 90-100 % of the maximum.
- hrTSS: TRIMP over the TRIMP of one hour at threshold heart rate, x 100.
- rTSS: hours x IF^2 x 100, IF = graded speed over threshold speed. One hour at
  threshold is 100 in both.
"""

from __future__ import annotations

import math

from runletters.metrics.anchors import Anchors

MEN = (0.64, 1.92)
WOMEN = (0.86, 1.67)
EDWARDS_SHARES = (0.50, 0.60, 0.70, 0.80, 0.90)
DURATION_LOAD_PER_HOUR = 50.0
"""Load of an hour of running of which nothing but its duration is known: IF 0.71."""


def reserve_share(heart_rate_bpm: float, *, rest_bpm: float, max_bpm: float) -> float:
    """Share of the heart-rate reserve, held between 0 and 1."""
    return min(1.0, max(0.0, (heart_rate_bpm - rest_bpm) / (max_bpm - rest_bpm)))


def banister_trimp(minutes: float, share: float, *, is_female: bool = False) -> float:
    """TRIMP of some minutes at one share of the heart-rate reserve (Banister 1991)."""
    factor, exponent = WOMEN if is_female else MEN
    return minutes * share * factor * math.exp(exponent * share)


def trimp(seconds_at: list[tuple[float, float]], anchors: Anchors) -> float | None:
    """Banister's TRIMP over (bpm, seconds); None if the maximum is not known."""
    maximum = anchors.heart_rate_max_bpm
    if maximum is None or maximum <= anchors.heart_rate_rest_bpm:
        return None
    return sum(
        banister_trimp(
            seconds / 60.0,
            reserve_share(bpm, rest_bpm=anchors.heart_rate_rest_bpm, max_bpm=maximum),
            is_female=anchors.is_female,
        )
        for bpm, seconds in seconds_at
    )


def edwards_trimp(seconds_at: list[tuple[float, float]], max_bpm: float) -> float:
    """Edwards' TRIMP over (bpm, seconds): minutes times the number of the zone."""
    return sum(
        seconds / 60.0 * sum(bpm >= share * max_bpm for share in EDWARDS_SHARES)
        for bpm, seconds in seconds_at
    )


def hr_tss(trimp_value: float, anchors: Anchors) -> float | None:
    """TRIMP scaled so that one hour at threshold heart rate is 100."""
    threshold = anchors.threshold_heart_rate_bpm
    hour = trimp([(threshold, 3_600.0)], anchors) if threshold else None
    return trimp_value / hour * 100.0 if hour else None


def r_tss(moving_s: float, pace_s_per_km: float, threshold_pace_s_per_km: float) -> float:
    """Load by pace: hours x IF^2 x 100, with the graded pace where it is known."""
    intensity = threshold_pace_s_per_km / pace_s_per_km
    return moving_s / 3_600.0 * intensity**2 * 100.0


def session_rpe(minutes: float, rpe: float) -> float:
    """Foster's session load: minutes times the felt effort of 0 to 10."""
    return minutes * rpe
