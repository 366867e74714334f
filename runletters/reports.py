"""What `compare`, `predict` and `trend` answer: plain values for programs, rows for people.

Pure: no clock, no network, no database. Values are metric; rows are in the reader's units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import polars as pl

from runletters.errors import UnknownActivity
from runletters.fact_sheets import compared_runs
from runletters.facts import Units
from runletters.metrics.load import fitness
from runletters.metrics.prediction import FEWEST_RACES, UNTESTED_PERCENT, WIDEST, Prediction
from runletters.metrics.route_masks import Routes
from runletters.metrics.similar import compared, similar_runs
from runletters.metrics.trends import (
    Period,
    change_points,
    consistency,
    periods,
    streak_on,
    streaks,
)
from runletters.sheets.classify import class_of
from runletters.sheets.history import band_words
from runletters.sheets.training import comparable
from runletters.training import Training
from runletters.users import Preferences
from runletters.wording import Wording, wording_for

YARDS_PER_METRE = 1 / 0.9144
RACE_NAMES = {"5km": "5 km", "10km": "10 km", "half_marathon": "half", "marathon": "marathon"}
CHANGES_FROM_MONTHS = 12
NEVER_MEDICAL = "Computed by rule from the recordings; no medical advice."


def english(units: Units) -> Wording:
    """The words of the command line: English, in the runner's units."""
    return wording_for("en", units)


# ---- compare


def comparison(
    activity_id: str,
    activities: pl.DataFrame,
    training: Training,
    routes: Routes,
    preferences: Preferences,
) -> dict[str, Any]:
    """One run beside the runner's others: ranks as letters tell them, and runs like it.

    Raises:
        UnknownActivity: no run of that id in the history.
    """
    table = compared_runs(activities, training.metrics, preferences)
    rows = table.filter(pl.col("activity_id") == activity_id).to_dicts()
    if not rows:
        raise UnknownActivity(
            f"Activity {activity_id!r} is no run of this history.",
            remedy="`runletters letters --user U` lists what there is.",
        )
    row, wording = rows[0], english(preferences.units)
    classification, reason = class_of(row, wording)
    return {
        "activity": activity_id,
        "day": row["day"].isoformat(),
        "sport": row["sport"],
        "is_manual": row["is_manual"],
        "classification": classification,
        "reason": reason,
        "distance_m": row["distance_m"],
        "pace_s_per_km": row["pace_s_per_km"],
        "heart_rate_avg_bpm": row["heart_rate_avg_bpm"],
        "is_comparable": row["is_trusted"],
        "flags": row["bad_flags"],
        "ranks": _ranks(row, wording) if row["is_trusted"] else [],
        "similar": _similar(activity_id, training, routes),
    }


def _ranks(row: Mapping[str, Any], wording: Wording) -> list[dict[str, Any]]:
    since = row["first_day"].isoformat()
    year = str(row["day"].year)
    told = [
        ("longest of all runs", "distance", since),
        (f"longest of {year} so far", "distance_year", f"{year}-01-01"),
        (f"fastest of {band_words(row, wording)}", "band", since),
        (f"the same, of {year} so far", "band_year", f"{year}-01-01"),
        ("most climbing of all runs", "climb", since),
    ]
    return [
        {"what": what, "rank": row[f"{name}_rank"], "n": row[f"{name}_n"], "since": first}
        for what, name, first in told
        if row[f"{name}_rank"] is not None
    ]


def _similar(activity_id: str, training: Training, routes: Routes) -> dict[str, Any] | None:
    sound = comparable(training.metrics)
    if activity_id not in sound["activity_id"]:
        return None
    alike = similar_runs(activity_id, sound, routes)
    found = compared(activity_id, sound, alike)
    if found is None:
        return None
    newest = alike.sort("local_date", descending=True).head(8)["activity_id"].to_list()
    columns = ("activity_id", "local_date", "distance_m", "pace_s_per_km", "heart_rate_avg_bpm",
               "classification")  # fmt: skip
    runs = sound.filter(pl.col("activity_id").is_in(newest)).select(*columns)
    return asdict(found) | {"newest": runs.sort("local_date", descending=True).to_dicts()}


def comparison_rows(data: Mapping[str, Any], units: Units) -> list[tuple[str, str]]:
    """The comparison as pairs of what and how much."""
    wording = english(units)
    rows = [
        ("run", f"{data['day']}, {data['sport'].replace('_', ' ')}"),
        ("class", data["classification"]),
        ("because", data["reason"]),
    ]
    if data["is_manual"]:
        rows.append(("source", "typed in by hand"))
    if data["is_comparable"]:
        rows += [("distance", wording.distance(data["distance_m"])),
                 ("pace", wording.pace(data["pace_s_per_km"]))]  # fmt: skip
    rows += [(f"rank: {r['what']}", f"{r['rank']} of {r['n']}") for r in data["ranks"]]
    return rows + _similar_rows(data["similar"], wording)


def _similar_rows(found: Mapping[str, Any] | None, wording: Wording) -> list[tuple[str, str]]:
    if found is None:
        return []
    where = "on this route" if found["basis"] == "route" else "of like length, sport and climb"
    rows = [
        (f"fastest {where}", f"{found['pace_rank']} of {found['n']} since {found['since']}"),
        ("against their middle", _signed_pace(found["pace_change_s_per_km"], wording)),
    ]
    change = found["pace_change_at_equal_heart_rate_s_per_km"]
    if change is not None:
        rate = wording.bpm(found["equal_heart_rate_bpm"])
        rows.append((f"at {rate}, n={found['efficiency_n']}", _signed_pace(change, wording)))
    return rows


def _signed_pace(change: float, wording: Wording) -> str:
    return f"{wording.pace_difference(change)} {'slower' if change > 0 else 'faster'}"


def similar_table(found: Mapping[str, Any] | None, units: Units) -> list[list[str]]:
    """The newest runs like it, one row each."""
    wording = english(units)
    newest: list[dict[str, Any]] = found["newest"] if found else []
    return [
        [
            run["local_date"].isoformat(),
            run["activity_id"],
            wording.distance(run["distance_m"]),
            wording.pace(run["pace_s_per_km"]),
            "" if run["heart_rate_avg_bpm"] is None else wording.bpm(run["heart_rate_avg_bpm"]),
        ]
        for run in newest
    ]


# ---- predict


def prediction_report(training: Training, on_date: date) -> dict[str, Any]:
    """Race times as ranges with where they come from and how they were tested."""
    found, tests = training.predicted(on_date), training.tested(on_date)
    return {
        "on": on_date.isoformat(),
        "predictions": [asdict(one) | {"quality": quality_of(one)} for one in found],
        "back_test": [asdict(test) | {"error_percent": test.error_percent} for test in tests],
        "is_enough": any(one.is_narrow for one in found),
        "note": prediction_note(found),
    }


def quality_of(one: Prediction) -> str:
    """Too wide to use, far-fetched (a much shorter effort), tested, or untested (few races)."""
    if not one.is_narrow:
        return "too_wide"
    if one.is_far_fetched:
        return "far_fetched"
    return "tested" if one.tested_races >= FEWEST_RACES else "untested"


def prediction_note(found: list[Prediction]) -> str:
    """How far the ranges are to be trusted, in plain words."""
    if not found:
        return "Not enough evidence: no effort of a mile or more in the last 90 days."
    one = found[0]
    source = f"From {one.efforts_count} best efforts of {one.window_days} days"
    if one.tested_races < FEWEST_RACES:
        return (
            f"{source}; tested on {one.tested_races} earlier races, fewer than {FEWEST_RACES}: the "
            f"range is a rule of thumb ({UNTESTED_PERCENT:.0f}%), not a measured error."
        )
    tested = f"{source}; tested on {one.tested_races} earlier races: {one.error_percent:.1f}% off."
    if all(each.is_narrow for each in found):
        return tested
    return (
        f"{tested} Not enough evidence for a useful range where the quality is too-wide: it "
        f"reaches more than {WIDEST:.0%} to a side."
    )


def prediction_rows(data: Mapping[str, Any], units: Units) -> list[list[str]]:
    """One row per race: time, range, what it rests on, how well tested."""
    wording = english(units)
    return [
        [
            RACE_NAMES[one["race"]],
            wording.clocked(one["seconds"]),
            f"{wording.clocked(one['low_s'])}-{wording.clocked(one['high_s'])}",
            f"{wording.distance(one['from_distance_m'])}, {one['from_date']}",
            one["quality"].replace("_", "-"),
        ]
        for one in data["predictions"]
    ]


# ---- trend


def trend_report(training: Training, until: date, by: Period, last: int) -> dict[str, Any]:
    """Periods, form, habit and steps that chance hardly makes.

    Args:
        training: the history.
        until: today.
        by: week, month or year.
        last: how many of the newest periods; all are looked at for steps.
    """
    metrics = with_efficiency(training.metrics.filter(pl.col("local_date") <= until))
    if metrics.is_empty():
        return {"by": by, "periods": [], "form": None, "changes": [], "until": until.isoformat()}
    form = fitness(training.daily(until)).tail(1).to_dicts()[0]
    found = streaks(metrics)
    estimated = metrics.filter(pl.col("load_quality") == "estimated").height / metrics.height
    return {
        "by": by,
        "until": until.isoformat(),
        "periods": periods(metrics, by).tail(last).to_dicts(),
        "form": form | {"estimated_share": estimated},
        "consistency_12_weeks": consistency(metrics, until),
        "streak_days": max(streak_on(found, until), streak_on(found, until - timedelta(days=1))),
        "longest_streak_days": max((one.days for one in found), default=0),
        "changes": _changes(metrics),
    }


def with_efficiency(metrics: pl.DataFrame) -> pl.DataFrame:
    """Metres per beat of the samples, else of the averages of a run that has no samples."""
    sound = (pl.col("heart_rate_quality") == "measured") & (pl.col("pace_quality") == "measured")
    of_averages = 60_000.0 / pl.col("pace_s_per_km") / pl.col("heart_rate_avg_bpm")
    return metrics.with_columns(
        efficiency_factor=pl.coalesce("efficiency_factor", pl.when(sound).then(of_averages))
    )


def _changes(metrics: pl.DataFrame) -> list[dict[str, Any]]:
    months = periods(metrics, "month")
    told: list[dict[str, Any]] = []
    for what in ("distance_m", "efficiency_factor"):
        known = months.drop_nulls(what)
        if known.height < CHANGES_FROM_MONTHS:
            continue
        starts = known["period_start"].to_list()
        told += [
            asdict(step) | {"what": what, "since": starts[step.index].isoformat()}
            for step in change_points(known[what].to_list())
        ]
    return told


TREND_COLUMNS: dict[Units, tuple[str, ...]] = {
    "metric": ("from", "runs", "km", "hours", "/km", "climb m", "load", "m/beat"),
    "imperial": ("from", "runs", "miles", "hours", "/mile", "climb ft", "load", "yd/beat"),
}


def trend_rows(data: Mapping[str, Any], units: Units) -> list[list[str]]:
    """One short row per period: all of it fits into 80 columns."""
    wording = english(units)
    feet = 1.0 if units == "metric" else 1 / 0.3048

    def cell(value: float | None, say: Callable[[float], str]) -> str:
        return "" if value is None else say(value)

    return [
        [
            one["period_start"].isoformat(),
            f"{one['runs_count']}",
            f"{one['distance_m'] / wording.unit_m:.1f}",
            f"{one['moving_s'] / 3600:.1f}",
            cell(one["pace_s_per_km"], lambda v: wording.clocked(v * wording.unit_m / 1000)),
            f"{one['elevation_gain_m'] * feet:.0f}",
            f"{one['load']:.0f}",
            cell(one["efficiency_factor"], lambda v: f"{v * efficiency_unit(units):.2f}"),
        ]
        for one in data["periods"]
    ]


def efficiency_unit(units: Units) -> float:
    """Metres per beat as they are, or yards per beat."""
    return 1.0 if units == "metric" else YARDS_PER_METRE


def trend_notes(data: Mapping[str, Any], units: Units) -> list[str]:
    """Form, habit and steps in sentences."""
    form = data["form"]
    if form is None:
        return ["No run yet."]
    share = form["estimated_share"]
    basis = f"; {share:.0%} of the runs by an estimated load" if share else ""
    balance = form["ctl"] - form["atl"]
    fit = (
        f"Fitness {form['ctl']:.0f}, fatigue {form['atl']:.0f}, form {balance:+.0f} on "
        f"{data['until']} (CTL 42 days, ATL 7 days, from the first run on{basis})."
    )
    habit = (
        f"A run in {data['consistency_12_weeks']:.0%} of the last 12 weeks; "
        f"days in a row: {data['streak_days']} now, {data['longest_streak_days']} at most."
    )
    steps = [_change_text(step, units) for step in data["changes"]]
    return [
        fit,
        habit,
        *(steps or ["No step in monthly distance or efficiency that is not noise."]),
    ]


def _change_text(step: Mapping[str, Any], units: Units) -> str:
    if step["what"] == "distance_m":
        wording = english(units)
        before, after = (wording.distance(step[f"mean_{side}"]) for side in ("before", "after"))
        what = "distance a month"
    else:
        factor, unit = efficiency_unit(units), "m" if units == "metric" else "yd"
        before, after = (
            f"{step[f'mean_{side}'] * factor:.2f} {unit}/beat" for side in ("before", "after")
        )
        what = "efficiency"
    return (
        f"Since {step['since']}: {what} {after} (n={step['n_after']} months) after {before} "
        f"(n={step['n_before']}), p={step['p_value']:.3f}."
    )
