"""What a backfill writes, what it leaves, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runletters.activities import ACTIVITY_SCHEMA
from runletters.backfilling import Order, plan_backfill
from runletters.errors import UnknownActivity
from runletters.users import FREE_ACTIVITIES

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
STATUS = {
    "activity_id": pl.String(),
    **{
        f"{kind}_{name}": dtype
        for kind in ("letter", "coaching")
        for name, dtype in (("status", pl.String()), ("lease_until", pl.Datetime("us", "UTC")))
    },
}


def history(*runs: tuple[str, int, str]) -> pl.DataFrame:
    """Activities as (id, days before NOW, sport), all with full rights."""
    rows = [
        {
            "user_id": "ada",
            "activity_id": name,
            "started_at": NOW - timedelta(days=days),
            "sport": sport,
            "rights": "full",
        }
        for name, days, sport in runs
    ]
    return pl.DataFrame(rows, schema=ACTIVITY_SCHEMA)


def status(*rows: tuple[str, str, str, datetime | None]) -> pl.DataFrame:
    """Status rows as (id, letter status, coaching status, end of both leases)."""
    return pl.DataFrame(
        [
            {
                "activity_id": name,
                "letter_status": letter,
                "coaching_status": coaching,
                "letter_lease_until": lease,
                "coaching_lease_until": lease,
            }
            for name, letter, coaching, lease in rows
        ],
        schema=STATUS,
    )


def premium(**changes: object) -> Order:
    return Order.model_validate({"user_id": "ada", "tier": "premium", **changes})


def test_the_newest_run_comes_first_and_both_kinds_stay_together() -> None:
    """A plan lists each run's letter and insight side by side, the newest run first."""
    activities = history(("old", 9, "running"), ("new", 1, "trail_running"))

    plan = plan_backfill(premium(), activities, status(), now=NOW)

    expected = (("new", "letter"), ("new", "coaching"), ("old", "letter"), ("old", "coaching"))
    assert expected == plan.pairs


def test_other_sports_are_not_written_about() -> None:
    """A ride in the history is no candidate and not counted as skipped."""
    activities = history(("ride", 1, "cycling"), ("run", 2, "running"))

    plan = plan_backfill(premium(), activities, status(), now=NOW)

    assert ("run",) == plan.activity_ids
    assert 0 == plan.skipped.total


def test_what_is_written_is_skipped_and_what_failed_is_taken_again() -> None:
    """Completed texts are left; failed and pending ones are open."""
    activities = history(("a", 1, "running"), ("b", 2, "running"))
    known = status(("a", "completed", "failed", None), ("b", "pending", "completed", None))

    plan = plan_backfill(premium(), activities, known, now=NOW)

    assert (("a", "coaching"), ("b", "letter")) == plan.pairs
    assert 2 == plan.skipped.already_written


def test_a_claim_of_another_run_is_left_to_it_until_its_lease_ends() -> None:
    """An item under a valid lease is skipped; under a lease that ended it is open."""
    activities = history(("held", 1, "running"), ("lost", 2, "running"))
    known = status(
        ("held", "generating", "generating", NOW + timedelta(seconds=1)),
        ("lost", "generating", "generating", NOW - timedelta(seconds=1)),
    )

    plan = plan_backfill(premium(), activities, known, now=NOW)

    assert ("lost",) == plan.activity_ids
    assert 2 == plan.skipped.being_written


def test_refresh_makes_written_texts_candidates_again() -> None:
    """With refresh the fingerprint decides later, so written texts are in the plan."""
    known = status(("a", "completed", "completed", None))

    plan = plan_backfill(premium(refresh=True), history(("a", 1, "running")), known, now=NOW)

    assert ("a",) == plan.activity_ids


def test_the_free_tier_reaches_the_newest_runs_of_the_whole_history() -> None:
    """Asking for old runs only does not move the window of the free tier."""
    activities = history(*((f"r{day:02}", day, "running") for day in range(1, 31)))
    order = Order(user_id="ada", until=date(2026, 11, 10))

    plan = plan_backfill(order, activities, status(), now=NOW)

    assert tuple(f"r{day:02}" for day in range(13, FREE_ACTIVITIES + 1)) == plan.activity_ids
    assert 20 == plan.skipped.beyond_tier
    assert plan.tier_message is not None
    assert plan.tier_message.startswith("Upgrade to premium for full history")
    assert "10 older runs" in plan.tier_message


def test_premium_reaches_everything_and_hears_nothing_of_upgrades() -> None:
    """All runs of a premium user are planned."""
    activities = history(*((f"r{day:02}", day, "running") for day in range(1, 31)))

    plan = plan_backfill(premium(), activities, status(), now=NOW)

    assert 60 == len(plan.pairs)
    assert plan.tier_message is None


def test_rights_are_enforced_before_any_prompt() -> None:
    """The claude writer sees only full rights; the offline one also what must stay local."""
    activities = history(("a", 1, "running"), ("b", 2, "running"), ("c", 3, "running"))
    rights = pl.Series("rights", ["full", "local_only", "none"])
    activities = activities.with_columns(rights)

    offline = plan_backfill(premium(), activities, status(), now=NOW)
    claude = plan_backfill(premium(writer="claude"), activities, status(), now=NOW)

    assert ("a", "b") == offline.activity_ids
    assert ("a",) == claude.activity_ids
    assert 4 == claude.skipped.rights


@pytest.mark.parametrize(
    ("activity", "words"),
    [("nope", "not in the history of 'ada'"), ("ride", "is cycling, not a run")],
)
def test_asking_for_one_activity_that_is_no_run_is_an_error(activity: str, words: str) -> None:
    """The message says whether the id is unknown or belongs to another sport."""
    activities = history(("ride", 1, "cycling"), ("run", 2, "running"))

    with pytest.raises(UnknownActivity, match=words):
        plan_backfill(premium(activity_id=activity), activities, status(), now=NOW)


@pytest.mark.parametrize(
    ("offset_s", "time_zone"), [(3600, None), (None, "Asia/Kolkata"), (3600, "America/Lima")]
)
def test_since_and_until_are_days_of_the_runners_own_clock(
    offset_s: int | None, time_zone: str | None
) -> None:
    """23:30 UTC ahead of UTC is the next day; the runner's zone stands in for no offset."""
    activities = history(("a", 1, "running")).with_columns(
        started_at=pl.lit(datetime(2026, 11, 20, 23, 30, tzinfo=UTC)).dt.cast_time_unit("us"),
        utc_offset_s=pl.lit(offset_s, dtype=pl.Int32),
    )
    day = date(2026, 11, 21)
    order = premium(since=day, until=day, time_zone=time_zone)

    plan = plan_backfill(order, activities, status(), now=NOW)

    assert ("a",) == plan.activity_ids


def test_max_activities_takes_the_newest() -> None:
    """The rest is counted as beyond the maximum."""
    activities = history(*((f"r{day}", day, "running") for day in range(1, 6)))

    plan = plan_backfill(premium(max_activities=2), activities, status(), now=NOW)

    assert ("r1", "r2") == plan.activity_ids
    assert 6 == plan.skipped.beyond_max


@given(count=st.integers(0, 60), size=st.integers(1, 25))
def test_windows_hold_every_pair_once_in_order(count: int, size: int) -> None:
    """Windows cut the plan without loss, and never part the two kinds of one run."""
    activities = history(*((f"r{day:03}", day, "running") for day in range(1, count + 1)))
    plan = plan_backfill(premium(), activities, status(), now=NOW)

    windows = list(plan.windows(size))

    assert list(plan.pairs) == [pair for window in windows for pair in window]
    assert all(len(window) <= 2 * size and len(window) % 2 == 0 for window in windows)


def test_a_long_history_becomes_chapters_with_bounds_that_cover_it() -> None:
    """More activities than one flow run can show become orders with start bounds."""
    activities = history(*((f"r{day:04}", day, "running") for day in range(1, 2_601)))

    plan = plan_backfill(premium(), activities, status(), now=NOW)
    parts = [plan_backfill(order, activities, status(), now=NOW) for order in plan.chapters]

    assert [2_500, 100] == [len(part.activity_ids) for part in parts]
    assert list(plan.pairs) == [pair for part in parts for pair in part.pairs]


def test_texts_in_a_batch_are_left_to_their_reader() -> None:
    """Neither writer plans them; only the one with a key is told that they can be read."""
    activities = history(("a", 1, "running"), ("b", 2, "running"))
    away = {("a", "letter")}

    plans = [
        plan_backfill(premium(writer=writer), activities, status(), now=NOW, on_their_way=away)
        for writer in ("claude", "offline")
    ]

    assert [("a", "letter")] not in [list(plan.pairs) for plan in plans]
    assert [3, 3] == [len(plan.pairs) for plan in plans]
    assert [1, 1] == [plan.skipped.being_written for plan in plans]
    assert [1, 0] == [plan.on_their_way for plan in plans]
