"""Which kind of run it was, by rule; the model only words it.

Pure: no clock, no network, no database. The first rule that fires decides;
each gives its reason.
"""

from __future__ import annotations

from runletters.facts import Tone
from runletters.sheets.calendar import RETURN_DAYS
from runletters.sheets.candidates import Row
from runletters.untrusted import speaks_of_hardship
from runletters.wording import Wording

LONG_FROM_M = 8_000.0
LONG_AGAINST_USUAL = 1.45
QUICK_AGAINST_USUAL = 0.935
SLOW_AGAINST_USUAL = 1.05
HILLS_M_PER_KM = 18.0
TEMPO_FROM_S = 900.0
BY_SPORT = {
    "treadmill_running": "treadmill",
    "trail_running": "trail",
    "track_running": "track",
}


def classify(row: Row, wording: Wording) -> tuple[str, str]:
    """The class and, in one clause, the reason."""
    if row.get("is_race"):
        return "race", wording.phrase("class_race")
    if row.get("classification"):
        return str(row["classification"]), str(row.get("classification_reason") or "")
    kind = BY_SPORT.get(row["sport"] or "")
    if kind:
        return kind, wording.phrase(f"class_{kind}")
    return _by_figures(row, wording)


def _by_figures(row: Row, wording: Wording) -> tuple[str, str]:
    pace, metres = row["pace_s_per_km"], row["distance_m"]
    usual_m, usual_pace = row.get("usual_distance_m"), row.get("usual_pace_s_per_km")
    if not row["is_trusted"] or not pace or not metres:
        return "unknown", wording.phrase("class_unknown")
    gain_m_per_km = (row["elevation_gain_m"] or 0.0) / metres * 1000
    if gain_m_per_km >= HILLS_M_PER_KM:
        height = wording.height(gain_m_per_km * wording.unit_m / 1000)
        rate = wording.phrase(f"climb_rate_{wording.units}", height=height)
        return "hills", wording.phrase("class_hills", rate=rate)
    if not usual_m or not usual_pace:
        return "unknown", wording.phrase("class_unknown")
    return _against_usual(row, wording, pace / usual_pace, metres / usual_m)


def _against_usual(row: Row, wording: Wording, pace: float, distance: float) -> tuple[str, str]:
    said = {
        "pace": wording.pace(row["pace_s_per_km"]),
        "usual": wording.pace(row["usual_pace_s_per_km"]),
    }
    if distance >= LONG_AGAINST_USUAL and row["distance_m"] >= LONG_FROM_M:
        usual = wording.distance(row["usual_distance_m"])
        long = wording.distance(row["distance_m"])
        return "long", wording.phrase("class_long", distance=long, usual=usual)
    if pace <= QUICK_AGAINST_USUAL and row["moving_s"] >= TEMPO_FROM_S:
        return "tempo", wording.phrase("class_tempo", **said)
    if pace >= SLOW_AGAINST_USUAL and distance <= 1 and row["days_since"] in {0, 1}:
        return "recovery", wording.phrase("class_recovery")
    if pace >= 1:
        return "easy", wording.phrase("class_easy", **said)
    return "steady", wording.phrase("class_steady", **said)


def tone_of(row: Row, *, allow_notes: bool) -> Tone:
    """The tone of the day; words of pain, crash or illness outrank a race and a return."""
    private = row.get("private_notes") if allow_notes else None
    if speaks_of_hardship(row.get("title"), row.get("notes"), private):
        return "hardship"
    if row.get("is_race"):
        return "race"
    days = row["days_since"]
    return "return" if days is not None and days >= RETURN_DAYS else "ordinary"
