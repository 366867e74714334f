"""Fact sheets over invented histories."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from runletters.fact_sheets import build_fact_sheets
from runletters.facts import Fact, FactSheet
from runletters.users import Preferences
from tests.invented_runs import NO_METRICS, NO_SPLITS, frame, history, run

START = datetime(2024, 3, 4, 18, 30, tzinfo=UTC)


def _sheets(activities: pl.DataFrame, preferences: Preferences | None = None) -> list[FactSheet]:
    wanted = activities["activity_id"].to_list()
    return build_fact_sheets(
        activities, NO_METRICS, NO_SPLITS, wanted, preferences or Preferences()
    )


def _days(count: int, metres: float = 5_000, pace: float = 330) -> list[dict[str, object]]:
    return [run(START + timedelta(days=2 * i), metres + i % 5, pace + i % 5) for i in range(count)]


def test_the_longest_run_of_a_history_is_named_with_n_and_window() -> None:
    """A superlative carries how many runs stand behind it, and since when."""
    sheets = _sheets(frame(*_days(30), run(START + timedelta(days=70), 12_000, 330)))

    fact = sheets[-1].fact("longest_ever")

    assert fact is not None
    assert (1, 31, "since 4 March 2024") == (fact.value, fact.n, fact.window)
    assert "longest_ever" == sheets[-1].facts[0].name


def test_a_tie_is_no_superlative() -> None:
    """As long and as fast as an earlier run: neither the longest nor the fastest."""
    days = [run(START + timedelta(days=2 * i), 5_000, 330) for i in range(30)]

    names = {fact.name for sheet in _sheets(frame(*days)) for fact in sheet.facts}

    assert not {"longest_ever", "longest_of_year", "band_best"} & names


def test_a_sheet_never_looks_ahead() -> None:
    """What is said of a run does not change when later runs arrive."""
    activities = history(60)
    early = activities.head(40)

    before, after = _sheets(early), _sheets(activities)[:40]

    assert before == after


def test_without_a_sensor_there_is_no_fact_of_it() -> None:
    """No heart rate recorded: no fact whose name or text speaks of it."""
    sheets = _sheets(history(50, heart_rate=False))

    names = {fact.name for sheet in sheets for fact in sheet.facts}

    assert not {name for name in names if "heart" in name or "zone" in name or "decoup" in name}


def test_an_unbelievable_pace_becomes_a_caveat_and_no_claim() -> None:
    """10 km in ten minutes is no record, and does not spoil the runs after it."""
    absurd = run(START + timedelta(days=61), 10_000, 60)
    later = run(START + timedelta(days=63), 5_000, 330)
    sheets = _sheets(frame(*_days(30), absurd, later))

    assert not {"pace", "run_number", "band_best", "longest_ever"} & {
        f.name for f in sheets[30].facts
    }
    assert "not believable" in sheets[30].caveats[0]
    assert 31 == sheets[31].fact("run_number").value


def test_a_wrong_heart_rate_is_left_out_and_said() -> None:
    """A strap artefact takes the heart rate away, not the run."""
    odd = run(
        START + timedelta(days=61), 5_000, 330,
        heart_rate_avg_bpm=150.0, quality=["heart_rate_cadence_lock"],
    )  # fmt: skip
    sheet = _sheets(frame(*_days(30), odd))[-1]

    assert not sheet.has("heart_rate_avg")
    assert sheet.has("run_number")
    assert "heart_rate_cadence_lock" in sheet.caveats[0]


@pytest.mark.parametrize("flag", ["totals_computed", "file_missing", "file_unreadable"])
def test_what_was_added_up_or_has_no_file_is_as_good_as_any(flag: str) -> None:
    """A GPX holds no totals, a lost file takes none away: the longest run is the longest."""
    longest = run(START + timedelta(days=61), 12_000, 330, quality=[flag, "sport_assumed"])
    *_, before, sheet = _sheets(frame(*_days(30), longest))

    assert sheet.has("longest_ever")
    assert "unknown" != sheet.classification
    assert before.caveats == sheet.caveats


@pytest.mark.parametrize("flag", ["truncated", "implausible_speed", "backward_times"])
def test_what_broke_off_or_jumps_claims_nothing(flag: str) -> None:
    """Its figures are shown with a caveat that names the flag, and compared with nothing."""
    longest = run(START + timedelta(days=61), 12_000, 330, quality=["totals_computed", flag])
    sheet = _sheets(frame(*_days(30), longest))[-1]

    assert not sheet.has("longest_ever")
    assert ("unknown", True) == (sheet.classification, flag in " ".join(sheet.caveats))
    assert "totals_computed" not in " ".join(sheet.caveats)


def test_a_return_after_weeks_sets_the_tone() -> None:
    """Fourteen days without a run make the next one a return."""
    sheet = _sheets(frame(*_days(10), run(START + timedelta(days=60), 4_000, 360)))[-1]

    assert "return" == sheet.tone
    assert 42 == sheet.fact("return_after").value


def test_words_of_pain_outrank_a_race() -> None:
    """A race that ended in a crash is not celebrated."""
    sheet = _sheets(
        frame(
            *_days(9),
            run(START + timedelta(days=30), 9_000, 300, is_race=True, title="crashed at km 4"),
        )
    )[-1]

    assert ("hardship", "race") == (sheet.tone, sheet.classification)


def test_notes_travel_only_when_the_runner_allows_it() -> None:
    """Notes stay out by default; a title is bounded."""
    noted = frame(run(START, 5_000, 330, notes="slept badly", title="x" * 500))

    assert _sheets(noted)[0].notes is None
    assert "slept badly" == _sheets(noted, Preferences(allow_notes=True))[0].notes
    assert 120 == len(_sheets(noted)[0].title or "")


def test_figures_follow_language_and_units() -> None:
    """The same run in miles, and with a decimal comma."""
    one = frame(run(START, 10_200, 312))

    imperial = _sheets(one, Preferences(units="imperial"))[0]
    german = _sheets(one, Preferences(language="de"))[0]

    assert ("6.3 miles", "8:22 per mile") == (
        imperial.fact("distance").text,
        imperial.fact("pace").text,
    )
    assert ("10,2 km", "5:12 pro km") == (german.fact("distance").text, german.fact("pace").text)


def test_an_unknown_clock_gives_no_hour() -> None:
    """Without offset and time zone nothing is said about the time of day."""
    sheet = _sheets(frame(run(START, 5_000, 330, utc_offset_s=None)))[0]

    assert not sheet.local_time_known
    assert not sheet.has("start_time")
    assert "local time" in sheet.caveats[0]


def test_the_users_time_zone_stands_in_for_a_missing_offset() -> None:
    """18:30 UTC in March is 19:30 in Berlin."""
    sheet = _sheets(
        frame(run(START, 5_000, 330, utc_offset_s=None)), Preferences(time_zone="Europe/Berlin")
    )[0]

    assert "19:30" == sheet.fact("start_time").text


def test_a_language_without_words_falls_back_and_says_so() -> None:
    """The reader learns why the figures are in English."""
    sheet = _sheets(frame(run(START, 5_000, 330)), Preferences(language="fi"))[0]

    assert any("no wording for fi" in caveat for caveat in sheet.caveats)


def test_splits_and_metrics_become_facts() -> None:
    """Halves, drift and splits come from the frames that hold them."""
    metrics = pl.DataFrame([{
        "activity_id": "202403041830", "first_half_pace_s_per_km": 340.0,
        "second_half_pace_s_per_km": 320.0, "heart_rate_drift_percent": 6.2,
    }])  # fmt: skip
    splits = pl.DataFrame([
        {"activity_id": "202403041830", "index": i, "distance_m": 1000.0, "elapsed_s": s,
         "moving_s": s, "pace_s": s, "elevation_change_m": None, "heart_rate_avg_bpm": None}
        for i, s in ((1, 345.0), (2, 335.0), (3, 322.0), (4, 318.0))
    ])  # fmt: skip
    one = frame(run(START, 4_000, 330, heart_rate_avg_bpm=151.0))

    sheet = build_fact_sheets(one, metrics, splits, ["202403041830"], Preferences())[0]

    assert "second half 20 seconds per km faster" == sheet.fact("second_half_faster").text
    assert "number 4, in 5:18 per km" == sheet.fact("fastest_split").text
    assert "up 6% from the first half to the second" == sheet.fact("heart_rate_drift_up").text
    assert 4 == len(sheet.splits)


def test_further_facts_can_be_handed_in() -> None:
    """Load and form have their place before the headline figures."""
    load = Fact(name="fitness", value=41, unit="load", text="41", quality="derived")
    one = frame(run(START, 5_000, 330))

    sheet = build_fact_sheets(
        one, NO_METRICS, NO_SPLITS, ["202403041830"], Preferences(), extra={"202403041830": [load]}
    )[0]

    assert load == sheet.facts[0]


@pytest.mark.slow
def test_four_thousand_runs_take_seconds() -> None:
    """A whole history is one pass, not a scan per run."""
    activities = history(4_000)

    began = time.perf_counter()
    sheets = _sheets(activities)

    assert 4_000 == len(sheets)
    assert 20 > time.perf_counter() - began
