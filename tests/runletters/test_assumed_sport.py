"""A recording without a sport, at a runner's pace, is a run that says it was assumed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runletters.activities import Summary
from runletters.assumed_sport import as_the_source_said, with_assumed_sport


def recorded(distance_m: float | None, moving_s: float | None, sport: str = "unknown") -> Summary:
    started_at = datetime(2026, 11, 1, 7, 0, tzinfo=UTC)
    return Summary(started_at=started_at, sport=sport, distance_m=distance_m, moving_s=moving_s)


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (recorded(10_000, 3_300), "running"),
        (recorded(5_000, 4_000), "unknown"),  # 1.25 m/s: a walk
        (recorded(30_000, 4_000), "unknown"),  # 7.5 m/s: a ride
        (recorded(300, 100), "unknown"),  # too short to say
        (recorded(None, 3_300), "unknown"),
        (recorded(10_000, 3_300, "cycling"), "cycling"),
    ],
)
def test_only_a_runners_pace_makes_a_run(summary: Summary, expected: str) -> None:
    """What the file says is never changed; what it does not say follows from the pace."""
    assert expected == with_assumed_sport(summary).sport


def test_the_assumption_is_flagged_and_can_be_taken_back() -> None:
    """A source that knows better meets a recording of unknown sport, not a run."""
    plain = recorded(10_000, 3_300)

    assumed = with_assumed_sport(plain)

    assert ("sport_assumed",) == assumed.quality
    assert plain == as_the_source_said(assumed)
