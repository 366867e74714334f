"""What a run means in the runner's own history: ranks, returns, streaks, round numbers.

Pure: no clock, no network, no database. Amounts are rounded before they are worded, so
that a phrase made from the value says the same as the fact's own text. Reads the columns of `comparisons.compare`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from runletters.comparisons import HALF_MARATHON_M, MARATHON_M, part_of_day
from runletters.facts import Fact, Quality
from runletters.sheets.candidates import Candidate, Row
from runletters.wording import Wording

RANKED_FROM = 8  # a rank among fewer runs tells nothing
TOLD_RANK = 10
QUIET_DAYS = 28  # "longest since last Tuesday" is no news
RETURN_DAYS = 14
HABIT_SHARE = 0.6
RARE_SHARE = 0.06
HABIT_FROM = 30
STREAK_FROM = 3
PACE_SAME_S = 4.0
VOLUME_FROM_M = 3_000.0
ROUND_RUNS = frozenset({10, 25, 50, 75, 100, 150, 200, 250, 300, 365, 400, 500, 600, 700, 750, 800})


def _since(row: Row, wording: Wording) -> str:
    return wording.phrase("since", day=wording.day(row["first_day"]))


def _weight_of_rank(rank: int, n: int) -> float:
    best = 1.0 if rank == 1 else 0.86 - 0.02 * rank
    return best if n >= RANKED_FROM * 3 else best - 0.25


def _weight_of_quiet(days: int) -> float:
    return min(0.9, 0.45 + 0.14 * (days / 90) ** 0.5)


def distance_rank(row: Row, wording: Wording) -> Candidate | None:
    """Rank of the distance in the whole history: the longest, or one of the ten longest."""
    rank, n = row["distance_rank"], row["distance_n"]
    if n < RANKED_FROM or rank > min(TOLD_RANK, n // 4):
        return None
    name = "longest_ever" if rank == 1 else "distance_rank"
    text = wording.phrase(name, ordinal=wording.ordinal(rank), n=wording.count(n))
    fact = Fact(name=name, value=rank, unit="rank", text=text, n=n, window=_since(row, wording))
    return Candidate(fact, "distance", _weight_of_rank(rank, n))


def distance_rank_year(row: Row, wording: Wording) -> Candidate | None:
    """Rank of the distance in the year so far."""
    rank, n, day = row["distance_year_rank"], row["distance_year_n"], row["day"]
    if n < RANKED_FROM or rank > min(5, n // 4):
        return None
    text = wording.phrase("distance_rank", ordinal=wording.ordinal(rank), n=wording.count(n))
    if rank == 1:
        text = wording.phrase("longest_ever", n=wording.count(n))
    name = "longest_of_year" if rank == 1 else "distance_rank_year"
    fact = Fact(name=name, value=rank, unit="rank", text=text, n=n, window=str(day.year))
    return Candidate(fact, "distance", _weight_of_rank(rank, n) - 0.12)


def _since_fact(row: Row, wording: Wording, name: str, key: str) -> Fact | None:
    earlier: date | None = row[key]
    if earlier is None or (row["day"] - earlier).days < QUIET_DAYS:
        return None
    since = wording.day(earlier)
    text = wording.phrase(name, day=since)
    return Fact(
        name=name, value=earlier.isoformat(), unit="date", text=text, n=row["run_number"],
        window=wording.phrase("since", day=since),
    )  # fmt: skip


def longest_since(row: Row, wording: Wording) -> Candidate | None:
    """The last time a run was at least this long, when that is a while ago."""
    fact = _since_fact(row, wording, "longest_since", "longer_day")
    quiet = (row["day"] - row["longer_day"]).days if fact else 0
    return fact and Candidate(fact, "distance", _weight_of_quiet(quiet))


def band_words(row: Row, wording: Wording) -> str:
    """How the band of this distance is called: runs of 9.5 to 10.5 km."""
    limits = (row["band_low_m"], row["band_high_m"])
    special = {HALF_MARATHON_M: "band_half", MARATHON_M: "band_marathon"}.get(limits)
    if special:
        return wording.phrase(special)
    low, high = (wording.distance(limit) for limit in limits)
    same_unit = low.split()[-1] == high.split()[-1]
    return wording.phrase("band", low=low.split()[0] if same_unit else low, high=high)


def band_rank(row: Row, wording: Wording) -> Candidate | None:
    """Rank of the pace among all earlier runs of about this distance."""
    rank, n = row["band_rank"], row["band_n"]
    if rank is None or n < RANKED_FROM or rank > min(TOLD_RANK, n // 4):
        return None
    name = "band_best" if rank == 1 else "band_rank"
    text = wording.phrase(
        name, ordinal=wording.ordinal(rank), n=wording.count(n), band=band_words(row, wording)
    )
    fact = Fact(name=name, value=rank, unit="rank", text=text, n=n, window=_since(row, wording))
    return Candidate(fact, "pace", _weight_of_rank(rank, n))


def fastest_since(row: Row, wording: Wording) -> Candidate | None:
    """The last time a run of about this distance was at least as fast."""
    fact = _since_fact(row, wording, "fastest_since", "faster_day")
    if fact is None or row["band_n"] < RANKED_FROM:
        return None
    fact = fact.model_copy(update={"n": row["band_n"]})
    return Candidate(fact, "pace", _weight_of_quiet((row["day"] - row["faster_day"]).days))


def pace_against_usual(row: Row, wording: Wording) -> Candidate | None:
    """Pace beside the median of the last twenty runs of about this distance."""
    pace, usual = row["pace_s_per_km"], row["usual_band_pace_s_per_km"]
    if pace is None or usual is None:
        return None
    change = round(pace - usual, 1)
    name = "pace_slower" if change > 0 else "pace_quicker"
    name = "pace_as_usual" if abs(change) < PACE_SAME_S else name
    text = wording.phrase(
        name, difference=wording.pace_difference(change), usual=wording.pace(usual)
    )
    n = min(row["band_n"] - 1, 20)
    window = band_words(row, wording)
    fact = Fact(
        name=name, value=change, unit="s_per_km", text=text, n=n, window=window,
        quality="derived",
    )  # fmt: skip
    weight = 0.5 + min(abs(change), 60) / 60 * 0.35 if name != "pace_as_usual" else 0.42
    return Candidate(fact, "pace", weight - (0.12 if name == "pace_slower" else 0))


def climb_rank(row: Row, wording: Wording) -> Candidate | None:
    """Rank of the climb, or how long ago there was as much of it."""
    rank, n, gain = row["climb_rank"], row["climb_n"], row["elevation_gain_m"]
    if rank is None or gain < 60 or n < RANKED_FROM:
        return None
    if rank <= min(TOLD_RANK, n // 4):
        name = "climb_best" if rank == 1 else "climb_rank"
        text = wording.phrase(name, ordinal=wording.ordinal(rank), n=wording.count(n))
        fact = Fact(name=name, value=rank, unit="rank", text=text, n=n, window=_since(row, wording))
        return Candidate(fact, "climb", _weight_of_rank(rank, n) - 0.06)
    quiet = _since_fact(row, wording, "most_climb_since", "higher_day")
    days = (row["day"] - row["higher_day"]).days if quiet else 0
    return quiet and Candidate(quiet, "climb", _weight_of_quiet(days) - 0.06)


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
    fact = _since_fact(row, wording, "week_biggest_since", "busier_day")
    days = (row["day"] - row["busier_day"]).days if fact else 0
    return fact and Candidate(fact, "volume", _weight_of_quiet(days) - 0.04)


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
    window = str(row["day"].year) if name == "year" else _since(row, wording)
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
        window=_since(row, wording),
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


def heart_rate_at_pace(row: Row, wording: Wording) -> Candidate | None:
    """Heart rate beside earlier runs of like distance and pace within a year."""
    usual, n, rate = row["similar_heart_rate_bpm"], row["similar_n"], row["heart_rate_avg_bpm"]
    if usual is None or rate is None:
        return None
    change = round(rate) - round(usual)
    name = "heart_rate_higher" if change > 0 else "heart_rate_lower"
    name = "heart_rate_same" if abs(change) <= 1 else name
    text = wording.phrase(name, difference=wording.bpm(change), usual=wording.bpm(usual))
    quality: Quality = "derived"
    fact = Fact(
        name=name, value=change, unit="bpm", text=text, n=n,
        window=wording.phrase("last_days", n="365"), quality=quality,
    )  # fmt: skip
    return Candidate(fact, "heart", 0.46 + min(abs(change), 12) / 30)


HISTORY: tuple[Callable[[Row, Wording], Candidate | None], ...] = (
    distance_rank, distance_rank_year, longest_since, band_rank, fastest_since,
    pace_against_usual, climb_rank, streak, days_since_last_run, week_volume, month_volume,
    year_volume, week_biggest_since, year_against_last, total_milestone, year_milestone,
    run_milestone, first_of, hour_habit, anniversary, heart_rate_at_pace,
)  # fmt: skip
