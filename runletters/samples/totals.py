"""What the watch adds up at the end: totals, laps, and the summary of an activity.

Pure.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from runletters.activities import DeviceTotals, Lap, Summary
from runletters.samples.chance import Floats
from runletters.samples.recording import Trace

_KCAL_PER_KM = {"cycling": 24.0, "walking": 48.0}
_RUNNING_KCAL_PER_KM = 70.0


def summary_of(
    trace: Trace,
    *,
    starts: datetime,
    moving_s: float,
    sport: str,
    device: str | None,
    is_race: bool,
    is_run: bool,
    is_manual: bool,
    power_w: Floats,
) -> Summary:
    """The measured side of an activity; a manual one knows distance and time only."""
    distance_m = round(float(trace.distance_m[-1]), 1)
    offset = starts.utcoffset() or timedelta()
    summary = Summary(
        started_at=starts.astimezone(UTC),
        utc_offset_s=int(offset.total_seconds()),
        sport=sport,
        distance_m=distance_m,
        elapsed_s=float(trace.speed_m_s.size - 1),
        moving_s=min(moving_s, float(trace.speed_m_s.size - 1)),
        is_manual=is_manual,
        is_race=is_race if is_run else None,
        device=device,
    )
    if is_manual:
        return summary
    rise, fall = _rise_and_fall(trace)
    return summary.model_copy(
        update={
            "elevation_gain_m": rise,
            "elevation_loss_m": fall,
            "heart_rate_avg_bpm": _mean(trace.heart_rate_bpm),
            "heart_rate_max_bpm": _most(trace.heart_rate_bpm),
            "cadence_avg_rpm": _mean(trace.cadence_rpm[trace.cadence_rpm > 0]),
            "power_avg_w": _mean(power_w),
            "calories_kcal": float(
                round(distance_m / 1000 * _KCAL_PER_KM.get(sport, _RUNNING_KCAL_PER_KM))
            ),
        }
    )


def device_totals(trace: Trace, summary: Summary) -> DeviceTotals:
    """The session message of the watch."""
    timer_s = float(trace.speed_m_s.size - 1 - np.count_nonzero(trace.stopped))
    return DeviceTotals(
        elapsed_s=summary.elapsed_s,
        timer_s=timer_s,
        distance_m=summary.distance_m,
        calories_kcal=summary.calories_kcal,
        heart_rate_avg_bpm=summary.heart_rate_avg_bpm,
        heart_rate_max_bpm=summary.heart_rate_max_bpm,
        cadence_avg_rpm=summary.cadence_avg_rpm,
        elevation_gain_m=summary.elevation_gain_m,
        elevation_loss_m=summary.elevation_loss_m,
        speed_avg_m_s=round((summary.distance_m or 0.0) / max(timer_s, 1.0), 3),
        lap_count=len(trace.lap_ends),
    )


def laps_of(trace: Trace, starts: datetime) -> tuple[Lap, ...]:
    """The laps, each from the end of the one before."""
    firsts = (0, *trace.lap_ends[:-1])
    return tuple(
        _lap(trace, starts, number, first, last)
        for number, (first, last) in enumerate(zip(firsts, trace.lap_ends, strict=True))
    )


def _lap(trace: Trace, starts: datetime, number: int, first: int, last: int) -> Lap:
    hearts = trace.heart_rate_bpm[first : last + 1]
    turning = trace.cadence_rpm[first : last + 1]
    climb = trace.climb_m
    distance_m = round(float(trace.distance_m[last] - trace.distance_m[first]), 2)
    return Lap(
        lap_index=number,
        started_at=starts.astimezone(UTC) + timedelta(seconds=first),
        elapsed_s=float(last - first),
        timer_s=float(last - first - np.count_nonzero(trace.stopped[first + 1 : last + 1])),
        distance_m=distance_m,
        heart_rate_avg_bpm=_mean(hearts),
        heart_rate_max_bpm=_most(hearts),
        cadence_avg_rpm=_mean(turning[turning > 0]),
        elevation_gain_m=float(round(climb[last] - climb[first])) if trace.loop else None,
        calories_kcal=float(round(distance_m / 1000 * _RUNNING_KCAL_PER_KM)),
        trigger="session_end" if number == len(trace.lap_ends) - 1 else trace.lap_trigger,
    )


def _rise_and_fall(trace: Trace) -> tuple[float | None, float | None]:
    if trace.loop is None:
        return None, None
    rise = float(trace.climb_m[-1])
    return float(round(rise)), float(round(rise - (trace.altitude_m[-1] - trace.altitude_m[0])))


def _mean(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.rint(known.mean())) if known.size else None


def _most(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.max()) if known.size else None
