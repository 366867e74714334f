"""Race predictions as ranges, tried on the runner's own earlier races.

Pure: no clock, no network, no database, no files.

A prediction comes from the best effort of the last 90 days: the one with the highest
VDOT among efforts of a mile and more. The time is Riegel's from that effort, with the
runner's own exponent where three efforts of different length allow it, else Daniels'
equivalent. The back-test makes the same prediction for each earlier race from what was
known the day before; the range is the 80 % quantile of its errors, at least 2 %. With
fewer than three races the range is 5 % and says that it was not tested. From an effort
more than 4.5 times shorter than the race the range is twice as wide.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

import polars as pl

from runletters.activities import INDOOR_SPORTS, RUN_SPORTS
from runletters.metrics.form import RACES_M, fitted_exponent, race_time_s, riegel_s, vdot

WINDOW_DAYS = 90
SHORTEST_M = 1_600.0
UNTESTED_PERCENT = 5.0
NARROWEST_PERCENT = 2.0
FEWEST_RACES = 3
COVERAGE = 0.8
RACE_TOLERANCE = 0.03
"""A race may be this share longer or shorter than its distance and still be one."""
LONGEST_STEP = 4.5
"""From a distance this many times shorter a prediction is marked as far-fetched."""
WIDEST = 0.1
"""A range wider than this share to either side says more about the doubt than about the race."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """A best effort with the day it was run."""

    activity_id: str
    local_date: date
    distance_m: float
    elapsed_s: float

    @property
    def vdot(self) -> float:
        """What the effort is worth."""
        return vdot(self.distance_m, self.elapsed_s)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A time over a race distance, with where it comes from and how far it is trusted."""

    race: str  # a key of form.RACES_M
    distance_m: float
    seconds: float
    low_s: float
    high_s: float
    method: str  # riegel_personal, daniels
    exponent: float | None
    vdot: float
    from_activity_id: str
    from_distance_m: float
    from_date: date
    efforts_count: int
    window_days: int
    tested_races: int
    error_percent: float | None  # mean absolute error of the back-test
    is_far_fetched: bool  # the effort behind it is much shorter than the race

    @property
    def is_narrow(self) -> bool:
        """Whether the range says more about the race than about the doubt."""
        return self.high_s <= self.seconds * (1 + WIDEST)


@dataclass(frozen=True, kw_only=True)
class BackTest:
    """One earlier race and what would have been said the day before."""

    activity_id: str
    local_date: date
    distance_m: float
    actual_s: float
    predicted_s: float

    @property
    def error_percent(self) -> float:
        """Predicted against actual: positive means the runner was faster than said."""
        return (self.predicted_s / self.actual_s - 1.0) * 100.0


def efforts_of(best_efforts: pl.DataFrame, metrics: pl.DataFrame) -> list[Effort]:
    """Sound efforts of a mile and more, by date.

    Without streams the whole run is its own effort, at its elapsed time.

    Args:
        best_efforts: from `best_efforts.best_efforts`, of one runner.
        metrics: from `run_metrics`; only runs with a measured pace count: no rides, and no
            treadmill, whose distance is the machine's own.
    """
    is_run = pl.col("sport").fill_null("running").is_in(sorted(RUN_SPORTS - INDOOR_SPORTS))
    sound = metrics.filter(is_run, pl.col("pace_quality") == "measured")
    inside = best_efforts.join(sound.select("activity_id", "local_date"), on="activity_id")
    whole = sound.join(best_efforts, on="activity_id", how="anti")
    columns = ["activity_id", "local_date", "distance_m", "elapsed_s"]
    rows = pl.concat([inside.select(columns), whole.select(columns)]).filter(
        pl.col("distance_m") >= SHORTEST_M, pl.col("elapsed_s") > 0
    )
    ordered = rows.sort("local_date", "activity_id", "distance_m")
    return [Effort(**row) for row in ordered.iter_rows(named=True)]


def predictions(
    efforts: list[Effort], races: list[Effort], on_date: date
) -> tuple[list[Prediction], list[BackTest]]:
    """What the runner could run on a day, over 5 km to the marathon, and how it was tested.

    Args:
        efforts: from `efforts_of`.
        races: earlier races: the whole run, elapsed time.
        on_date: the day for which is predicted; only efforts before it count.
    """
    recent = _recent(efforts, on_date)
    tests = back_test(efforts, [race for race in races if race.local_date < on_date])
    if not recent:
        return [], tests
    return [_prediction(race, recent, tests) for race in RACES_M], tests


def back_test(efforts: list[Effort], races: list[Effort]) -> list[BackTest]:
    """Each race with the prediction from what was known the day before."""
    tests: list[BackTest] = []
    for race in races:
        recent = _recent(efforts, race.local_date)
        if recent:
            predicted_s, _ = _time(recent, race.distance_m)
            tests.append(
                BackTest(
                    activity_id=race.activity_id,
                    local_date=race.local_date,
                    distance_m=race.distance_m,
                    actual_s=race.elapsed_s,
                    predicted_s=predicted_s,
                )
            )
    return tests


class Outlook:
    """Predictions for any day of one history, each from what was known the day before.

    The same as `predictions`, for many days at once: the back-test is made once.
    """

    def __init__(self, efforts: Sequence[Effort], races: Sequence[Effort]) -> None:
        self._efforts = sorted(efforts, key=lambda effort: effort.local_date)
        self._days = [effort.local_date for effort in self._efforts]
        ordered = sorted(races, key=lambda race: race.local_date)
        self._tests = [test for race in ordered for test in self._test(race)]

    def on(self, day: date) -> list[Prediction]:
        """What could be raced that day over 5 km to the marathon; empty without an effort."""
        recent = _recent(self._before(day), day)
        if not recent:
            return []
        tests = [test for test in self._tests if test.local_date < day]
        return [_prediction(race, recent, tests) for race in RACES_M]

    def runs_before(self, day: date) -> int:
        """Runs with an effort in the window that ends the day before."""
        return len({effort.activity_id for effort in self._before(day)})

    def _before(self, day: date) -> list[Effort]:
        first = bisect_left(self._days, day - timedelta(days=WINDOW_DAYS))
        return self._efforts[first : bisect_left(self._days, day)]

    def _test(self, race: Effort) -> list[BackTest]:
        return back_test(self._before(race.local_date), [race])


def race_distance_m(distance_m: float) -> float | None:
    """The official distance a run belongs to, or None."""
    near = [m for m in RACES_M.values() if abs(distance_m / m - 1.0) <= RACE_TOLERANCE]
    return near[0] if near else None


def range_percent(tests: list[BackTest]) -> float:
    """Half-width of the range: the 80 % quantile of the absolute errors, at least 2 %."""
    if len(tests) < FEWEST_RACES:
        return UNTESTED_PERCENT
    errors = sorted(abs(test.error_percent) for test in tests)
    index = min(len(errors) - 1, round(COVERAGE * (len(errors) - 1) + 0.499))
    return max(NARROWEST_PERCENT, errors[index])


def _recent(efforts: list[Effort], before: date) -> list[Effort]:
    """The best effort of each distance in the window that ends the day before."""
    since = before - timedelta(days=WINDOW_DAYS)
    inside = [effort for effort in efforts if since <= effort.local_date < before]
    by_distance = sorted(inside, key=lambda effort: (effort.distance_m, effort.elapsed_s))
    return [next(group) for _, group in groupby(by_distance, key=lambda e: e.distance_m)]


def _best(recent: list[Effort]) -> Effort:
    return max(recent, key=lambda effort: effort.vdot)


def personal_exponent(recent: list[Effort]) -> float | None:
    """The runner's own exponent through efforts within 10 % of the best VDOT."""
    top = _best(recent).vdot
    hard = [(e.distance_m, e.elapsed_s) for e in recent if e.vdot >= 0.9 * top]
    return fitted_exponent(hard)


def _time(recent: list[Effort], distance_m: float) -> tuple[float, float | None]:
    best, exponent = _best(recent), personal_exponent(recent)
    if exponent is None:
        return race_time_s(best.vdot, distance_m), None
    return riegel_s(best.elapsed_s, best.distance_m, distance_m, exponent), exponent


def _prediction(race: str, recent: list[Effort], tests: list[BackTest]) -> Prediction:
    distance_m, best = RACES_M[race], _best(recent)
    seconds, exponent = _time(recent, distance_m)
    is_far_fetched = distance_m / best.distance_m > LONGEST_STEP
    share = range_percent(tests) / 100.0 * (2 if is_far_fetched else 1)
    errors = [abs(test.error_percent) for test in tests]
    return Prediction(
        race=race,
        distance_m=distance_m,
        seconds=seconds,
        low_s=seconds * (1 - share),
        high_s=seconds * (1 + share),
        method="riegel_personal" if exponent else "daniels",
        exponent=exponent,
        vdot=best.vdot,
        from_activity_id=best.activity_id,
        from_distance_m=best.distance_m,
        from_date=best.local_date,
        efforts_count=len(recent),
        window_days=WINDOW_DAYS,
        tested_races=len(tests),
        error_percent=sum(errors) / len(errors) if errors else None,
        is_far_fetched=is_far_fetched,
    )
