"""Load and race estimates on fact sheets: by hand, as of the evening before, never on little."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from runletters.facts import Fact, FactSheet
from runletters.grounding import check
from runletters.metrics.prediction import Effort, Outlook, predictions
from runletters.sheets.condition import condition_facts
from runletters.training import Training
from runletters.wording import wording_for
from tests.runletters.metrics import histories

METRIC = wording_for("en", "metric")


def training(days: list[tuple[int, float]], efforts: list[Effort] | None = None) -> Training:
    """Runs of 10 km on some days with some load each."""
    metrics = histories.history([(day, 10_000, 330, None, "measured", None) for day, _ in days])
    return Training(
        metrics=metrics.with_columns(
            load=pl.Series([load for _, load in days]),
            load_quality=pl.lit("derived"),
            classification=pl.lit("easy"),
        ),
        best_efforts=pl.DataFrame(),
        efforts=efforts or [],
        races=[],
    )


def facts(history: Training, place: int = -1, language: str = "en") -> dict[str, Fact]:
    """What is said of one run, by name."""
    name = history.metrics["activity_id"][place]
    wording = METRIC if language == "en" else wording_for(language, "metric")
    return {fact.name: fact for fact in condition_facts([name], history, wording)[name]}


EVERY_OTHER_DAY = [(day, 50.0) for day in range(0, 58, 2)]


def test_a_heavy_week_is_told_beside_four_weeks() -> None:
    """Three runs of 100 after eleven of 50: 300 against a mean week of 212.5, 41 % above."""
    before = [(day, 50.0 if day < 51 else 100.0) for day in range(0, 58, 2)]

    fact = facts(training([*before, (58, 60.0)]))["training_above"]

    assert (41, 14, "the 28 days before", "derived") == (
        fact.value, fact.n, fact.window, fact.quality,
    )  # fmt: skip
    assert "41% above the mean of four weeks" == fact.text


def test_neither_the_run_itself_nor_a_later_one_counts() -> None:
    """A sheet never looks ahead."""
    light = [*EVERY_OTHER_DAY, (58, 10.0)]

    alone = facts(training([(day, 20.0 if day > 50 else load) for day, load in light]))
    later = facts(
        training([*[(day, 20.0 if day > 50 else load) for day, load in light], (59, 900.0)]), -2
    )

    assert {"training_below"} == set(alone)
    assert alone == later


@pytest.mark.parametrize(
    "days", [EVERY_OTHER_DAY[-8:], [(0, 50.0), (50, 50.0), (57, 300.0)], EVERY_OTHER_DAY]
)
def test_a_short_history_few_runs_or_an_even_week_say_nothing(
    days: list[tuple[int, float]],
) -> None:
    """Less than four weeks, fewer than six runs, less than 15 % of change: no fact."""
    assert {} == facts(training([*days, (58, 50.0)]))


def efforts(days: list[int]) -> list[Effort]:
    """10 km in 50 minutes on some days."""
    return [
        Effort(
            activity_id=f"effort-{day}",
            local_date=histories.FIRST_DAY + timedelta(days=day),
            distance_m=10_000.0,
            elapsed_s=3_000.0,
        )
        for day in days
    ]


def test_a_race_is_estimated_from_the_efforts_of_ninety_days() -> None:
    """50:00 over 10 km is VDOT 40; untested, the range is 5 % to either side."""
    history = training([*EVERY_OTHER_DAY, (58, 50.0)], efforts([10, 20, 30, 40, 50]))

    found = facts(history)

    assert "47:30 to 52:30 for 10 km" == found["race_estimate"].text
    assert (3_000, "s", 5) == (
        found["race_estimate"].value, found["race_estimate"].unit, found["race_estimate"].n,
    )  # fmt: skip
    assert (40.0, "VDOT 40.0", "estimated") == (
        found["race_vdot"].value, found["race_vdot"].text, found["race_vdot"].quality,
    )  # fmt: skip
    assert "the 90 days before" == found["race_vdot"].window


def test_too_few_or_too_old_efforts_estimate_no_race() -> None:
    """Four runs, or none within 90 days, are no evidence."""
    days = [*EVERY_OTHER_DAY, (58, 50.0)]

    assert {} == facts(training(days, efforts([10, 20, 30, 40])))
    assert {} == facts(training(days, efforts([58, 59, 60, 61, 62])))


def test_an_outlook_says_what_the_predictions_of_each_day_say() -> None:
    """Made for many days at once, or for one: the same."""
    known, races = efforts([0, 15, 70, 120, 180]), efforts([90, 150])

    for day in (1, 80, 121, 200, 400):
        on = histories.FIRST_DAY + timedelta(days=day)
        assert predictions(known, races, on)[0] == Outlook(known, races).on(on)


@pytest.mark.parametrize(
    ("text", "is_true"),
    [
        ("The training load of your week before was 78% above the mean of four weeks.", True),
        ("The training load of your week before was 87% above the mean of four weeks.", False),
        ("The training load of your week before was 78% below the mean of four weeks.", False),
        ("You spent 78% of it smiling.", False),
        ("Your efforts pointed to a race of 47:30 to 52:30 for 10 km, VDOT 40.0.", True),
        ("Your efforts pointed to a race of 45:30 to 52:30 for 10 km.", False),
        ("It was the best of your 40 outings.", False),
    ],
)
def test_the_gate_knows_these_facts(text: str, is_true: bool) -> None:
    """True where the sheet says it, in its role and with its sign; else rejected."""
    shared = {"n": 14, "window": "the 28 days before", "quality": "derived"}
    sheet = FactSheet(
        activity_id="run",
        started_local=date(2026, 6, 1),
        sport="running",
        classification="easy",
        classification_reason="slow",
        facts=(
            Fact(name="training_above", value=78, unit="percent",
                 text="78% above the mean of four weeks", **shared),
            Fact(name="race_estimate", value=3_000, unit="s",
                 text="47:30 to 52:30 for 10 km", **shared),
            Fact(name="race_vdot", value=40.0, unit="ratio", text="VDOT 40.0", **shared),
        ),
    )  # fmt: skip

    found = [each for each in check(text, sheet, kind="coaching")
             if each.severity == "reject"
             and each.rule not in {"length", "coverage", "person", "language"}]  # fmt: skip

    assert is_true == (found == []), found
