"""An activity as a FIT file.

Pure: returns bytes.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from runletters.samples import fit_bytes as fit
from runletters.samples.chance import Floats
from runletters.samples.history import SampleActivity

_SPORTS = {
    "running": (1, 0),
    "treadmill_running": (1, 1),
    "trail_running": (1, 3),
    "track_running": (1, 4),
    "cycling": (2, 0),
    "walking": (11, 0),
}
_TRIGGERS = {"manual": 0, "distance": 2, "session_end": 7}
_TIMER, _START, _STOP_ALL = 0, 0, 4
_NOT_IN_FIT = frozenset({"t_s", "segment"})


def fit_file(activity: SampleActivity) -> bytes:
    """The bytes a watch would hand over; times to the second, the local offset included."""
    return fit.whole(_head(activity) + _samples(activity) + _laps(activity) + _session(activity))


def _start_s(activity: SampleActivity) -> float:
    return activity.summary.started_at.timestamp()


def _head(activity: SampleActivity) -> bytes:
    serial = float(3_000_000 + len(activity.summary.device or ""))
    made = _start_s(activity)
    about = {"type": 4.0, "manufacturer": 255.0, "product": 1.0, "serial": serial}
    return fit.one(fit.FILE_ID, about | {"time_created": made}) + fit.device_name_bytes(
        activity.summary.device or "unnamed"
    )


def _samples(activity: SampleActivity) -> bytes:
    """Records, with the timer's stops and starts between them."""
    channels = activity.channels
    times = channels["t_s"] + _start_s(activity)
    names = [n for n in channels if n not in _NOT_IN_FIT and not np.isnan(channels[n]).all()]
    columns: dict[str, Floats] = {"timestamp": times} | {n: channels[n] for n in names}
    breaks = np.flatnonzero(np.diff(channels["segment"])) + 1
    edges = [0, *(int(b) for b in breaks), times.size]
    parts = [
        fit.definition(fit.EVENT, list(_event(0, 0))),
        fit.definition(fit.RECORD, list(columns)),
    ]
    for first, last in pairwise(edges):
        piece = {name: values[first:last] for name, values in columns.items()}
        parts += [
            fit.rows(fit.EVENT, _event(float(times[first]), _START)),
            fit.rows(fit.RECORD, piece, last - first),
            fit.rows(fit.EVENT, _event(float(times[last - 1]), _STOP_ALL)),
        ]
    return b"".join(parts)


def _event(timestamp: float, event_type: int) -> dict[str, float]:
    return {"timestamp": timestamp, "event": _TIMER, "event_type": event_type}


def _laps(activity: SampleActivity) -> bytes:
    laps = activity.laps
    starts = np.array([lap.started_at.timestamp() for lap in laps if lap.started_at])
    values = {
        "message_index": np.arange(len(laps), dtype=np.float64),
        "timestamp": starts + np.array([lap.elapsed_s for lap in laps]),
        "start_time": starts,
        "elapsed_s": [lap.elapsed_s for lap in laps],
        "timer_s": [lap.timer_s for lap in laps],
        "distance_m": [lap.distance_m for lap in laps],
        "calories_kcal": [lap.calories_kcal for lap in laps],
        "heart_rate_avg_bpm": [lap.heart_rate_avg_bpm for lap in laps],
        "heart_rate_max_bpm": [lap.heart_rate_max_bpm for lap in laps],
        "cadence_avg_rpm": [lap.cadence_avg_rpm for lap in laps],
        "elevation_gain_m": [lap.elevation_gain_m for lap in laps],
        "trigger": [float(_TRIGGERS[lap.trigger or "manual"]) for lap in laps],
    }
    return fit.definition(fit.LAP, list(values)) + fit.rows(fit.LAP, values, len(laps))


def _session(activity: SampleActivity) -> bytes:
    totals, summary = activity.device_totals, activity.summary
    start, end = _start_s(activity), _start_s(activity) + (totals.elapsed_s or 0.0)
    sport, sub_sport = _SPORTS[summary.sport]
    session = {
        "message_index": 0,
        "timestamp": end,
        "start_time": start,
        "sport": sport,
        "sub_sport": sub_sport,
        "power_avg_w": summary.power_avg_w,
        "first_lap": 0,
        "lap_count": totals.lap_count,
    }
    shared = fit.SESSION.fields.keys() & totals.model_dump().keys() - session.keys()
    session |= {name: getattr(totals, name) for name in sorted(shared)}
    closing = {
        "timestamp": end,
        "timer_s": totals.timer_s,
        "local_time": end + (summary.utc_offset_s or 0),
        "sessions": 1,
        "type": 0,
        "event": 26,
        "event_type": 1,
    }
    return fit.one(fit.SESSION, session) + fit.one(fit.ACTIVITY, closing)
