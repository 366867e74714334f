"""Digests and plans in free words: each figure in its one role, each direction with its sign."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from servers.changed_digits import changed_digits, is_rejected

from runletters.content import Kind
from runletters.facts import Fact, FactSheet
from runletters.grounding import check
from runletters.metrics.plan_rules import PlanState
from runletters.plans import plan_sheet, suggested
from runletters.users import Preferences

# name, value, unit, as shown in English, in German, n
APRIL: list[tuple[str, Any, str, str, str, int | None]] = [
    ("digest_days", "2025-04-01/2025-04-30", "text", "1 April 2025 – 30 April 2025",
     "1. April 2025 – 30. April 2025", None),
    ("digest_length", 30, "days", "30 days", "30 Tage", None),
    ("digest_distance", 104_571.2, "m", "105 km", "105 km", None),
    ("usual_distance", 149_938.1, "m", "150 km", "150 km", 3),
    ("digest_distance_change", -30.3, "percent", "30%", "30 %", 3),
    ("digest_moving_time", 33_802.0, "s", "9 h 23 min", "9 h 23 min", None),
    ("usual_moving_time", 51_228.7, "s", "14 h 14 min", "14 h 14 min", 3),
    ("digest_moving_time_change", -34.0, "percent", "34%", "34 %", 3),
    ("digest_runs", 9.0, "count", "9", "9", None),
    ("usual_runs", 14.7, "count", "14.7", "14,7", 3),
    ("digest_days_run", 8.0, "count", "8", "8", None),
    ("digest_elevation_gain", 363.3, "m", "363 m", "363 m", None),
    ("usual_elevation_gain", 500.2, "m", "500 m", "500 m", 3),
    ("digest_elevation_gain_change", -27.4, "percent", "27%", "27 %", 3),
    ("digest_load", 394.8, "load", "395", "395", None),
    ("usual_load", 529.4, "load", "529", "529", 3),
    ("digest_load_change", -25.4, "percent", "25%", "25 %", 3),
    ("digest_fitness", 15.3, "load", "15", "15", None),
    ("digest_fitness_change", -3, "load", "3", "3", None),
    ("digest_form", 5, "load", "+5", "+5", None),
    ("longest_since", "2025-03-13", "date", "longest since 13 March 2025",
     "der längste seit dem 13. März 2025", 130),
    ("best_day", "", "text", "Sunday, 27 April", "Sonntag, 27. April", None),
    ("best_distance", "", "text", "10.8 km", "10,8 km", None),
    ("best_pace", "", "text", "5:52 per km", "5:52 pro km", None),
]  # fmt: skip
AGAINST = {"en": "the mean of the 3 months before, to the same day",
           "de": "das Mittel der 3 Monate davor bis zum gleichen Tag"}  # fmt: skip
CAVEATS = {
    "en": ("6 runs with doubtful distance or time.", "1 run without heart rate."),
    "de": ("6 Läufe mit zweifelhafter Strecke oder Zeit.", "1 Lauf ohne Puls."),
}


def april(language: str) -> FactSheet:
    """A month with less of everything than the three before."""
    facts = tuple(
        Fact.model_validate({
            "name": name, "value": value, "unit": unit, "n": n,
            "text": english if language == "en" else german,
            "window": AGAINST[language] if name.startswith("usual_") else None,
        })
        for name, value, unit, english, german, n in APRIL
    )  # fmt: skip
    return FactSheet(
        activity_id="month 2025-04-01/2025-04-30", language=language,
        started_local=datetime.combine(date(2025, 4, 30), time(23, 59)), local_time_known=False,
        sport="running",
        classification="digest", classification_reason="a month of runs", facts=facts,
        caveats=CAVEATS[language],
    )  # fmt: skip


def a_plan(language: str = "en") -> FactSheet:
    """Three growing weeks with paces."""
    state = PlanState(
        recent_week_m=(37_500.0,) * 4, days_per_week=4, longest_28d_m=13_000.0, vdot=45.0
    )
    made = suggested(state, start=date(2025, 1, 20), weeks=3, race=None)
    return plan_sheet(made, state, Preferences(language=language))


def rejected(text: str, sheet: FactSheet, kind: Kind) -> list[tuple[str, str]]:
    """Rule and words of what is rejected."""
    found = check(text, sheet, kind=kind)
    return [(f.rule, f.found) for f in found if f.severity == "reject"]


LESS = (
    "April came to 105 km in 9 runs, 30% below the usual 150 km, so it was a quieter month. You "
    "spent 9 h 23 min on your feet, against a usual 14 h 14 min, and climbed 363 m.\n\nFitness "
    "stands at 15 after falling 3 points; your form is at +5. A run of 10.8 km on Sunday, "
    "27 April, at 5:52 per km, was the longest since 13 March 2025."
)
LOADS = (
    "You ran 9 times in April, where 14.7 runs are usual. The distance was 105 km (30% less than "
    "usual), the load 395, which is 25% less than the mean of 529.\n\nYour fitness dropped by 3 "
    "to 15. Your form is +5. One run had no heart rate, so its load is estimated."
)
TIMES = (
    "A lighter month: 105 km on 8 days, where you normally have 150 km. Time on your feet was 34% "
    "less, climbing 27% less. 6 runs with doubtful distance are counted."
)
GERMAN = (
    "Ein ruhiger Monat: 105 km, im Mittel der 3 Monate davor waren es 150 km. Die Belastung lag "
    "bei 395, das sind 25 % weniger als sonst.\n\nDeine Fitness ist um drei Punkte auf 15 "
    "gefallen. An 8 Tagen bist du gelaufen."
)


@pytest.mark.parametrize(
    ("language", "text"), [("en", LESS), ("en", LOADS), ("en", TIMES), ("de", GERMAN)]
)
def test_a_digest_in_free_words_is_held_to_its_roles(language: str, text: str) -> None:
    """It passes as it is, and no digit of it can become another, not even a true figure."""
    sheet = april(language)

    missed = [said for said, _ in changed_digits(text) if not is_rejected(said, sheet, "digest")]

    assert [] == rejected(text, sheet, "digest")
    assert [] == missed


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_ends_of_a_class_of_runs_are_told_together(language: str) -> None:
    """A band's limit does not stand in for a distance; as a range it is allowed."""
    band, said, one = {
        "en": ("2nd fastest of 14 runs of 9.5 to 105 km", "of 9.5 to 105 km", "105 km in 1 run."),
        "de": ("der zweitschnellste von 14 Läufen von 9,5 bis 105 km", "von 9,5 bis 105 km",
               "105 km in 1 Lauf."),
    }[language]  # fmt: skip
    sheet = april(language)
    known = [f for f in sheet.facts if f.name != "digest_distance"]
    rank = Fact(name="band_rank", value=2, unit="rank", text=band, n=14)
    sheet = sheet.model_copy(update={"facts": (*known, rank)})
    run = "A run at 5:52 per km was" if language == "en" else "Der Lauf in 5:52 pro km war"

    assert "role" in {name for name, _ in rejected(one, sheet, "digest")}
    assert not {"role", "number"} & {n for n, _ in rejected(f"{run} {said}.", sheet, "digest")}


def test_a_plan_in_free_words_is_held_to_its_roles() -> None:
    """It passes as it is, and no digit of it can become another, not even a true figure."""
    sheet = a_plan()
    told = {f.name: f.text for f in sheet.facts}
    text = (
        f"The plan starts on 20 January 2025 from a base of {told['plan_base']}, the average of "
        f"your recent weeks. The week of 20 January 2025 holds {told['plan_week_1']} with a "
        f"longest run of {told['plan_week_1_longest']}. The week of 27 January 2025 grows to "
        f"{told['plan_week_2']}; its long run is {told['plan_week_2_longest']}.\n\nEasy days stay "
        f"between {told['plan_easy_pace_fast']} and {told['plan_easy_pace_slow']}, tempo goes at "
        f"{told['plan_tempo_pace_fast']} to {told['plan_tempo_pace_slow']}."
    )

    missed = [said for said, _ in changed_digits(text) if not is_rejected(said, sheet, "plan")]

    assert [] == rejected(text, sheet, "plan")
    assert [] == missed


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("Load was 30% less.", "role"),
        ("The distance was 34% less than usual.", "role"),
        ("You ran 150 km in all.", "role"),
        ("Your usual is 105 km.", "role"),
        ("Fitness is at 5.", "role"),
        ("Form is at 15.", "role"),
        ("You ran 10.8 km in April.", "role"),
        ("You were out on 30 days.", "role"),
        ("There were 8 runs.", "number"),
        ("1 run with doubtful distance is counted.", "role"),
        ("No month since 27 April had less.", "date"),
        ("That was 13 March 2025.", "date"),
    ],
)
def test_a_true_figure_in_anothers_place_is_rejected(said: str, rule: str) -> None:
    """Usual for own, load for distance, fitness for form, days for runs, one caveat for another."""
    found = rejected(f"April brought 105 km in 9 runs. {said}", april("en"), "digest")

    assert rule in {name for name, _ in found}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "The load was 25% more than usual."),
        ("en", "That is 30% above the usual 150 km."),
        ("en", "Your fitness rose 3 points to 15."),
        ("en", "Fitness is at 15, up 3."),
        ("en", "Your fitness has grown."),
        ("en", "Your fitness holds at 15."),
        ("en", "It was a bigger month than the others."),
        ("en", "You ran more than usual."),
        ("en", "Climbing rose by 27%."),
        ("en", "You ran faster than usual."),
        ("de", "Das sind 30 % mehr als sonst."),
        ("de", "Die Belastung lag 25 % über dem Üblichen."),
        ("de", "Die Fitness ist um 3 gestiegen."),
        ("de", "Deine Fitness ist gewachsen."),
        ("de", "Du bist mehr als sonst gelaufen."),
        ("de", "Die Fitness hält sich bei 15."),
        ("de", "Du bist schneller als sonst gelaufen."),
    ],
)
def test_a_word_against_the_sign_is_rejected(language: str, said: str) -> None:
    """Everything went down in this month; nothing is known of its pace."""
    start = "April brought 105 km." if language == "en" else "Der April brachte 105 km."
    found = rejected(f"{start} {said}", april(language), "digest")

    assert "direction" in {name for name, _ in found}


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("The week from 27 January 2025 is lighter: {plan_week_2}.", "direction"),
        ("The week from 27 January 2025 drops to {plan_week_2}.", "direction"),
        ("The week from 27 January 2025 holds {plan_week_1}.", "role"),
        ("The longest run of the week from 27 January 2025 is {plan_week_1_longest}.", "role"),
        ("Easy days go between {plan_tempo_pace_fast} and {plan_tempo_pace_slow}.", "role"),
        ("Easy days go between {plan_easy_pace_slow} and {plan_easy_pace_slow}.", "role"),
        ("From 27 January 2025 on, this builds on {plan_base}.", "role"),
        ("The race is on 27 January 2025.", "date"),
    ],
)
def test_what_goes_against_the_plan_is_rejected(said: str, rule: str) -> None:
    """Directions, weeks, runs, paces and dates that are another's."""
    sheet = a_plan()
    told = {f.name: f.text for f in sheet.facts}

    assert rule in {name for name, _ in rejected(said.format_map(told), sheet, "plan")}


def test_a_heavier_german_week_that_is_lighter_is_rejected() -> None:
    """The words of both languages are held against the week before."""
    sheet = a_plan("de")
    week = sheet.fact("plan_week_2")
    assert week is not None

    said = f"Ab dem 27. Januar 2025 wird es leichter: {week.text}."
    right = f"Ab dem 27. Januar 2025 wird es mehr: {week.text}."

    assert "direction" in {name for name, _ in rejected(said, sheet, "plan")}
    assert "direction" not in {name for name, _ in rejected(right, sheet, "plan")}
