"""Why a queue stands still, as people read it and as the next day's look does."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runletters.pausing import is_due, paused_for, pauses, with_reason, without_reason

DAY = date(2026, 11, 28)


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])).filter(
        lambda text: "Paused:" not in text and not text.startswith("\n")
    ),
    st.dates(),
)
def test_what_people_wrote_on_a_queue_stays(written: str, day: date) -> None:
    """The reason is added, read again and taken away."""
    marked = with_reason(written, day)

    assert day == paused_for(marked)
    assert written == without_reason(marked)
    assert marked == with_reason(marked, day)


@pytest.mark.parametrize(
    ("description", "today", "expected"),
    [
        (with_reason(None, DAY), DAY, False),
        (with_reason(None, DAY), DAY + timedelta(days=1), True),
        (with_reason("Ours.", DAY), DAY + timedelta(days=9), True),
        (None, DAY, False),
        ("Paused: I clean the disk.", DAY, False),
    ],
)
def test_only_what_another_days_budget_paused_goes_on(
    description: str | None, today: date, expected: bool
) -> None:
    """Not on the same day, and never where somebody paused by hand."""
    assert expected is is_due(description, today)


@pytest.mark.parametrize(
    ("is_paused", "description", "today", "expected"),
    [
        (False, None, DAY, True),
        (False, None, DAY + timedelta(days=1), False),  # reached at 23:59, told of at 00:01
        (True, with_reason(None, DAY), DAY, False),  # told of twice
        (True, with_reason(None, DAY - timedelta(days=1)), DAY, True),  # before it was resumed
        (True, "Paused: I clean the disk.", DAY, False),
    ],
)
def test_a_day_that_is_over_stops_nobody(
    is_paused: bool, description: str | None, today: date, expected: bool
) -> None:
    """The new day has a budget of its own."""
    assert expected is pauses(is_paused=is_paused, description=description, day=DAY, today=today)


def test_the_reason_says_how_to_go_on() -> None:
    """In the UI, on the queue."""
    assert "runletters resume" in with_reason(None, DAY)
    assert "2026-11-28" in with_reason(None, DAY)
