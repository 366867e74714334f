"""running_page's activities.json."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runletters.activities import ReadResult, Summary
from runletters.edges.running_page import is_running_page, read_running_page

ROW: dict[str, Any] = {
    "run_id": 71,
    "name": "Invented",
    "distance": 5000.0,
    "moving_time": "0:25:00",
    "type": "Run",
    "subtype": None,
    "start_date": "2026-05-01 06:00:00+00:00",
    "start_date_local": "2026-05-01 15:30:00",
    "location_country": "Canary Street 1, 12345 Nowhere",
    "summary_polyline": "_p~iF~ps|U",
    "average_heartrate": 150.0,
    "average_speed": 3.333,
    "elevation_gain": None,
    "streak": 3,
}


def read(*rows: Any) -> ReadResult:
    return read_running_page("activities.json", json.dumps(rows).encode())


def summary_of(**changed: Any) -> Summary:
    result = read(ROW | changed)
    assert () == result.problems
    return result.recordings[0].summary


def test_a_row_becomes_an_activity() -> None:
    """Figures, the runner's own clock and the route; only for this machine."""
    (recording,) = read(ROW).recordings
    summary = recording.summary

    assert datetime(2026, 5, 1, 6, tzinfo=UTC) == summary.started_at
    assert 9.5 * 3600 == summary.utc_offset_s
    assert ("running", 5000.0, 1500.0) == (summary.sport, summary.distance_m, summary.moving_s)
    assert summary.elapsed_s is None
    assert "_p~iF~ps|U" == summary.route_polyline
    assert ("local_only", "71") == (recording.rights, recording.source.native_id)


def test_the_address_is_not_kept() -> None:
    """location_country can hold a street; nothing of it is anywhere."""
    assert "Canary" not in repr(read(ROW))


def test_a_new_streak_is_not_a_new_row() -> None:
    """What is not kept does not count: the file may be written anew every day."""
    one, other, renamed = (
        read(ROW | changed).recordings[0].source.content_sha256
        for changed in ({}, {"streak": 4, "location_country": "x"}, {"name": "Other"})
    )

    assert one == other
    assert one != renamed


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0:25:56", 1556),
        ("1 day, 2:00:01", 93_601),
        ("2 days, 0:00:00.5", 172_800.5),
        ("1970-01-01 00:25:56.000000", 1556),
        (1556, 1556),
    ],
)
def test_all_forms_of_a_duration(text: object, seconds: float) -> None:
    """Durations as running_page and its database write them."""
    assert seconds == summary_of(moving_time=text).moving_s


def test_impossible_speed_is_flagged_and_the_distance_kept() -> None:
    """978 m in one second: said, not corrected. The same on wheels may be true."""
    walk = summary_of(type="Walk", distance=978.9, moving_time="0:00:01", average_speed=978.9)

    assert (("implausible_speed",), 978.9) == (walk.quality, walk.distance_m)
    assert () == summary_of(type="Ride", average_speed=9.0, moving_time="0:09:15").quality


def test_a_subtype_tells_which_run() -> None:
    """A trail run is one; an unknown subtype changes nothing."""
    assert "trail_running" == summary_of(subtype="Trail Run").sport
    assert "running" == summary_of(subtype="generic").sport
    assert "walking" == summary_of(type="Walk", subtype="Run").sport


@pytest.mark.parametrize(
    "bad",
    [
        {"distance": "far"},
        {"distance": -1},
        {"moving_time": "long"},
        {"start_date": "yesterday"},
        {"run_id": None},
        {"distance": float("nan")},
    ],
)
def test_a_bad_row_is_named_and_the_others_are_read(bad: dict[str, Any]) -> None:
    """The problem tells which activity and which field."""
    result = read(ROW, ROW | bad, ROW | {"run_id": 72})

    (problem,) = result.problems
    assert 2 == len(result.recordings)
    assert problem.reason.startswith(f"Activity 2: {next(iter(bad))}")


@pytest.mark.parametrize("content", [b"[{", b'{"run_id": 1}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_list_is_one_problem(content: bytes) -> None:
    """Broken JSON is for the quarantine, not an exception."""
    result = read_running_page("activities.json", content)

    assert ["broken_json"] == [problem.reason_code for problem in result.problems]


@given(st.recursive(st.none() | st.floats() | st.text(max_size=9), st.lists, max_leaves=4))
def test_no_value_is_an_exception(value: Any) -> None:
    """Whatever stands in a field, the row is an activity or a problem."""
    for name in ROW:
        result = read(ROW | {name: value})
        assert 1 == len(result.recordings) + len(result.problems)


def test_which_json_is_running_pages() -> None:
    """Told by its first object; other JSON is not touched."""
    assert is_running_page("activities.json", json.dumps([ROW]).encode()[:60])
    assert is_running_page("activities.json", b"[]")
    assert not is_running_page("other.json", b"[]")
    assert not is_running_page("activities.json", b'{"type": "FeatureCollection"}')


def _years(result: ReadResult) -> dict[int, dict[str, Any]]:
    """The table of running_page's posters: by local year."""
    of: dict[int, list[Summary]] = defaultdict(list)
    for recording in result.recordings:
        of[recording.summary.started_local.year].append(recording.summary)
    return {year: _figures(rows) for year, rows in of.items()}


def _figures(rows: list[Summary]) -> dict[str, Any]:
    metres = [row.distance_m or 0.0 for row in rows]
    long = [row for row in rows if (row.distance_m or 0.0) >= 1000]
    long_m = sum(row.distance_m or 0.0 for row in long)
    long_s = sum(row.moving_s or 0.0 for row in long)
    pace = int(long_s / (long_m / 1000))
    return {
        "km": sum(metres) / 1000,
        "km_whole": int(long_m / 1000),
        "count": len(long),
        "pace": f"{pace // 60}'{pace % 60:02}\"",
        "hours": int(long_s / 3600),
        "longest_km": round(max(metres) / 1000, 1),
    }


GOLDEN = """
2012|386.7|386|66|5'43"|36|15.0
2013|790.1|788|151|4'52"|64|21.5
2014|822.8|819|151|5'29"|74|41.4
2015|436.4|427|122|5'35"|39|17.2
2016|900.8|890|202|5'26"|80|21.5
2017|963.6|960|196|4'59"|79|42.8
2018|405.5|392|149|5'31"|36|12.0
2019|1344.4|1336|262|5'20"|118|43.5
2020|1284.0|1280|354|5'37"|120|20.7
2021|1244.0|1241|332|5'39"|117|19.2
2022|758.2|756|279|6'07"|77|15.5
2023|695.7|690|273|6'26"|74|10.3
2024|1851.1|1848|487|5'25"|167|21.3
2025|1216.3|1215|367|5'39"|114|21.5
2026|596.5|594|221|6'06"|60|7.0
"""
"""running_page's own yearly totals of the 3,716 activities (../shared/data/README.md)."""


@pytest.mark.shared_data
def test_yearly_totals_are_running_pages_own(shared_data: Path) -> None:
    """Distance within 0.1 km per year; counts, whole km and hours, pace and longest exact."""
    path = shared_data / "yihong-run" / "activities.json"

    result = read_running_page("activities.json", path.read_bytes())
    years = _years(result)

    summaries = [recording.summary for recording in result.recordings]
    assert 3716 == len(summaries)
    assert 3703 == sum(one.is_run for one in summaries)
    assert 29 == sum(not one.route_polyline for one in summaries)
    assert 2072 == sum(one.heart_rate_avg_bpm is not None for one in summaries)
    for line in GOLDEN.split():
        year, km, km_whole, count, pace, hours, longest = line.split("|")
        found = years.pop(int(year))
        assert float(km) == pytest.approx(found.pop("km"), abs=0.1)
        assert found == {
            "km_whole": int(km_whole),
            "count": int(count),
            "pace": pace,
            "hours": int(hours),
            "longest_km": float(longest),
        }
    assert {} == years


@pytest.mark.shared_data
def test_implausible_rows_of_the_other_history(shared_data: Path) -> None:
    """682 activities, nine of them impossible: all kept, nine flagged."""
    path = shared_data / "gyeongchan-running_page" / "activities.json"

    summaries = [one.summary for one in read_running_page("a.json", path.read_bytes()).recordings]

    assert (682, 644) == (len(summaries), sum(one.is_run for one in summaries))
    assert 9 == sum("implausible_speed" in one.quality for one in summaries)
    assert {32400, -18000, -14400} == {one.utc_offset_s for one in summaries}
    assert (110, 430) == (
        sum(not one.route_polyline for one in summaries),
        sum(one.heart_rate_avg_bpm is not None for one in summaries),
    )
    assert 4773.2 == pytest.approx(sum(one.distance_m or 0 for one in summaries) / 1000, abs=0.1)
    # The poster leaves out the eight shortest, the shortest of them 4 m.
    metres = sorted(one.distance_m or 0 for one in summaries)
    printed = json.loads((shared_data / "golden/dev/running_page-posters.json").read_text())
    totals = printed["gyeongchan-running_page"]["poster_totals"]
    assert int(totals["Number"]) == len(metres[8:])
    assert float(totals["Total"].removesuffix(" km")) == pytest.approx(
        sum(metres[8:]) / 1000, abs=0.1
    )
    assert 4 == int(metres[0])
