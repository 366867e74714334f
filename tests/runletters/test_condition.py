"""Load and race estimates on fact sheets: by hand, as of the evening before, never on little."""

from __future__ import annotations

import math
import re
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


def loaded(days: int, last: float) -> list[tuple[int, float]]:
    """Fifty points every other day, then a week of something else."""
    return [(day, 50.0 if day < days - 7 else last) for day in range(0, days, 2)]


def by_hand(days: list[tuple[int, float]], tau: float, evening: int) -> float:
    """By y += (x - y)(1 - e^(-1/tau)), from 0 at the first run, days of rest included."""
    loads, value = dict(days), 0.0
    for day in range(evening + 1):
        value += (loads.get(day, 0.0) - value) * (1 - math.exp(-1 / tau))
    return value


@pytest.mark.parametrize(("last", "side"), [(150.0, "below"), (50.0, "even"), (2.0, "above")])
def test_form_is_told_as_of_the_evening_before(last: float, side: str) -> None:
    """CTL and ATL by hand, TSB their difference; the run of the day itself counts nowhere."""
    days = loaded(180, last)

    found = facts(training([*days, (180, 400.0)]))

    ctl, atl = (math.floor(by_hand(days, tau, 179) + 0.5) for tau in (42, 7))
    assert (ctl, "load", 21, "derived") == (
        found["load_ctl"].value, found["load_ctl"].unit, found["load_ctl"].n,
        found["load_ctl"].quality,
    )  # fmt: skip
    assert (f"ATL {atl}", 3) == (found["load_atl"].text, found["load_atl"].n)
    assert ctl - atl == found[f"load_tsb_{side}"].value
    assert "42 days, counted from the first run" == found["load_ctl"].window
    assert "7 Tage, gerechnet vom ersten Lauf an" == (
        facts(training([*days, (180, 400.0)]), language="de")["load_atl"].window
    )


@pytest.mark.parametrize(
    "days",
    [
        [*loaded(120, 50.0), (120, 50.0)],  # CTL still holds much of the 0 it began at
        [*loaded(180, 50.0), *[(day, 50.0) for day in range(215, 225, 3)]],  # four in a month
    ],
)
def test_form_is_not_told_on_little(days: list[tuple[int, float]]) -> None:
    """A history of less than 126 days, or fewer than six runs in four weeks."""
    assert not [name for name in facts(training(days)) if name.startswith("load_")]


FORM = {
    "en": "The day before it, CTL 38 stood against ATL 52, which makes TSB −14.",
    "de": "Am Tag davor stand CTL 38 gegen ATL 52, das macht TSB −14.",
}


def form_sheet(language: str) -> FactSheet:
    """A sheet with load, and with counts that are near its figures."""
    shared = {"n": 28, "window": "42 days, counted from the first run", "unit": "load"}
    return FactSheet(
        activity_id="run",
        language=language,
        started_local=date(2026, 6, 1),
        sport="running",
        classification="easy",
        classification_reason="slow, among 32 runs",
        facts=tuple(
            Fact.model_validate({"name": name, "value": value, "text": text, **shared})
            for name, value, text in (
                ("load_ctl", 38, "CTL 38"),
                ("load_atl", 52, "ATL 52"),
                ("load_tsb_below", -14, "TSB −14"),
            )
        ),
    )


def refused(text: str, language: str) -> list[str]:
    """The figures that are rejected."""
    found = check(text, form_sheet(language), kind="coaching")
    return [each.found for each in found if each.rule in {"number", "role"}]


@pytest.mark.parametrize("language", ["en", "de"])
def test_each_changed_digit_of_form_is_caught(language: str) -> None:
    """Also where the figure is a count of the sheet, another load, or has the other sign."""
    text = FORM[language]
    places = [found.start() for found in re.finditer(r"\d", text)]
    changed = [
        f"{text[:place]}{digit}{text[place + 1 :]}"
        for place in places
        for digit in "0123456789"
        if digit != text[place]
    ]

    assert [] == refused(text, language)
    assert [] == [each for each in changed if not refused(each, language)]
    assert ["14"] == refused(text.replace("−14", "+14"), language)
    assert ["52", "38"] == refused(
        text.replace("38", "xx").replace("52", "38").replace("xx", "52"), language
    )


@pytest.mark.parametrize(
    ("text", "is_true"),
    [
        ("Fitness (CTL) was 38 and fatigue 52 (ATL).", True),
        ("Fitness (CTL) was 52 and fatigue 38 (ATL).", False),
        ("With a CTL of 38 and TSB at -14 it was a tired day.", True),
        ("With a TSB of 14 it was a rested day.", False),
        ("It was one of 28 runs.", True),
    ],
)
def test_loads_are_known_by_their_names(text: str, is_true: bool) -> None:
    """Before or behind the figure; a count of runs stays one."""
    assert is_true == (refused(text, "en") == []), refused(text, "en")
