"""Figures as readers expect them."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runletters.wording import LANGUAGES, Wording, wording_for

KM, MILES, GERMAN = (
    wording_for("en", "metric"),
    wording_for("en", "imperial"),
    wording_for("de", "metric"),
)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("10.2 km", KM.distance(10_234)),
        ("840 m", KM.distance(840)),
        ("1 km", KM.distance(999.6)),
        ("412 km", KM.distance(412_345)),
        ("1,204 km", KM.distance(1_204_000)),
        ("6.4 miles", MILES.distance(10_234)),
        ("10,2 km", GERMAN.distance(10_234)),
        ("1.204 km", GERMAN.distance(1_204_000)),
        ("5:13 per km", KM.pace(312.6)),
        ("6:00 per km", KM.pace(359.7)),
        ("8:23 per mile", MILES.pace(312.6)),
        ("5:13 pro km", GERMAN.pace(312.6)),
        ("1:42:10", KM.clocked(6_130)),
        ("394 feet", MILES.height(120)),
        ("3 March 2026", KM.day(date(2026, 3, 3))),
        ("March 3, 2026", MILES.day(date(2026, 3, 3))),
        ("3. März 2026", GERMAN.day(date(2026, 3, 3))),
        ("06:12", KM.clock(time(6, 12))),
        ("6:12 AM", MILES.clock(time(6, 12))),
        ("third", KM.ordinal(3)),
        ("21st", KM.ordinal(21)),
        ("112th", KM.ordinal(112)),
        ("1 second", KM.seconds(1)),
        ("19 seconds per mile", MILES.pace_difference(-12)),
    ],
)
def test_figures_are_said_as_readers_expect(expected: str, actual: str) -> None:
    """Language and units decide; rounding is half up to the printed digit."""
    assert expected == actual


@given(st.floats(1, 100_000), st.sampled_from(LANGUAGES), st.sampled_from(["metric", "imperial"]))
def test_seconds_never_reach_sixty(seconds: float, language: str, units: str) -> None:
    """A clock carries: 5:60 does not exist."""
    wording: Wording = wording_for(language, units)

    parts = wording.clocked(seconds).split(":")

    assert all(int(part) < 60 for part in parts[1:])


def test_an_unknown_language_is_worded_in_english() -> None:
    """The sheet says so in a caveat."""
    assert "en" == wording_for("fi", "metric").language
    assert "de" == wording_for("de-AT", "metric").language
