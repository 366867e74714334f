"""Counting outcomes, and saying when it will be over."""

from __future__ import annotations

import pytest

from runletters.content import Outcome, Text
from runletters.progress import Tally, duration_text, eta_s, tally


def outcome(error_type: str | None = None, activity_id: str = "a") -> Outcome:
    text = None if error_type else Text(body="x", writer="offline", model="offline-1")
    return Outcome(
        user_id="ada",
        activity_id=activity_id,
        kind="letter",
        fingerprint="s256-0",
        text=text,
        error_type=error_type,
        error=error_type and "the reason",
    )


def test_a_tally_keeps_reasons_and_parts_failures_from_what_a_stop_gave_back() -> None:
    """An item of a stopped run is not a failure: it is given back, and the stop is named."""
    counted = tally([outcome(), outcome("WriterRefused"), outcome("WriterStopped")])

    assert (1, 1, 1) == (counted.done, counted.failed, counted.released)
    assert {"WriterRefused: the reason": 1} == counted.reasons
    assert ("WriterStopped", "the reason") == (counted.stopped_by, counted.stopped)


def test_tallies_add_up() -> None:
    """The tally of two windows is the sum of their tallies."""
    first, second = tally([outcome(), outcome("X")]), tally([outcome("X", "b")])

    both = first + second

    assert (1, 2, {"X: the reason": 2}) == (both.done, both.failed, both.reasons)
    assert first == first + Tally()


def test_a_round_after_a_pause_takes_up_what_the_first_gave_back() -> None:
    """Nothing counts twice: neither what was given back, nor what the later round found written."""
    first = tally([outcome(), outcome("X", "b"), outcome("WriterPaused", "c")])
    later = tally([outcome(activity_id="c")]) + Tally(unchanged=4)

    whole = first.taken_up(later)

    assert first.is_paused
    assert not whole.is_paused
    assert (2, 1, 0, 3) == (whole.done, whole.failed, whole.released, whole.unchanged)
    assert whole.stopped is None
    assert first.taken_up(first).is_paused


def test_the_end_is_foreseen_from_the_rate_so_far() -> None:
    """A quarter done in 10 s leaves 30 s; nothing done says nothing."""
    assert 30.0 == eta_s(finished=25, total=100, elapsed_s=10.0)
    assert eta_s(finished=0, total=100, elapsed_s=10.0) is None


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.4, "0 s"), (59, "59 s"), (200, "3 min 20 s"), (3900, "1 h 05 min")]
)
def test_durations_read_as_people_say_them(seconds: float, expected: str) -> None:
    """Seconds, minutes and hours are chosen by size."""
    assert expected == duration_text(seconds)
