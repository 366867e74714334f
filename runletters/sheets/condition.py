"""Where a run met the runner: the load of the weeks before, and what races looked like then.

Pure: no clock, no network, no database. Everything is as of the evening before the run, so
neither the run itself nor a later one changes it. Little evidence gives no fact.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from runletters.facts import Fact, Quality
from runletters.metrics.form import RACES_M
from runletters.metrics.load import ATL_DAYS, CTL_DAYS
from runletters.metrics.prediction import WINDOW_DAYS, Prediction, race_distance_m
from runletters.sheets.training import comparable
from runletters.training import Training
from runletters.wording import Wording

WEEK, MONTH = timedelta(days=7), timedelta(days=28)
FITNESS = timedelta(days=CTL_DAYS)
SETTLED = 3 * FITNESS
"""CTL begins at 0 with the first run; after three times its 42 days 95 % of that is gone."""
BALANCED = 5
"""Points of TSB to either side that say nothing."""
RUNS_OF_MONTH = 6
"""Fewer runs in four weeks are no rhythm that a week could leave."""
CHANGE_FROM_PERCENT = 15.0
RUNS_OF_ESTIMATE = 5
TOLD_RACES = {"metric": frozenset(RACES_M), "imperial": frozenset({"half_marathon", "marathon"})}
"""Races whose names fit the reader's units."""


def condition_facts(
    wanted: Sequence[str], training: Training, wording: Wording
) -> dict[str, tuple[Fact, ...]]:
    """Load, form, VDOT and a race estimate of each wanted run that may be compared at all.

    Args:
        wanted: activity ids.
        training: of the whole history.
        wording: the reader's language and units.
    """
    loads = Loads.of(training)
    mine = comparable(training.metrics).filter(pl.col("activity_id").is_in(list(wanted)))
    rows = mine.select("activity_id", "local_date", "distance_m")
    return {
        activity_id: (
            *_load(loads, day, wording),
            *_form(training, loads, day, wording),
            *_race(training, day, run_m, wording),
        )
        for activity_id, day, run_m in rows.iter_rows()
    }


class Loads:
    """The loads of a history in order of days, with sums that any window is cut from."""

    def __init__(
        self, days: Sequence[date], loads: Sequence[float], guesses: Sequence[bool]
    ) -> None:
        self._days = days
        self._sums = _sums(loads)
        self._guesses = _sums([float(guess) for guess in guesses])

    @classmethod
    def of(cls, training: Training) -> Loads:
        """Those of all runs that have a load."""
        rows = training.metrics.select("local_date", "load", "load_quality")
        known = rows.drop_nulls(["local_date", "load"]).sort("local_date")
        guesses = [quality != "derived" for quality in known["load_quality"]]
        return cls(known["local_date"].to_list(), known["load"].to_list(), guesses)

    def reaches(self, day: date) -> bool:
        """Whether the history began on that day or before."""
        return bool(self._days) and self._days[0] <= day

    def between(self, first: date, end: date) -> tuple[float, int, bool]:
        """Load and number of runs from a day to before another; whether any was estimated."""
        low, high = bisect_left(self._days, first), bisect_left(self._days, end)
        guessed = self._guesses[high] > self._guesses[low]
        return self._sums[high] - self._sums[low], high - low, guessed


def _sums(values: Sequence[float]) -> list[float]:
    sums = [0.0]
    for value in values:
        sums.append(sums[-1] + value)
    return sums


def _load(loads: Loads, day: date, wording: Wording) -> tuple[Fact, ...]:
    """The week before the run beside the mean week of the four before it (the weekly ramp)."""
    month, runs, guessed = loads.between(day - MONTH, day)
    week, _, _ = loads.between(day - WEEK, day)
    if runs < RUNS_OF_MONTH or month <= 0 or not loads.reaches(day - MONTH):
        return ()
    change = round((week / month * 4 - 1) * 100)
    if abs(change) < CHANGE_FROM_PERCENT:
        return ()
    name = "training_above" if change > 0 else "training_below"
    quality: Quality = "estimated" if guessed else "derived"
    text = wording.phrase(name, percent=wording.percent(change))
    window = wording.phrase("days_before", n=wording.count(MONTH.days))
    return (
        Fact(
            name=name, value=change, unit="percent", text=text, n=runs, window=window,
            quality=quality,
        ),
    )  # fmt: skip


def _form(training: Training, loads: Loads, day: date, wording: Wording) -> tuple[Fact, ...]:
    """CTL and ATL of the evening before and TSB, their difference: whole points that add up."""
    evening = training.evenings.get(day - timedelta(days=1))
    runs, lately, in_month = (loads.between(day - span, day)[1] for span in (FITNESS, WEEK, MONTH))
    if evening is None or in_month < RUNS_OF_MONTH or not loads.reaches(day - SETTLED):
        return ()
    ctl, atl = (_points(value) for value in evening)
    tsb = ctl - atl
    side = "even" if abs(tsb) < BALANCED else "above" if tsb > 0 else "below"
    quality = "estimated" if loads.between(day - FITNESS, day)[2] else "derived"
    sign = "−" if tsb < 0 else "+" if tsb > 0 else ""
    told = (
        ("load_ctl", ctl, "CTL ", runs, CTL_DAYS),
        ("load_atl", atl, "ATL ", lately, ATL_DAYS),
        (f"load_tsb_{side}", tsb, f"TSB {sign}", runs, CTL_DAYS),
    )
    return tuple(
        _fact(name, value, "load", text + wording.count(abs(value)),
              {"n": n, "window": _window(days, wording), "quality": quality})
        for name, value, text, n, days in told
    )  # fmt: skip


def _points(load: float) -> int:
    return math.floor(load + 0.5)


def _window(days: float, wording: Wording) -> str:
    return wording.phrase("load_window", days=wording.days(int(days)))


def _race(training: Training, day: date, run_m: float, wording: Wording) -> tuple[Fact, ...]:
    """The race that was run, else the one nearest to the best effort: a range, and its VDOT."""
    runs = training.outlook.runs_before(day)
    near = [one for one in training.outlook.on(day) if _is_told(one, wording)]
    if not near or runs < RUNS_OF_ESTIMATE:
        return ()
    like_m = race_distance_m(run_m) or near[0].from_distance_m
    best = min(near, key=lambda one: abs(math.log(one.distance_m / like_m)))
    window = wording.phrase("days_before", n=wording.count(WINDOW_DAYS))
    score = round(best.vdot, 1)
    shared: Mapping[str, object] = {"n": runs, "window": window, "quality": "estimated"}
    return (
        _fact("race_estimate", round(best.seconds), "s", _range(best, wording), shared),
        _fact("race_vdot", score, "ratio", f"VDOT {wording.tenths(score)}", shared),
    )


def _is_told(one: Prediction, wording: Wording) -> bool:
    """Narrow enough, and a distance that readers of these units race over."""
    return one.race in TOLD_RACES[wording.units] and one.is_narrow


def _range(one: Prediction, wording: Wording) -> str:
    return wording.phrase(
        "race_estimate",
        low=wording.clocked(one.low_s),
        high=wording.clocked(one.high_s),
        race=wording.phrase(f"race_{one.race}"),
    )


def _fact(name: str, value: float, unit: str, text: str, shared: Mapping[str, object]) -> Fact:
    return Fact.model_validate({"name": name, "value": value, "unit": unit, "text": text, **shared})
