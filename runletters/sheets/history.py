"""What a run means beside the earlier ones: ranks, the last time it was so, the usual.

Pure: no clock, no network, no database. Reads the columns of `comparisons.compare`.
Amounts are rounded before they are worded, so that a phrase made from the value says the
same as the fact's own text.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from runletters.comparisons import HALF_MARATHON_M, MARATHON_M
from runletters.facts import Fact, Quality
from runletters.sheets.candidates import Candidate, Row
from runletters.wording import Wording

RANKED_FROM = 8  # a rank among fewer runs tells nothing
TOLD_RANK = 10
QUIET_DAYS = 28  # "longest since last Tuesday" is no news
PACE_SAME_S = 4.0


def since_first(row: Row, wording: Wording) -> str:
    """The window of the whole history: since its first run."""
    return wording.phrase("since", day=wording.day(row["first_day"]))


def _weight_of_rank(rank: int, n: int) -> float:
    best = 1.0 if rank == 1 else 0.86 - 0.02 * rank
    return best if n >= RANKED_FROM * 3 else best - 0.25


def _is_tied(rank: int, equal_or_better_day: date | None) -> bool:
    """Whether an earlier run was as good: then this one is no longest, fastest or highest."""
    return rank == 1 and equal_or_better_day is not None


def weight_of_quiet(days: int) -> float:
    """How telling it is that something had not been so for this many days."""
    return min(0.9, 0.45 + 0.14 * (days / 90) ** 0.5)


def distance_rank(row: Row, wording: Wording) -> Candidate | None:
    """Rank of the distance in the whole history: the longest, or one of the ten longest."""
    rank, n = row["distance_rank"], row["distance_n"]
    if n < RANKED_FROM or rank > min(TOLD_RANK, n // 4) or _is_tied(rank, row["longer_day"]):
        return None
    name = "longest_ever" if rank == 1 else "distance_rank"
    text = wording.phrase(name, ordinal=wording.ordinal(rank), n=wording.count(n))
    fact = Fact(
        name=name, value=rank, unit="rank", text=text, n=n, window=since_first(row, wording)
    )
    return Candidate(fact, "distance", _weight_of_rank(rank, n))


def distance_rank_year(row: Row, wording: Wording) -> Candidate | None:
    """Rank of the distance in the year so far."""
    rank, n, day = row["distance_year_rank"], row["distance_year_n"], row["day"]
    longer: date | None = row["longer_day"]
    longer = longer if longer and longer.year == day.year else None
    if n < RANKED_FROM or rank > min(5, n // 4) or _is_tied(rank, longer):
        return None
    text = wording.phrase("distance_rank", ordinal=wording.ordinal(rank), n=wording.count(n))
    if rank == 1:
        text = wording.phrase("longest_ever", n=wording.count(n))
    name = "longest_of_year" if rank == 1 else "distance_rank_year"
    fact = Fact(name=name, value=rank, unit="rank", text=text, n=n, window=str(day.year))
    return Candidate(fact, "distance", _weight_of_rank(rank, n) - 0.12)


def since_last(row: Row, wording: Wording, name: str, key: str) -> Fact | None:
    """A fact that names the day it was last so, when that is a while ago."""
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
    fact = since_last(row, wording, "longest_since", "longer_day")
    quiet = (row["day"] - row["longer_day"]).days if fact else 0
    return fact and Candidate(fact, "distance", weight_of_quiet(quiet))


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
    if _is_tied(rank, row["faster_day"]):
        return None
    name = "band_best" if rank == 1 else "band_rank"
    text = wording.phrase(
        name, ordinal=wording.ordinal(rank), n=wording.count(n), band=band_words(row, wording)
    )
    fact = Fact(
        name=name, value=rank, unit="rank", text=text, n=n, window=since_first(row, wording)
    )
    return Candidate(fact, "pace", _weight_of_rank(rank, n))


def fastest_since(row: Row, wording: Wording) -> Candidate | None:
    """The last time a run of about this distance was at least as fast."""
    fact = since_last(row, wording, "fastest_since", "faster_day")
    if fact is None or row["band_n"] < RANKED_FROM:
        return None
    fact = fact.model_copy(update={"n": row["band_n"]})
    return Candidate(fact, "pace", weight_of_quiet((row["day"] - row["faster_day"]).days))


def pace_against_usual(row: Row, wording: Wording) -> Candidate | None:
    """Pace beside the median of the last twenty runs of about this distance."""
    pace, usual = row["pace_s_per_km"], row["usual_band_pace_s_per_km"]
    if pace is None or usual is None or not row["has_comparable_pace"]:
        return None
    change = round(pace - usual, 1)
    name = "pace_slower" if change > 0 else "pace_quicker"
    name = "pace_as_usual" if abs(change) < PACE_SAME_S else name
    if name == "pace_as_usual":  # "within 0 seconds" is no way to say it
        change = max(abs(change), 1.0)
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
    if rank <= min(TOLD_RANK, n // 4) and not _is_tied(rank, row["higher_day"]):
        name = "climb_best" if rank == 1 else "climb_rank"
        text = wording.phrase(name, ordinal=wording.ordinal(rank), n=wording.count(n))
        fact = Fact(
            name=name, value=rank, unit="rank", text=text, n=n, window=since_first(row, wording)
        )
        return Candidate(fact, "climb", _weight_of_rank(rank, n) - 0.06)
    quiet = since_last(row, wording, "most_climb_since", "higher_day")
    days = (row["day"] - row["higher_day"]).days if quiet else 0
    return quiet and Candidate(quiet, "climb", weight_of_quiet(days) - 0.06)


def heart_rate_at_pace(row: Row, wording: Wording) -> Candidate | None:
    """Heart rate beside earlier runs of like distance and pace within a year."""
    usual, n, rate = row["similar_heart_rate_bpm"], row["similar_n"], row["heart_rate_avg_bpm"]
    if usual is None or rate is None:
        return None
    change = round(rate) - round(usual)
    name = "heart_rate_higher" if change > 0 else "heart_rate_lower"
    name = "heart_rate_same" if abs(change) <= 1 else name
    shown = change or 1  # nothing lies within none
    text = wording.phrase(name, difference=wording.bpm(shown), usual=wording.bpm(usual))
    quality: Quality = "derived"
    fact = Fact(
        name=name, value=change, unit="bpm", text=text, n=n,
        window=wording.phrase("last_days", n="365"), quality=quality,
    )  # fmt: skip
    return Candidate(fact, "heart", 0.46 + min(abs(change), 12) / 30)


HISTORY: tuple[Callable[[Row, Wording], Candidate | None], ...] = (
    distance_rank, distance_rank_year, longest_since, band_rank, fastest_since,
    pace_against_usual, climb_rank, heart_rate_at_pace,
)  # fmt: skip
