"""Sport names of devices and services in this project's words.

Pure tables. A word that is in no table is kept as it is, in lower case with
underscores, so that no sport is lost; what says nothing becomes `unknown`.
"""

from __future__ import annotations

import re

FOOT_SPORTS = frozenset(
    {
        "running",
        "trail_running",
        "treadmill_running",
        "track_running",
        "virtual_running",
        "walking",
        "hiking",
        "unknown",
    }
)
"""Sports judged by a foot's speed: the moving rule and the limit of what is plausible."""

_RUNNING = {
    "trail": "trail_running",
    "treadmill": "treadmill_running",
    "indoor_running": "treadmill_running",
    "track": "track_running",
    "virtual_activity": "virtual_running",
}
_CYCLING = {
    "indoor_cycling": "indoor_cycling",
    "spin": "indoor_cycling",
    "virtual_activity": "virtual_cycling",
    "mountain": "mountain_biking",
    "gravel_cycling": "gravel_cycling",
}
_SWIMMING = {"lap_swimming": "pool_swimming", "open_water": "open_water_swimming"}
_WALKING = {"treadmill": "treadmill_walking", "indoor_walking": "treadmill_walking"}
_BY_SUB_SPORT = {
    "running": _RUNNING,
    "cycling": _CYCLING,
    "swimming": _SWIMMING,
    "walking": _WALKING,
    "fitness_equipment": {"treadmill": "treadmill_running"},
}

_WORDS = {
    "run": "running",
    "jogging": "running",
    "street_running": "running",
    "race": "running",
    "trail_run": "trail_running",
    "trailrun": "trail_running",
    "trailrunning": "trail_running",
    "treadmill": "treadmill_running",
    "indoor_running": "treadmill_running",
    "track_run": "track_running",
    "virtualrun": "virtual_running",
    "virtual_run": "virtual_running",
    "walk": "walking",
    "hike": "hiking",
    "mountaineering": "hiking",
    "ride": "cycling",
    "bike": "cycling",
    "biking": "cycling",
    "road_biking": "cycling",
    "virtualride": "virtual_cycling",
    "virtual_ride": "virtual_cycling",
    "swim": "swimming",
    "lap_swimming": "pool_swimming",
    "generic": "unknown",
    "all": "unknown",
    # Numbers in <type> of GPX files that Strava wrote.
    "1": "cycling",
    "4": "hiking",
    "9": "running",
    "10": "walking",
}


def fit_sport(sport: object, sub_sport: object = None) -> str:
    """The sport of a FIT session from its two profile names; unknown numbers say nothing."""
    if not isinstance(sport, str) or sport in {"generic", "all"}:
        return "unknown"
    if not isinstance(sub_sport, str) or sub_sport == "generic":
        return sport
    fallback = sub_sport if sport == "fitness_equipment" else sport
    return _BY_SUB_SPORT.get(sport, {}).get(sub_sport, fallback)


def word_sport(word: str | None) -> str:
    """The sport meant by a free word: GPX `<type>`, TCX `Sport`, a CSV column."""
    if word is None:
        return "unknown"
    plain = re.sub(r"[^\w]+", "_", word.strip().lower()).strip("_")[:40]
    known = _WORDS.get(plain, plain)
    return known if known and not known.isdigit() else "unknown"
