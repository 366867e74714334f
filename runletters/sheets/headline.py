"""The figures every run has, and the safe amounts a recommendation may name.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from runletters.activities import INDOOR_SPORTS
from runletters.comparisons import part_of_day
from runletters.facts import Fact, Unit
from runletters.metrics.classify import LONG_S
from runletters.ranking import USUAL_RUNS
from runletters.sheets.candidates import Row
from runletters.sheets.history import band_words
from runletters.wording import Wording

WEEK_GROWTH = 1.1  # no week more than 10 % above the mean of the last four
EASY_SHARE = (0.6, 0.9)  # of the usual distance
EASY_PACE = 1.06  # of the usual pace
REST_AFTER = {"race": 2, "multisport": 2, "long": 1, "tempo": 1, "intervals": 1, "hills": 1}
LONG_STREAK_DAYS = 6


def headline(row: Row, wording: Wording, started_local: datetime) -> list[Fact]:
    """Distance, times, pace, climb and sensors as measured; absent values give no fact."""
    pace, trusted = row["pace_s_per_km"], row["has_trusted_pace"]
    metres, moving_s = row["distance_m"], row["moving_s"]
    is_timed = trusted or (row["sport"] in INDOOR_SPORTS and not metres)
    said: list[tuple[str, float | None, Unit, Callable[[float], str]]] = [
        ("distance", metres if row["has_trusted_distance"] else None, "m", wording.distance),
        ("moving_time", moving_s if is_timed else None, "s", wording.clocked),
        ("pace", pace if trusted else None, "s_per_km", wording.pace),
        ("heart_rate_avg", row["heart_rate_avg_bpm"], "bpm", wording.bpm),
        ("heart_rate_max", row["heart_rate_max_bpm"], "bpm", wording.bpm),
        ("elevation_gain", row["elevation_gain_m"] or None, "m", wording.height),
        ("cadence", row.get("cadence_spm"), "spm", wording.cadence),
    ]
    facts = [
        _figure(name, value, unit, say) for name, value, unit, say in said if value is not None
    ]
    return [*facts, *_typed_in(row, wording), *calendar(row, wording, started_local)]


def _typed_in(row: Row, wording: Wording) -> list[Fact]:
    """That nothing was recorded: distance and time are what somebody entered."""
    if not row["is_manual"]:
        return []
    text = wording.phrase("typed_in")
    return [Fact(name="typed_in", value=True, unit="flag", text=text, quality="estimated")]


def _figure(name: str, value: float, unit: Unit, say: Callable[[float], str]) -> Fact:
    return Fact(name=name, value=round(value, 1), unit=unit, text=say(value))


def calendar(row: Row, wording: Wording, started_local: datetime) -> list[Fact]:
    """The day, and the hour where the runner's own clock is known."""
    if not row["has_trusted_day"]:
        return []
    day = started_local.date()
    facts = [
        Fact(name="date", value=day.isoformat(), unit="date", text=wording.day(day)),
        Fact(name="day", value=day.isoformat(), unit="date", text=wording.day_short(day)),
        Fact(name="weekday", value=day.isoweekday(), unit="text", text=wording.weekday(day)),
        Fact(name="month", value=day.month, unit="text", text=wording.month(day)),
    ]
    if row["local_time_known"]:
        minute = started_local.hour * 60 + started_local.minute
        part = part_of_day(minute)
        clock = wording.clock(started_local.time())
        said = wording.phrase(f"part_{part}")
        facts.append(Fact(name="start_time", value=clock, unit="text", text=clock))
        facts.append(Fact(name="part_of_day", value=part, unit="text", text=said))
    return facts


def counted(row: Row, wording: Wording) -> list[Fact]:
    """Which run of the history this is, and which runs are like it in distance."""
    number = row.get("run_number")
    if number is None:
        return []
    text = wording.phrase("run_number", number=wording.count(number))
    since = wording.phrase("since", day=wording.day(row["first_day"]))
    like = band_words(row, wording)
    return [
        Fact(name="run_number", value=number, unit="ordinal", text=text, n=number, window=since),
        Fact(
            name="similar_runs", value=like, unit="text", text=like, n=row["band_n"], window=since
        ),
        *_usuals(row, wording, like),
    ]


def _usuals(row: Row, wording: Wording, like: str) -> list[Fact]:
    pace, rate = row["usual_band_pace_s_per_km"], row["similar_heart_rate_bpm"]
    facts: list[Fact] = []
    if pace is not None and row["has_comparable_pace"]:
        n = min(row["band_n"] - 1, USUAL_RUNS)
        usual = _figure("usual_pace", pace, "s_per_km", wording.pace)
        facts += [usual.model_copy(update={"n": n, "window": like, "quality": "derived"})]
    if rate is not None and row["heart_rate_avg_bpm"] is not None:
        usual = _figure("usual_heart_rate", rate, "bpm", wording.bpm)
        facts += [usual.model_copy(update={"n": row["similar_n"], "quality": "derived"})]
    return facts


def advice(row: Row, wording: Wording, classification: str) -> list[Fact]:
    """Amounts inside safe limits, by rule, from the runner's own usual; none without history."""
    usual_m, usual_pace = row.get("usual_distance_m"), row.get("usual_pace_s_per_km")
    if usual_m is None or usual_pace is None:
        return []
    low, high = (
        wording.round_distance(max(usual_m * share, wording.unit_m)) for share in EASY_SHARE
    )
    name = "advice_easy_distance_one" if low == high else "advice_easy_distance"
    low = low.split()[0]
    easy = usual_pace * EASY_PACE
    facts = [
        _advice("advice_easy_distance", usual_m, "m", wording.phrase(name, low=low, high=high)),
        _advice(
            "advice_easy_pace", easy, "s_per_km",
            wording.phrase("advice_easy_pace", pace=wording.pace(_to_five(easy))),
        ),
    ]  # fmt: skip
    return [*facts, *_week(row, wording), *_rest(row, wording, classification)]


def _to_five(seconds: float) -> float:
    return round(seconds / 5) * 5.0


def _week(row: Row, wording: Wording) -> list[Fact]:
    mean_m = (row.get("four_weeks_m") or 0.0) / 4
    if mean_m < 5 * wording.unit_m:
        return []
    ceiling_m = mean_m * WEEK_GROWTH // wording.unit_m * wording.unit_m
    said = wording.round_distance(ceiling_m)
    return [
        _advice(
            "advice_week_ceiling",
            ceiling_m,
            "m",
            wording.phrase("advice_week_ceiling", distance=said),
        )
    ]


def _rest(row: Row, wording: Wording, classification: str) -> list[Fact]:
    is_tiring = (row["moving_s"] or 0.0) >= LONG_S or row["streak_days"] >= LONG_STREAK_DAYS
    days = REST_AFTER.get(classification, 1 if is_tiring else 0)
    if not days:
        return []
    return [
        _advice("advice_rest", days, "days", wording.phrase("advice_rest", days=wording.days(days)))
    ]


def _advice(name: str, value: float, unit: str, text: str) -> Fact:
    return Fact.model_validate(
        {"name": name, "value": round(value, 1), "unit": unit, "text": text, "quality": "derived"}
    )
