"""What compare, predict and trend answer, on invented histories."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from runletters import reports
from runletters.deriving import derive
from runletters.fact_sheets import fact_sheets_of
from runletters.parts import STREAMS_SCHEMA
from runletters.training import Training, training_of
from runletters.users import Preferences
from tests.invented_runs import NO_SPLITS, frame, history, run

NO_STREAMS = pl.DataFrame(schema=STREAMS_SCHEMA)


def trained(activities: pl.DataFrame, preferences: Preferences | None = None) -> Training:
    kept = derive(activities, NO_STREAMS)
    return training_of(kept["run_metrics"], kept["best_efforts"], preferences or Preferences())


def typed_in(activities: pl.DataFrame) -> pl.DataFrame:
    """Every third run as if somebody had typed it in."""
    place = pl.int_range(pl.len())
    return activities.with_columns(is_manual=place % 3 == 0)


def test_letters_and_compare_give_the_same_ranks() -> None:
    """Typed-in runs and runs without streams count in both, by one rule."""
    activities, preferences = typed_in(history(300)), Preferences()
    training = trained(activities)
    ids = activities["activity_id"].to_list()
    sheets = fact_sheets_of(
        activities, training, {}, NO_SPLITS, wanted=ids, preferences=preferences
    )

    told = {
        (sheet.activity_id, fact.n, fact.value)
        for sheet in sheets
        for fact in sheet.facts
        if fact.name in {"band_rank", "band_best"}
    }
    shown = {
        (activity_id, rank["n"], rank["rank"])
        for activity_id in {key for key, _, _ in told}
        for rank in reports.comparison(activity_id, activities, training, {}, preferences)["ranks"]
        if rank["what"].startswith("fastest of")
    }

    assert len(told) >= 10
    assert told == shown


def test_a_doubtful_run_is_not_ranked() -> None:
    """10 km in ten minutes is shown with its class and compared with nothing."""
    absurd = run(history(1)["started_at"][0] + timedelta(days=400), 10_000, 60)
    activities = pl.concat([history(60), frame(absurd)])

    data = reports.comparison(
        absurd["activity_id"], activities, trained(activities), {}, Preferences()
    )

    assert ("unknown", [], None) == (data["classification"], data["ranks"], data["similar"])


def test_miles_everywhere_and_never_wider_than_a_terminal() -> None:
    """An imperial reader meets no kilometre; a row of the trend fits into 80 columns."""
    activities = history(200)
    training = trained(activities, Preferences(units="imperial"))
    data = reports.trend_report(training, training.last_day or date(2024, 1, 1), "month", 99)
    compared = reports.comparison(
        activities["activity_id"][-1], activities, training, {}, Preferences(units="imperial")
    )

    rows = [list(reports.TREND_COLUMNS["imperial"]), *reports.trend_rows(data, "imperial")]
    said = " ".join([
        *(cell for row in rows for cell in row),
        *reports.trend_notes(data, "imperial"),
        *(f"{what} {text}" for what, text in reports.comparison_rows(compared, "imperial")),
        *(cell for row in reports.similar_table(compared["similar"], "imperial") for cell in row),
    ])  # fmt: skip
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]

    assert len(rows) > 10
    assert "km" not in said
    assert "miles" in said
    assert sum(widths) + 3 * len(widths) + 1 <= 80


def test_an_untested_range_says_so() -> None:
    """Without three races the range is a rule of thumb, and the answer says how many there were."""
    training = trained(history(60))
    tomorrow = (training.last_day or date(2024, 1, 1)) + timedelta(days=1)

    data = reports.prediction_report(training, tomorrow)

    assert {"untested", "far_fetched"} >= {one["quality"] for one in data["predictions"]}
    assert "fewer than 3" in data["note"]
    assert all(one["low_s"] < one["seconds"] < one["high_s"] for one in data["predictions"])


def test_the_range_of_a_tested_runner_is_the_error_of_the_tests() -> None:
    """With races in the history, the answer names their number and the mean error."""
    base = history(150)
    races = [
        run(base["started_at"][place] + timedelta(hours=5), 10_000, pace, is_race=True)
        for place, pace in ((60, 290), (90, 285), (120, 288), (140, 283))
    ]
    training = trained(pl.concat([base, frame(*races)]).sort("started_at"))
    tomorrow = (training.last_day or date(2024, 1, 1)) + timedelta(days=1)

    data = reports.prediction_report(training, tomorrow)

    assert 4 == len(data["back_test"])
    assert "tested on 4 earlier races" in data["note"]
    assert "tested" in {one["quality"] for one in data["predictions"]}


def test_a_range_too_wide_to_use_is_not_called_tested() -> None:
    """Races far from what was foretold: every range is too wide, and the answer says so."""
    base = history(150)
    races = [
        run(base["started_at"][place] + timedelta(hours=5), 10_000, pace, is_race=True)
        for place, pace in ((60, 200), (90, 290), (120, 380), (140, 420))
    ]
    training = trained(pl.concat([base, frame(*races)]).sort("started_at"))
    tomorrow = (training.last_day or date(2024, 1, 1)) + timedelta(days=1)

    data = reports.prediction_report(training, tomorrow)

    assert {"too_wide"} == {one["quality"] for one in data["predictions"]}
    assert not data["is_enough"]
    assert "Not enough evidence for a useful range" in data["note"]
    assert "too-wide" in {row[-1] for row in reports.prediction_rows(data, "metric")}


def test_nothing_known_is_said_plainly() -> None:
    """No run at all: empty answers and a sentence, no crash."""
    training = trained(frame())

    assert "Not enough evidence" in reports.prediction_report(training, date(2026, 1, 1))["note"]
    nothing = reports.trend_report(training, date(2026, 1, 1), "week", 5)
    assert ["No run yet."] == reports.trend_notes(nothing, "metric")
