"""One thing changed in a true text is always noticed.

A changed figure is a lie unless the sheet itself holds the new one for that place: another
figure of the same dimension and the same role that the stated rounding allows, or, in a
recommendation, an amount inside the stated limits. Nothing else is excepted.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runletters.facts import FactSheet
from runletters.grounding import check
from runletters.grounding.draft import draft_of

LETTER = (
    "You ran 10.2 km on Saturday, 21 November 2026, in 53:09, which makes 5:12 per km. It was "
    "the 3rd longest of 41 runs since 3 March 2024, and you were 8 seconds per km quicker than "
    "the usual 5:20 per km. The second half was 12 seconds per km faster than the first, and "
    "kilometre 9 was the fastest, in 4:58. Your heart rate averaged 148 bpm with a maximum of "
    "171 bpm. You climbed 123 m on the way. The week now holds 42.6 km in 5 runs. You began at "
    "07:12, four days after the last run, and stood still for 95 seconds. Tomorrow, rest; then "
    "keep the next run to 4 to 6 km at 5:40 per km or slower."
)
GERMAN = (
    "Du bist am 21. November 2026 um 7:12 Uhr losgelaufen, 10,2 km in 53:09, also 5:12 pro km. "
    "Es war der drittlängste von 41 Läufen seit dem 3. März 2024, und du warst 8 Sekunden pro km "
    "schneller als die üblichen 5:20 pro km. Die zweite Hälfte war 12 Sekunden pro km schneller "
    "als die erste, der schnellste Kilometer war Nummer 9, in 4:58. Dein Puls lag im Schnitt bei "
    "148 Schlägen pro Minute. In den letzten 7 Tagen sind es 42,6 km in 5 Läufen, im Jahr 2026 "
    "nun 1.204 km in 131 Läufen."
)
TEXTS = {"en_long": LETTER, "de_long": GERMAN}
DIGITS = [
    (name, found.start(), digit)
    for name, text in TEXTS.items()
    for found in re.finditer(r"\d", text)
    for digit in "0123456789"
    if digit != found.group()
]


def rejections(text: str, sheet: FactSheet) -> set[str]:
    """The rules that reject a text."""
    return {f.rule for f in check(text, sheet, kind="letter") if f.severity == "reject"}


def is_true_itself(text: str, place: int, sheet: FactSheet) -> bool:
    """Whether the figure now standing at a place is true there, or a safe amount."""
    draft = draft_of(text, sheet, "letter", ())
    here = [
        c
        for c in draft.claims
        if draft.reading.span(c.start, c.end)[0] <= place < draft.reading.span(c.start, c.end)[1]
    ]
    return any(draft.proper(claim) or draft.is_advice(place) for claim in here)


@pytest.mark.parametrize("name", TEXTS)
def test_the_unchanged_texts_are_true(name: str, sheets: dict[str, FactSheet]) -> None:
    """The texts that are mutated below pass as they are."""
    found = [f for f in check(TEXTS[name], sheets[name], kind="letter") if f.severity == "reject"]

    assert [] == found


def test_every_changed_digit_is_caught(
    sheets: dict[str, FactSheet], capsys: pytest.CaptureFixture[str]
) -> None:
    """All changes of one digit, at every place: each is rejected or true itself."""
    passed, excused = [], 0
    for name, place, digit in DIGITS:
        text = TEXTS[name][:place] + digit + TEXTS[name][place + 1 :]
        if rejections(text, sheets[name]):
            continue
        if is_true_itself(text, place, sheets[name]):
            excused += 1
        else:
            passed.append(text[max(0, place - 20) : place + 20])

    with capsys.disabled():
        print(f"\n{len(DIGITS)} changed digits: {excused} true themselves, {len(passed)} missed")
    assert [] == passed
    assert excused <= 0.02 * len(DIGITS)


@given(
    choice=st.sampled_from(
        [
            ("10.2 km", "10.2 miles"), ("10.2 km", "10.2 m"), ("5:12 per km", "5:12 per mile"),
            ("148 bpm", "148 watts"), ("148 bpm", "148 km"), ("123 m", "123 km"),
            ("95 seconds", "95 minutes"),
            ("four days", "four weeks"), ("53:09", "53:09:00"), ("5 runs", "5 days"),
            ("8 seconds", "8 minutes"),
        ]
    )
)  # fmt: skip
def test_every_changed_unit_is_caught(
    sheets: dict[str, FactSheet], choice: tuple[str, str]
) -> None:
    """A figure with another unit is rejected."""
    before, after = choice

    assert rejections(LETTER.replace(before, after, 1), sheets["en_long"])


@given(
    choice=st.sampled_from(
        [
            ("en_long", "quicker than the usual", "slower than the usual"),
            ("en_long", "per km faster than the first", "per km slower than the first"),
            ("en_long", "The second half was", "The first half was"),
            ("de_long", "schneller als die üblichen", "langsamer als die üblichen"),
            ("de_long", "schneller als die erste", "langsamer als die erste"),
        ]
    )
)
def test_every_changed_direction_is_caught(
    sheets: dict[str, FactSheet], choice: tuple[str, str, str]
) -> None:
    """A word against the sign is rejected."""
    name, before, after = choice

    assert before in TEXTS[name]
    assert rejections(TEXTS[name].replace(before, after, 1), sheets[name])


@given(
    choice=st.sampled_from(
        [
            ("en_long", "3rd longest", "longest"), ("en_long", "3rd longest", "2nd longest"),
            ("en_long", "3rd longest", "3rd fastest"), ("en_long", "3rd longest", "3rd slowest"),
            ("en_long", "was the fastest, in", "was the slowest run, in"),
            ("de_long", "drittlängste", "längste"), ("de_long", "drittlängste", "drittschnellste"),
            ("de_long", "drittlängste", "viertlängste"),
        ]
    )
)  # fmt: skip
def test_every_changed_superlative_is_caught(
    sheets: dict[str, FactSheet], choice: tuple[str, str, str]
) -> None:
    """Another rank or another adjective is rejected."""
    name, before, after = choice

    assert before in TEXTS[name]
    assert rejections(TEXTS[name].replace(before, after, 1), sheets[name])


@given(role=st.sampled_from([("bpm", "heart_rate"), ("m", "elevation")]))
def test_a_sensor_taken_away_is_caught(sheets: dict[str, FactSheet], role: tuple[str, str]) -> None:
    """The same text about a run without that sensor is rejected."""
    _, prefix = role
    sheet = sheets["en_long"]
    facts = tuple(f for f in sheet.facts if not f.name.startswith(prefix))
    splits = tuple(s.model_copy(update={"heart_rate_avg_bpm": None}) for s in sheet.splits)
    without = sheet.model_copy(update={"facts": facts, "splits": splits})

    assert "sensor" in rejections(LETTER, without)


@given(
    metres=st.floats(1_500, 42_000),
    pace=st.integers(200, 480),
    change=st.integers(1, 9),
    place=st.integers(0, 40),
)
def test_a_digit_of_any_invented_run_is_caught(
    metres: float, pace: int, change: int, place: int
) -> None:
    """Distance, time and pace of any run: no changed digit passes unless it is true itself."""
    seconds, said, each = (
        round(metres / 1000 * pace),
        f"{metres / 1000:.1f} km",
        f"{clock(pace)} per km",
    )
    sheet = FactSheet.model_validate(
        {
            "activity_id": "1", "sport": "running", "started_local": "2026-11-21T07:12:00",
            "classification": "easy", "classification_reason": "",
            "facts": [
                {"name": "distance", "value": metres, "unit": "m", "text": said},
                {"name": "moving_time", "value": seconds, "unit": "s", "text": clock(seconds)},
                {"name": "pace", "value": pace, "unit": "s_per_km", "text": each},
            ],
        }
    )  # fmt: skip
    true = f"You ran {said} in {clock(seconds)}, at {each}."
    digits = [m.start() for m in re.finditer(r"\d", true)]
    at = digits[place % len(digits)]
    lie = f"{true[:at]}{(int(true[at]) + change) % 10}{true[at + 1 :]}"

    assert "number" not in rejections(true, sheet)
    assert rejections(lie, sheet) & {"number", "role"} or is_true_itself(lie, at, sheet)


def clock(seconds: int) -> str:
    """A duration as a watch shows it."""
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
