"""Days of a digest, the stretches it stands beside, and the moment it is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runletters.digests.periods import (
    LATEST,
    WINDOWS,
    Window,
    due_at,
    due_period,
    last_whole,
    period_ending,
)

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
BERLIN, ADELAIDE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Adelaide")


@given(last=DAYS, steps=st.integers(1, 60))
def test_weeks_before_are_seven_days_that_end_on_the_same_weekday(last: date, steps: int) -> None:
    """Nobody's count starts at zero on Monday."""
    period = period_ending("week", last)

    earlier = period.earlier(steps)

    assert (7, last.weekday()) == (earlier.days, earlier.last.weekday())
    assert timedelta(weeks=steps) == period.last - earlier.last


@given(last=DAYS, steps=st.integers(1, 40), window=st.sampled_from(["month", "year"]))
def test_months_and_years_before_are_cut_at_the_same_point(
    last: date, steps: int, window: Window
) -> None:
    """The first day is the first, and the last has the same day where there is one."""
    period = period_ending(window, last)

    earlier = period.earlier(steps)

    assert 1 == earlier.first.day
    assert period.is_whole == earlier.is_whole or earlier.last.day <= period.last.day
    assert earlier.last.day <= max(period.last.day, 31 if period.is_whole else 0)


@pytest.mark.parametrize(
    ("window", "last", "first", "end"),
    [
        ("month", date(2026, 3, 15), date(2026, 2, 1), date(2026, 2, 15)),
        ("month", date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)),
        ("month", date(2026, 2, 28), date(2026, 1, 1), date(2026, 1, 31)),
        ("month", date(2026, 3, 30), date(2026, 2, 1), date(2026, 2, 28)),
        ("year", date(2024, 2, 29), date(2023, 1, 1), date(2023, 2, 28)),
        ("year", date(2026, 12, 31), date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_the_same_point_of_shorter_months(
    window: Window, last: date, first: date, end: date
) -> None:
    """Whole beside whole, part beside part, and 30 February is the end of February."""
    earlier = period_ending(window, last).earlier(1)

    assert (first, end) == (earlier.first, earlier.last)


@given(today=DAYS, window=st.sampled_from(WINDOWS))
def test_the_newest_whole_period_is_over_and_the_next_is_not(today: date, window: Window) -> None:
    """It ended before today, and the one after it has not ended yet."""
    period = last_whole(window, today)

    assert period.is_whole
    assert period.last < today
    assert not period_ending(window, today).is_whole or period_ending(window, today).last >= today


@pytest.mark.parametrize(
    ("last", "zone", "expected"),
    [
        (date(2026, 3, 22), BERLIN, datetime(2026, 3, 23, 5, 0, tzinfo=UTC)),
        (date(2026, 3, 29), BERLIN, datetime(2026, 3, 30, 4, 0, tzinfo=UTC)),  # summer time
        (date(2026, 10, 25), BERLIN, datetime(2026, 10, 26, 5, 0, tzinfo=UTC)),  # winter time
        (date(2026, 10, 4), ADELAIDE, datetime(2026, 10, 4, 19, 30, tzinfo=UTC)),
    ],
)
def test_a_digest_is_due_at_six_on_the_runners_clock(
    last: date, zone: ZoneInfo, expected: datetime
) -> None:
    """Also in the weeks in which that clock was changed."""
    assert expected == due_at(period_ending("week", last), zone)


@given(
    moment=st.integers(1_600_000_000, 2_200_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
    zone=st.sampled_from([BERLIN, ADELAIDE, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("UTC")]),
)
def test_what_is_due_began_to_be_due_not_long_ago(moment: datetime, zone: ZoneInfo) -> None:
    """Never early, never more than the time to catch up too late."""
    period = due_period("week", moment, zone)

    due = due_at(period or last_whole("week", moment.astimezone(zone).date()), zone)

    assert (due <= moment < due + LATEST) == (period is not None)
