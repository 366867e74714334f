"""What a run means in the calendar: streaks, returns, volumes, round numbers, habits.

Pure: no clock, no network, no database. Amounts are rounded before they are worded.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from runletters.comparisons import part_of_day
from runletters.facts import Fact
from runletters.sheets.candidates import Candidate, Row
from runletters.sheets.history import RANKED_FROM, since_first, since_last, weight_of_quiet
from runletters.wording import Wording

RETURN_DAYS = 14
HABIT_SHARE = 0.6
RARE_SHARE = 0.06
HABIT_FROM = 30
STREAK_FROM = 3
VOLUME_FROM_M = 3_000.0
ROUND_RUNS = frozenset({10, 25, 50, 75, 100, 150, 200, 250, 300, 365, 400, 500, 600, 700, 750, 800})


def streak(row: Row, wording: Wording) -> Candidate | None:
    """Days in a row with a run, this one included."""
    days = row["streak_days"]
    if days < STREAK_FROM:
        return None
    text = wording.phrase("streak", days=wording.days(days))
    fact = Fact(name="streak", value=days, unit="days", text=text)
    is_round = days in {7, 10, 14, 20, 21, 30, 50, 60, 75, 100, 150, 200, 250, 300, 365}
    return Candidate(fact, "gap", 0.9 if is_round else 0.46 + min(days, 60) / 600)


def days_since_last_run(row: Row, wording: Wording) -> Candidate | None:
    """Days since the run before: a short rest, or a return."""
    if row["previous_day"] is None:
        return None
    days = (row["day"] - row["previous_day"]).days
    if days == 0:
        text = wording.phrase("second_run_of_day")
        return Candidate(
            Fact(name="second_run_of_day", value=True, unit="flag", text=text), "gap", 0.62
        )
    if days < 3:
        return None
    name = "return_after" if days >= RETURN_DAYS else "days_since_last_run"
    text = wording.phrase("days_since_last_run", days=wording.days(days))
    weight = min(1.2, 0.9 + days / 300) if days >= RETURN_DAYS else 0.45 + days / 60
    return Candidate(Fact(name=name, value=days, unit="days", text=text), "gap", weight)


def _volume(row: Row, wording: Wording, name: str, window: str, weight: float) -> Candidate | None:
    metres, n = round(row[f"{name}_m"]), row[f"{name}_n"]
    if n < 3 or metres < VOLUME_FROM_M:
        return None
    name = f"{name}_volume"
    text = wording.phrase(name, distance=wording.distance(metres), n=wording.count(n))
    fact = Fact(name=name, value=metres, unit="m", text=text, n=n, window=window)
    return Candidate(fact, "volume", weight)


def week_volume(row: Row, wording: Wording) -> Candidate | None:
    """Distance of the last seven days, this run included: no Monday reset."""
    return _volume(row, wording, "week", wording.phrase("last_days", n="7"), 0.4)


def month_volume(row: Row, wording: Wording) -> Candidate | None:
    """Distance of the month so far."""
    day: date = row["day"]
    window = wording.phrase("in_month", month=wording.month(day), year=str(day.year))
    return _volume(row, wording, "month", window, 0.38)


def year_volume(row: Row, wording: Wording) -> Candidate | None:
    """Distance of the year so far."""
    return _volume(row, wording, "year", wording.phrase("in_year", year=str(row["day"].year)), 0.38)


def week_biggest_since(row: Row, wording: Wording) -> Candidate | None:
    """The last time seven days held as much."""
    if row["week_n"] < 3 or row["run_number"] < RANKED_FROM * 3:
        return None
    fact = since_last(row, wording, "week_biggest_since", "busier_day")
    days = (row["day"] - row["busier_day"]).days if fact else 0
    return fact and Candidate(fact, "volume", weight_of_quiet(days) - 0.04)


def year_against_last(row: Row, wording: Wording) -> Candidate | None:
    """The year so far beside the same day of the year before, where that year is complete."""
    day, last_m = row["day"], row["last_year_m"]
    difference = round(row["year_m"] - last_m)
    if not row["last_year_complete"] or last_m < 20_000 or abs(difference) < VOLUME_FROM_M:
        return None
    name = "year_ahead" if difference > 0 else "year_behind"
    last = str(day.year - 1)
    text = wording.phrase(name, difference=wording.distance(abs(difference)), year=last)
    fact = Fact(
        name=name, value=difference, unit="m", text=text, n=row["year_n"], window=str(day.year),
        quality="derived",
    )  # fmt: skip
    return Candidate(fact, "year", 0.44 if difference > 0 else 0.3)


def _milestone(name: str, row: Row, wording: Wording, step: int, weight: float) -> Candidate | None:
    unit_m = wording.unit_m
    after = row[f"{name}_m"]
    passed = int(after // (step * unit_m)) * step
    if passed == 0 or (after - row["distance_m"]) >= passed * unit_m:
        return None
    text = wording.phrase(
        f"{name}_milestone",
        distance=wording.round_distance(passed * unit_m),
        year=str(row["day"].year),
    )
    window = str(row["day"].year) if name == "year" else since_first(row, wording)
    fact = Fact(
        name=f"{name}_milestone", value=passed, unit="km" if wording.units == "metric" else "mi",
        text=text, n=row[f"{name}_n"], window=window,
    )  # fmt: skip
    return Candidate(fact, "number", weight)


def total_milestone(row: Row, wording: Wording) -> Candidate | None:
    """A round number of kilometres or miles in all, passed during this run."""
    step = 100 if row["total_m"] < 1_000 * wording.unit_m else 500
    return _milestone("total", row, wording, step, 0.97)


def year_milestone(row: Row, wording: Wording) -> Candidate | None:
    """A round number of kilometres or miles in the year, passed during this run."""
    return _milestone("year", row, wording, 100, 0.72)


def run_milestone(row: Row, wording: Wording) -> Candidate | None:
    """A round number of runs."""
    number = row["run_number"]
    if number not in ROUND_RUNS and number % 100:
        return None
    text = wording.phrase("run_number", number=wording.count(number))
    fact = Fact(
        name="run_milestone", value=number, unit="ordinal", text=text, n=number,
        window=since_first(row, wording),
    )  # fmt: skip
    return Candidate(fact, "number", 0.98)


def first_of(row: Row, wording: Wording) -> Candidate | None:
    """The first run of a year or a month."""
    day: date = row["day"]
    if row["run_number"] == 1 or row["month_n"] > 1:
        return None
    name = "first_of_year" if row["year_n"] == 1 else "first_of_month"
    text = wording.phrase(name, year=str(day.year), month=wording.month(day))
    fact = Fact(name=name, value=True, unit="flag", text=text)
    return Candidate(fact, "calendar", 0.93 if name == "first_of_year" else 0.66)


def hour_habit(row: Row, wording: Wording) -> Candidate | None:
    """The part of the day beside the last hundred starts: a habit, or a rare hour."""
    minute, same, n = row["minute_of_day"], row["habit_same_n"], row["habit_n"]
    if minute is None or n < HABIT_FROM or RARE_SHARE < same / n < HABIT_SHARE:
        return None
    name = "usual_hour" if same / n >= HABIT_SHARE else "rare_hour"
    part = wording.phrase(f"part_{part_of_day(minute)}")
    phrase = name if same else "rare_hour_none"
    text = wording.phrase(phrase, same=wording.count(same), n=wording.count(n), part=part)
    fact = Fact(
        name=phrase, value=same, unit="count", text=text, n=n,
        window=wording.phrase("last_runs", n=wording.count(n)),
    )  # fmt: skip
    return Candidate(fact, "hour", 0.66 if name == "rare_hour" else 0.3)


def anniversary(row: Row, wording: Wording) -> Candidate | None:
    """What was run on this date in an earlier year."""
    earlier: date | None = row["anniversary_day"]
    if earlier is None:
        return None
    year, metres = str(earlier.year), round(row["anniversary_m"])
    text = wording.phrase("anniversary", distance=wording.distance(metres), year=year)
    fact = Fact(name="anniversary", value=metres, unit="m", text=text, window=year)
    return Candidate(fact, "calendar", 0.45)


CALENDAR: tuple[Callable[[Row, Wording], Candidate | None], ...] = (
    streak, days_since_last_run, week_volume, month_volume, year_volume, week_biggest_since,
    year_against_last, total_milestone, year_milestone, run_milestone, first_of, hour_habit,
    anniversary,
)  # fmt: skip
