"""What becomes of recordings that arrive."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runletters.activities import STREAM_SCHEMA, DeviceTotals, Lap, Source, Summary, no_streams
from runletters.identity import Register
from runletters.ingesting import Arrival, Shelf, combined, corrected, joined

START = datetime(2026, 5, 1, 6, 0, tzinfo=UTC)


def samples(count: int, *channels: str) -> pl.DataFrame:
    """A stream with data in these channels."""
    values: dict[str, Any] = {"t_s": [float(t) for t in range(count)], "segment": [0] * count}
    values |= {channel: [1.0] * count for channel in channels}
    return pl.DataFrame(
        {name: values.get(name, [None] * count) for name in STREAM_SCHEMA}, schema=STREAM_SCHEMA
    )


def view(kind: str, sha256: str = "s", *, native_id: str | None = None, **other: Any) -> Arrival:
    """A run of 10 km seen by one source."""
    known = {"sport": "running", "distance_m": 10_000.0, "elapsed_s": 3_000.0}
    of_arrival = {name: other.pop(name) for name in Arrival.__dataclass_fields__ if name in other}
    return Arrival(
        summary=Summary(started_at=START, **(known | other)),
        sources=(Source(kind=kind, file="f", content_sha256=sha256, native_id=native_id),),
        **of_arrival,
    )


def shelf(**there: Arrival) -> Shelf:
    """A shelf over a history that holds these activities."""
    register = Register()
    for name, arrival in there.items():
        register.put(name, arrival.seen)
    rights = {name: arrival.rights for name, arrival in there.items()}
    return Shelf(register=register, fetch=there.__getitem__, rights=rights)


def test_the_richest_streams_are_kept() -> None:
    """More channels beat more samples; the sources are all named."""
    gpx = view("gpx", "g", streams=samples(50, "distance_m"))
    tcx = view("tcx", "t", streams=samples(20, "distance_m", "heart_rate_bpm"))

    both = combined(gpx, tcx)

    assert 20 == both.streams.height
    assert ["gpx", "tcx"] == [source.kind for source in both.sources]


def test_gaps_are_filled_and_words_come_from_a_person() -> None:
    """Figures of the file stay; what it lacks, and title and sport, come from the export."""
    fit = view("fit", "f", streams=samples(9, "distance_m"), title="Garmin 7", moving_s=2_900.0)
    row = view(
        "strava_export", "r", native_id="7", title="Park", sport="trail_running",
        distance_m=9_990.0, calories_kcal=700.0, moving_s=2_800.0,
    )  # fmt: skip

    both = combined(row, fit).summary

    assert ("Park", "trail_running", 700.0) == (both.title, both.sport, both.calories_kcal)
    assert (10_000.0, 2_900.0) == (both.distance_m, both.moving_s)


@pytest.mark.parametrize(
    ("file", "row", "expected"),
    [
        ("treadmill_running", "running", "treadmill_running"),
        ("track_running", "running", "track_running"),
        ("running", "trail_running", "trail_running"),
        ("cycling", "running", "running"),
        ("running", "walking", "walking"),
        ("unknown", "running", "running"),
    ],
)
def test_an_export_that_says_run_leaves_the_file_its_kind_of_run(
    file: str, row: str, expected: str
) -> None:
    """A watch knows the treadmill that an export calls a run; else the export is believed."""
    fit = view("fit", "f", streams=samples(9, "distance_m"), sport=file)
    said = view("strava_export", "r", native_id="7", sport=row)

    assert expected == combined(said, fit).summary.sport
    assert expected == combined(fit, said).summary.sport


def test_a_source_with_fewer_rights_gives_its_name_only() -> None:
    """What must not reach a model is not mixed into what may."""
    file = view("gpx", "g", streams=samples(9, "distance_m"))
    page = view("running_page", "p", native_id="1", rights="local_only", title="Secret")

    for both in (combined(file, page), combined(page, file)):
        assert "full" == both.rights
        assert both.summary.title is None
        assert {"gpx", "running_page"} == {source.kind for source in both.sources}


def test_laps_and_totals_come_from_whoever_has_them() -> None:
    """The leading file has no laps; those of the other are kept."""
    gpx = view("gpx", "g", streams=samples(50, "distance_m", "heart_rate_bpm"))
    tcx = view(
        "tcx", "t", laps=(Lap(lap_index=0),), device_totals=DeviceTotals(distance_m=10_001.0)
    )

    both = combined(gpx, tcx)

    assert (Lap(lap_index=0),) == both.laps
    assert DeviceTotals(distance_m=10_001.0) == both.device_totals


def test_a_source_that_speaks_again_corrects_itself() -> None:
    """A new title or distance of the same row replaces the old one."""
    old = view("running_page", "1", native_id="9", title="Old", distance_m=9_000.0)
    new = view("running_page", "2", native_id="9", title="New")

    after = corrected(old, new).summary

    assert ("New", 10_000.0) == (after.title, after.distance_m)


def test_a_new_title_does_not_touch_the_figures_of_a_file() -> None:
    """Words are corrected, measured values stay those of the recording."""
    before = combined(
        view("strava_export", "1", native_id="9", title="Old"),
        view("fit", "f", streams=samples(9, "distance_m"), distance_m=10_050.0),
    )

    after = corrected(before, view("strava_export", "2", native_id="9", title="New"))

    assert ("New", 10_050.0) == (after.summary.title, after.summary.distance_m)
    assert 9 == after.streams.height


def test_a_row_takes_the_recording_that_starts_nearest() -> None:
    """A file with two sessions gives one to its row, the other stands alone."""
    later = START.replace(hour=9)
    own, other = view("fit", "f", native_id="s-0"), view("fit", "f", native_id="s-1")
    other = Arrival(
        summary=other.summary.model_copy(update={"started_at": later}), sources=other.sources
    )

    found = joined(view("strava_export", "r", native_id="7"), [other, own])

    assert [2, 1] == [len(each.sources) for each in found]
    assert START == found[0].summary.started_at


def test_verdicts() -> None:
    """New, a further source, a correction, and nothing new."""
    fit = view("fit", "f", streams=samples(9, "distance_m"))
    on = shelf()

    verdicts = [
        on.take(fit),
        on.take(fit),
        on.take(view("strava_export", "r", native_id="7")),
        on.take(view("strava_export", "q", native_id="7", title="Renamed")),
    ]

    assert ["loaded", "already_known", "merged", "updated"] == verdicts
    assert ["fit-f"] == list(on.emptied())
    assert {} == on.emptied()


def test_a_row_finds_the_file_that_came_before() -> None:
    """A file that was loaded alone belongs to the row that names it, wherever they start."""
    fit = view("fit", "f", streams=samples(9, "distance_m"))
    row = view("strava_export", "r", native_id="7", elapsed_s=99.0, distance_m=1.0)
    on = shelf(known=fit)

    assert "merged" == on.take(row, known_file="f")
    assert 2 == len(on.emptied()["known"].sources)


def test_rights_are_restated_once() -> None:
    """Other rights are a change, the same rights are none."""
    page = view("running_page", "p", native_id="1", rights="local_only")
    on = shelf(known=page)

    verdicts = [on.restate("p", rights) for rights in (None, "local_only", "full", "full")]

    assert ["already_known", "already_known", "updated", "already_known"] == verdicts
    assert "full" == on.emptied()["known"].rights


KINDS = st.sampled_from(["fit", "tcx", "gpx", "strava_export", "running_page"])
CHANNELS = st.sets(st.sampled_from(["distance_m", "heart_rate_bpm", "altitude_m"]))


@st.composite
def views(draw: st.DrawFn) -> Arrival:
    """Any source's view of the one run."""
    kind = draw(KINDS)
    sha256 = draw(st.text("0123456789abcdef", min_size=8, max_size=8))
    has_file = kind in {"fit", "tcx", "gpx"}
    return view(
        kind,
        sha256,
        native_id=None if has_file else sha256,
        streams=samples(draw(st.integers(1, 4)), *draw(CHANNELS)) if has_file else no_streams(),
        rights=draw(st.sampled_from(["full", "local_only", "none"])),
        title=draw(st.none() | st.sampled_from(["A", "B"])),
        distance_m=draw(st.none() | st.sampled_from([9_990.0, 10_000.0])),
    )


@given(views(), views())
def test_two_views_make_one_activity_in_either_order(one: Arrival, other: Arrival) -> None:
    """Only the order of the sources depends on who came first."""
    assume(one.sources != other.sources)  # the same content cannot say two things

    first, second = combined(one, other), combined(other, one)

    assert first.summary == second.summary
    assert first.rights == second.rights
    assert first.streams.equals(second.streams)
    assert set(first.sources) == set(second.sources)
