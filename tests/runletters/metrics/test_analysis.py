"""One reading of the streams, all at once or bit by bit."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from runletters.metrics.analysis import Analysis, analysed, replaced
from runletters.metrics.run_metrics import measured, personalised, run_metrics
from runletters.metrics.splits import splits
from runletters.users import Preferences
from tests.runletters.metrics import histories

FRAMES = ("metrics", "splits", "best_efforts", "repetitions", "routes")
LOOSE = settings(max_examples=25, deadline=None)


def activities_of(streams: pl.DataFrame) -> pl.DataFrame:
    return streams.select("activity_id").unique(maintain_order=True)


@LOOSE
@given(histories.STREAMS)
def test_one_reading_equals_the_single_functions(streams: pl.DataFrame) -> None:
    """`analysed` is the parts, made from samples that are cleaned once."""
    activities = activities_of(streams)

    found = analysed(activities, streams)

    assert_frame_equal(measured(activities, streams), found.metrics)
    assert_frame_equal(splits(streams), found.splits)
    preferences = Preferences(heart_rate_max_bpm=188)
    assert_frame_equal(
        run_metrics(activities, streams, preferences), personalised(found.metrics, preferences)
    )


@LOOSE
@given(histories.STREAMS, st.integers(0, 3))
def test_a_late_run_changes_its_own_rows_only(streams: pl.DataFrame, place: int) -> None:
    """Analysed later and put in, a run from the middle gives what all at once gives."""
    activities = activities_of(streams)
    late = activities["activity_id"].to_list()[place % activities.height]
    is_late = pl.col("activity_id") == late
    before = analysed(activities.filter(~is_late), streams.filter(~is_late))
    new = analysed(activities.filter(is_late), streams.filter(is_late))

    both = {name: replaced(_frame(before, name), _frame(new, name), [late]) for name in FRAMES}

    whole = analysed(activities, streams)
    for name in FRAMES:
        assert_frame_equal(_frame(whole, name), both[name], check_row_order=False)


def _frame(found: Analysis, name: str) -> pl.DataFrame:
    frame: pl.DataFrame = getattr(found, name)
    return frame


def test_nothing_gives_typed_empty_frames() -> None:
    """No activity, no row, every column."""
    nothing = pl.DataFrame(schema={"activity_id": pl.String()})

    found = analysed(nothing, nothing)

    assert {0} == {_frame(found, name).height for name in FRAMES}
    assert all(_frame(found, name).width > 1 for name in FRAMES)
