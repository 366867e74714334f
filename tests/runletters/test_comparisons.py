"""Where a run stands in its history: checked against plain, slow definitions."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from runletters.comparisons import COMPARISON_INPUT, compare, distance_band
from runletters.ranking import day_streak, previous_at_least, running_rank, usual

VALUES = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 9).map(float)), st.integers(0, 2)), max_size=40
)
DAY_ONE = date(2024, 1, 1)


def _days(gaps: list[int]) -> list[date]:
    days = [DAY_ONE]
    for gap in gaps:
        days.append(days[-1] + timedelta(days=gap))
    return days


def _runs(days: list[date], metres: list[float], paces: list[float]) -> pl.DataFrame:
    rows = {
        "activity_id": [str(i) for i in range(len(days))],
        "day": days,
        "minute_of_day": [600] * len(days),
        "distance_m": metres,
        "pace_s_per_km": paces,
        "elevation_gain_m": [None] * len(days),
        "heart_rate_avg_bpm": [None] * len(days),
    }
    return pl.DataFrame(rows, schema=COMPARISON_INPUT)


@given(VALUES)
def test_a_rank_counts_the_earlier_and_equal_runs_only(
    rows: list[tuple[float | None, int]],
) -> None:
    """Rank from the top and n look at rows of the group up to this one."""
    values, groups = [v for v, _ in rows], [g for _, g in rows]

    ranks = running_rank(values, groups)

    for i, (value, group) in enumerate(rows):
        peers = [v for v, g in rows[: i + 1] if g == group and v is not None]
        expected = None if value is None else (1 + sum(v > value for v in peers), len(peers))
        assert expected == ranks[i]


@given(VALUES)
def test_the_previous_at_least_as_high_is_the_latest_one(
    rows: list[tuple[float | None, int]],
) -> None:
    """Of all earlier rows of the group with at least this value, the last is found."""
    values, groups = [v for v, _ in rows], [g for _, g in rows]

    found = previous_at_least(values, groups)

    for i, (value, group) in enumerate(rows):
        earlier = [
            j for j, (v, g) in enumerate(rows[:i])
            if value is not None and v is not None and g == group and v >= value
        ]  # fmt: skip
        assert (earlier[-1] if earlier else None) == found[i]


@given(st.lists(st.integers(0, 3), max_size=30))
def test_a_streak_is_the_number_of_days_in_a_row(gaps: list[int]) -> None:
    """Two runs on one day are one day; a day without a run ends the streak."""
    days = _days(gaps)

    streaks = day_streak(days)

    for i, day in enumerate(days):
        ran, length = set(days[: i + 1]), 0
        while day - timedelta(days=length) in ran:
            length += 1
        assert length == streaks[i]


def test_a_usual_needs_five_earlier_runs() -> None:
    """The run itself never counts towards its own usual."""
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 100.0]

    medians = usual(values, [0] * 6)

    assert [None] * 5 + [3.0] == medians


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 30), st.integers(240, 420)),
        min_size=1,
        max_size=40,
    )
)
def test_comparisons_equal_plain_definitions(rows: list[tuple[int, int, int]]) -> None:
    """Volumes, ranks and dates agree with a scan of everything up to each run."""
    days = _days([gap for gap, _, _ in rows[1:]])
    metres = [km * 1000.0 for _, km, _ in rows]
    paces = [float(pace) for _, _, pace in rows]

    table = compare(_runs(days, metres, paces), "metric")

    for i, row in enumerate(table.iter_rows(named=True)):
        until = list(zip(days, metres, strict=True))[: i + 1]
        week = [m for d, m in until if d >= days[i] - timedelta(days=6)]
        year = [m for d, m in until if d.year == days[i].year]
        longer = [d for d, m in until[:-1] if m >= metres[i]]
        band = [p for p, m in zip(paces[: i + 1], metres, strict=False)
                if distance_band(m, "metric") == distance_band(metres[i], "metric")]  # fmt: skip
        last = [
            m for d, m in zip(days, metres, strict=True)
            if d.year == days[i].year - 1 and (d.month, d.day) <= (days[i].month, days[i].day)
        ]  # fmt: skip
        assert (sum(week), len(week)) == (row["week_m"], row["week_n"])
        assert (sum(year), len(year)) == (row["year_m"], row["year_n"])
        assert (longer[-1] if longer else None) == row["longer_day"]
        assert (1 + sum(p < paces[i] for p in band), len(band)) == (row["band_rank"], row["band_n"])
        assert sum(last) == row["last_year_m"] or (days[i].month, days[i].day) == (2, 29)


def test_an_empty_history_gives_no_rows() -> None:
    """No runs, no comparisons, no error."""
    table = compare(_runs([], [], []), "metric")

    assert 0 == table.height


def test_races_have_bands_of_their_own() -> None:
    """A half marathon is not compared with a 20 km run."""
    assert distance_band(21_097, "metric") != distance_band(20_000, "metric")
    assert distance_band(10_010, "metric") == distance_band(9_990, "metric")
    assert distance_band(10_000, "imperial") != distance_band(10_000, "metric")
