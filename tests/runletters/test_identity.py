"""Which recordings are the same activity."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runletters.activities import Source
from runletters.identity import (
    START_TOLERANCE_S,
    Register,
    Sighting,
    activity_id,
    is_same,
    keys_of,
)

START = datetime(2026, 5, 1, 6, 0, tzinfo=UTC)


def seen(
    name: str = "a", *, after_s: float = 0, elapsed_s: float | None = 3000, **other: object
) -> Sighting:
    """A run of 10 km in 50 minutes, told apart by the name of its content."""
    values = {"distance_m": 10_000.0, "sport": "running"} | other
    return Sighting(
        keys=frozenset({f"content:{name}#"}),
        started_at=START + timedelta(seconds=after_s),
        elapsed_s=elapsed_s,
        **values,
    )


@pytest.mark.parametrize("after_s", [0, 1, 10, -10, 30])
def test_two_devices_on_one_run_are_one(after_s: float) -> None:
    """Starts some seconds apart, like distance and duration: one activity."""
    assert is_same(seen("a"), seen("b", after_s=after_s, distance_m=10_120.0, elapsed_s=3010))


@pytest.mark.parametrize(
    "other",
    [
        seen("b", after_s=31),
        seen("b", after_s=3000 + 340),
        seen("b", distance_m=12_000.0),
        seen("b", elapsed_s=4000),
        seen("b", sport="cycling"),
        seen("b", distance_m=None, elapsed_s=None),
        seen("b", has_clock=False),
    ],
    ids=["later", "next run", "longer", "slower", "other sport", "nothing known", "no clock"],
)
def test_what_differs_in_one_thing_stays_apart(other: Sighting) -> None:
    """A later start, another distance, duration or sport, or nothing to compare: two."""
    assert not is_same(seen("a"), other)


def test_short_activities_do_not_merge_by_slack_alone() -> None:
    """A transition of 4 s and a run of 60 s that follows it are two."""
    transition = seen("a", elapsed_s=4.3, distance_m=3.6)

    assert not is_same(transition, seen("b", after_s=5, elapsed_s=60, distance_m=157.0))


def test_a_broken_off_copy_is_its_activity() -> None:
    """A truncated recording may be shorter than the whole one, never longer."""
    whole, part = seen("a"), seen("b", elapsed_s=700, distance_m=2_300.0, is_truncated=True)
    longer = seen("c", elapsed_s=9_000, distance_m=30_000.0, is_truncated=True)

    assert is_same(whole, part)
    assert is_same(part, whole)
    assert not is_same(whole, longer)


def test_a_source_knows_its_own_activities() -> None:
    """Equal in everything, but with two ids of one source: two activities."""
    one, other = (
        replace(
            seen(name),
            keys=keys_of(
                Source(kind="running_page", file="p", content_sha256=name, native_id=name)
            ),
        )
        for name in ("1", "2")
    )

    assert not is_same(one, other)


def test_sessions_of_one_file_are_different() -> None:
    """A file that holds two recordings says itself that they are two."""
    one, other = (
        replace(
            seen(),
            keys=keys_of(Source(kind="fit", file="f", content_sha256="s", native_id=name)),
        )
        for name in ("session-0", "session-1")
    )

    assert not is_same(one, other)


def test_the_most_alike_is_found() -> None:
    """Of two activities that could be meant, the nearer start wins."""
    register = Register()
    register.put("far", seen("a", after_s=20))
    register.put("near", seen("b", after_s=-3))

    assert "near" == register.find(seen("c"))


def test_ids_are_short_and_never_taken_twice() -> None:
    """The beginning of the hash is the id; more of it where that is taken."""
    source = Source(kind="fit", file="f", content_sha256="0123456789abcdef" * 4)
    register = Register()

    first = activity_id(source, register)
    register.put(first, seen())
    second = activity_id(source, register)

    assert ("fit-0123456789ab", "fit-0123456789abcdef01234567") == (first, second)


SIGHTINGS = st.builds(
    seen,
    name=st.sampled_from("abcdef"),
    after_s=st.floats(-60, 60),
    elapsed_s=st.none() | st.floats(0, 5000),
    distance_m=st.none() | st.floats(0, 20_000),
    sport=st.sampled_from(["running", "trail_running", "cycling", "unknown"]),
    is_truncated=st.booleans(),
)


@given(SIGHTINGS, SIGHTINGS)
def test_sameness_goes_both_ways(one: Sighting, other: Sighting) -> None:
    """Whether two are the same does not depend on which was seen first."""
    assert is_same(one, other) == is_same(other, one)


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=12),
    st.lists(st.floats(-0.45, 0.45), min_size=12, max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_does_not_change_the_activities(
    runs: list[int], jitter: list[float], random: object
) -> None:
    """Recordings of runs that are minutes apart group into those runs in any order."""
    recordings = [
        (run, seen(f"{run}-{index}", after_s=run * 600 + jitter[index] * START_TOLERANCE_S))
        for index, run in enumerate(runs)
    ]
    random.shuffle(recordings)

    register, of = Register(), dict[str, int]()
    for run, one in recordings:
        found = register.find(one)
        if found is None:
            found = f"activity-{len(of)}"
            register.put(found, one)
            of[found] = run
        assert run == of[found]

    assert set(runs) == set(of.values())
    assert len(set(runs)) == len(of)
