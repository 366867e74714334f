"""The tables around the files: Strava's activities.csv and running_page's JSON rows.

Pure: returns rows. Column names are Strava's, five of them twice, as in real exports.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from runletters.samples.history import SampleActivity

_HEADER_TEXT = """Activity ID|Activity Date|Activity Name|Activity Type|Activity Description
Elapsed Time|Distance|Max Heart Rate|Relative Effort|Commute|Activity Private Note
Activity Gear|Filename|Athlete Weight|Bike Weight|Elapsed Time|Moving Time|Distance|Max Speed
Average Speed|Elevation Gain|Elevation Loss|Elevation Low|Elevation High|Max Grade|Average Grade
Average Positive Grade|Average Negative Grade|Max Cadence|Average Cadence|Max Heart Rate
Average Heart Rate|Max Watts|Average Watts|Calories|Max Temperature|Average Temperature
Relative Effort|Total Work|Number of Runs|Uphill Time|Downhill Time|Other Time
Perceived Exertion|Type|Start Time|Weighted Average Power|Power Count
Prefer Perceived Exertion|Perceived Relative Effort|Commute|Total Weight Lifted|From Upload
Grade Adjusted Distance|Weather Observation Time|Weather Condition|Weather Temperature
Apparent Temperature|Dewpoint|Humidity|Weather Pressure|Wind Speed|Wind Gust|Wind Bearing
Precipitation Intensity|Sunrise Time|Sunset Time|Moon Phase|Bike|Gear
Precipitation Probability|Precipitation Type|Cloud Cover|Weather Visibility|UV Index
Weather Ozone|Jump Count|Total Grit|Average Flow|Flagged|Average Elapsed Speed|Dirt Distance
Newly Explored Distance|Newly Explored Dirt Distance|Activity Count|Total Steps
Carbon Saved|Pool Length|Training Load|Intensity|Average Grade Adjusted Pace|Timer Time
Total Cycles|Media"""
STRAVA_HEADER = tuple(_HEADER_TEXT.replace("\n", "|").split("|"))
STRAVA_TYPES = {"cycling": "Ride", "walking": "Walk"}
_SECOND = {"Elapsed Time", "Distance", "Max Heart Rate", "Relative Effort", "Commute"}


def strava_row(activity: SampleActivity, filename: str) -> list[str]:
    """One row of activities.csv: UTC date without zone, display distance in km first.

    A column that stands twice gets its display text first and its exact figure second.
    """
    first, second = _displayed(activity), _exact(activity, filename)
    seen: set[str] = set()
    row: list[str] = []
    for name in STRAVA_HEADER:
        is_display = name in _SECOND and name not in seen
        seen.add(name)
        row.append(_cell(first.get(name) if is_display else second.get(name)))
    return row


def running_page_rows(history: Iterable[SampleActivity]) -> list[dict[str, Any]]:
    """Rows of running_page's activities.json, oldest first; its `streak` in days across years."""
    rows: list[dict[str, Any]] = []
    streak, last_day = 0, None
    for activity in history:
        day = activity.summary.started_local.date()
        if day != last_day:
            streak = streak + 1 if last_day and day - last_day == timedelta(days=1) else 1
        last_day = day
        rows.append(_running_page_row(activity, streak))
    return rows


def polyline(points: Iterable[tuple[float, float]]) -> str:
    """Google's encoded polyline, five digits, of (latitude, longitude) in degrees."""
    text, last = "", (0, 0)
    for latitude, longitude in points:
        here = (round(latitude * 1e5), round(longitude * 1e5))
        text += _polyline_number(here[0] - last[0]) + _polyline_number(here[1] - last[1])
        last = here
    return text


def _displayed(activity: SampleActivity) -> dict[str, Any]:
    summary = activity.summary
    return {
        "Elapsed Time": round(summary.elapsed_s or 0),
        "Distance": f"{(summary.distance_m or 0) / 1000:.2f}",
        "Max Heart Rate": summary.heart_rate_max_bpm,
        "Commute": "false",
    }


def _exact(activity: SampleActivity, filename: str) -> dict[str, Any]:
    summary = activity.summary
    started = summary.started_at
    hour = started.hour % 12 or 12
    moving_s, distance_m = summary.moving_s or 0.0, summary.distance_m or 0.0
    return {
        "Activity ID": activity.native_id,
        "Activity Date": f"{started:%b} {started.day}, {started.year}, {hour}:{started:%M:%S %p}",
        "Activity Name": summary.title,
        "Activity Type": STRAVA_TYPES.get(summary.sport, "Run"),
        "Activity Description": summary.notes,
        "Activity Private Note": summary.private_notes,
        "Filename": filename,
        "Elapsed Time": summary.elapsed_s,
        "Moving Time": moving_s,
        "Distance": distance_m,
        "Max Heart Rate": summary.heart_rate_max_bpm,
        "Average Heart Rate": summary.heart_rate_avg_bpm,
        "Average Speed": round(distance_m / moving_s, 6) if moving_s else None,
        "Elevation Gain": summary.elevation_gain_m,
        "Elevation Loss": summary.elevation_loss_m,
        "Average Cadence": summary.cadence_avg_rpm,
        "Average Watts": summary.power_avg_w,
        "Calories": summary.calories_kcal,
        "Commute": 0.0,
        "From Upload": 0.0 if summary.is_manual else 1.0,
        "Competition": None,
        "Timer Time": activity.device_totals.timer_s,
    }


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _running_page_row(activity: SampleActivity, streak: int) -> dict[str, Any]:
    summary = activity.summary
    moving_s, distance_m = round(summary.moving_s or 0.0), summary.distance_m or 0.0
    return {
        "run_id": int(activity.native_id),
        "name": summary.title,
        "distance": distance_m,
        "moving_time": str(timedelta(seconds=moving_s)),
        "type": STRAVA_TYPES.get(summary.sport, "Run"),
        "subtype": {"treadmill_running": "treadmill"}.get(summary.sport, ""),
        "start_date": f"{summary.started_at:%Y-%m-%d %H:%M:%S}+00:00",
        "start_date_local": f"{summary.started_local:%Y-%m-%d %H:%M:%S}",
        "location_country": "",
        "summary_polyline": polyline(_outline(activity)),
        "average_heartrate": summary.heart_rate_avg_bpm,
        "average_speed": round(distance_m / max(moving_s, 1), 3),
        "elevation_gain": summary.elevation_gain_m,
        "streak": streak,
    }


def _outline(activity: SampleActivity) -> list[tuple[float, float]]:
    """About a hundred points of the route."""
    known = activity.streams.select("latitude_deg", "longitude_deg").drop_nulls()
    return known.gather_every(max(1, known.height // 100)).rows()


def _polyline_number(value: int) -> str:
    value = ~(value << 1) if value < 0 else value << 1
    text = ""
    while value >= 0x20:
        text += chr((0x20 | (value & 0x1F)) + 63)
        value >>= 5
    return text + chr(value + 63)
