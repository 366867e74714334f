"""Strava's activities.csv, in all languages and with all its traps."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runletters.edges import strava_cells as cells
from runletters.edges.strava_columns import NECESSARY, columns_of, is_export_header
from runletters.edges.strava_export import ExportRow, ExportTable, read_activities_csv
from runletters.errors import UnreadableFile

START = datetime(2026, 9, 20, 14, 12, 12, tzinfo=UTC)
HEADER = """
Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,
Elapsed Time,Distance,Max Heart Rate,Relative Effort,Commute,
Activity Private Note,Activity Gear,Filename,Athlete Weight,Bike Weight,
Elapsed Time,Moving Time,Distance,Max Speed,Average Speed,
Elevation Gain,Elevation Loss,Max Cadence,Average Cadence,Max Heart Rate,
Average Heart Rate,Average Watts,Calories,Relative Effort,Commute,
Competition,Never Seen Before
"""
EN = HEADER.replace("\n", "").split(",")
ROW = {
    "Activity ID": "10000000001",
    "Activity Date": "Sep 20, 2026, 2:12:12 PM",
    "Activity Name": 'Morning, "long"',
    "Activity Type": "Run",
    "Activity Description": "first line\nsecond line",
    "Elapsed Time": ("1400", "1401.0"),
    "Distance": ("5.01", "5012.3"),
    "Max Heart Rate": ("171", "172.0"),
    "Activity Private Note": "knee",
    "Filename": "activities/10000000002.fit.gz",
    "Moving Time": "1390.0",
    "Elevation Gain": "12.5",
    "Average Heart Rate": "150.4",
    "Average Cadence": "84.2",
    "Calories": "399.0",
    "Competition": "1.0",
}  # fmt: skip


def table(*rows: dict[str, str | tuple[str, str]], header: list[str] = EN) -> bytes:
    """A CSV of these rows; a tuple goes to the first and the second column of its name."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        seen: dict[str, int] = {}
        line: list[str] = []
        for name in header:
            value = row.get(name, "")
            line.append(value if isinstance(value, str) else value[seen.get(name, 0)])
            seen[name] = seen.get(name, 0) + 1
        writer.writerow(line)
    return out.getvalue().encode()


def read(*rows: dict[str, str | tuple[str, str]], header: list[str] = EN) -> ExportTable:
    return read_activities_csv("activities.csv", table(*rows, header=header))


def only(found: ExportTable) -> ExportRow:
    assert () == found.problems
    (row,) = found.rows
    return row


def test_the_second_of_two_columns_counts() -> None:
    """Metres and seconds come from the metric columns, text survives commas and line breaks."""
    row = only(read(ROW))
    summary = row.recording.summary

    assert (5012.3, 1401.0, 1390.0) == (summary.distance_m, summary.elapsed_s, summary.moving_s)
    assert (172.0, 150.4, 84.2) == (
        summary.heart_rate_max_bpm, summary.heart_rate_avg_bpm, summary.cadence_avg_rpm,
    )  # fmt: skip
    assert START == summary.started_at
    assert ('Morning, "long"', "first line\nsecond line", "knee") == (
        summary.title, summary.notes, summary.private_notes,
    )  # fmt: skip
    assert ("running", True, False) == (summary.sport, summary.is_race, summary.is_manual)
    assert "10000000001" == row.recording.source.native_id
    assert "activities/10000000002.fit.gz" == row.filename


def test_a_manual_entry_has_no_file() -> None:
    """No file name means that somebody typed it in."""
    row = only(read(ROW | {"Filename": ""}))

    assert row.filename is None
    assert row.recording.summary.is_manual


def test_swims_show_metres_and_runs_kilometres() -> None:
    """Where only the display column is there, its unit depends on the sport."""
    header = [
        "Activity ID",
        "Activity Date",
        "Activity Type",
        "Filename",
        "Elapsed Time",
        "Distance",
    ]
    run = ROW | {"Distance": "5.01", "Elapsed Time": "1400"}

    swim = only(read(run | {"Activity Type": "Swim", "Distance": "1,500"}, header=header))

    assert 5010.0 == pytest.approx(only(read(run, header=header)).recording.summary.distance_m)
    assert 1500.0 == swim.recording.summary.distance_m


def test_kilometres_in_the_metric_column_are_noticed() -> None:
    """Some localized exports repeat the display value; a run of 2.81 m it is not."""
    row = only(read(ROW | {"Distance": ("2.81", "2.81")}))

    assert 2810.0 == pytest.approx(row.recording.summary.distance_m)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("Activity Date", "yesterday", "Activity Date"),
        ("Activity Date", "Sep 31, 2026, 2:12:12 PM", "Activity Date"),
        ("Activity Date", "Sep 20, 2026, 14:12:12 PM", "1 to 12"),
        ("Activity Date", "", "Activity Date"),
        ("Distance", ("5.01", "far"), "expected a number"),
        ("Distance", ("5.01", "-3.0"), "0 or more"),
        ("Activity ID", "", "Activity ID"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_read(
    column: str, value: str | tuple[str, str], reason: str
) -> None:
    """The problem tells row and column; line breaks in other rows do not confuse the count."""
    found = read(ROW, ROW | {column: value}, ROW | {"Activity ID": "3"})

    (problem,) = found.problems
    assert 2 == len(found.rows)
    assert "activities.csv row 3" == problem.file
    assert reason in problem.reason


def test_a_row_of_the_wrong_width_is_refused() -> None:
    """A row that lost a comma is not guessed at."""
    found = read_activities_csv("activities.csv", table(ROW) + b"1,2,3\n")

    assert 1 == len(found.rows)
    assert "3 cells" in found.problems[0].reason


def test_the_hash_of_a_row_ignores_what_is_not_read() -> None:
    """A new column or a changed weight does not make it another row; a new title does."""
    same = ROW | {"Athlete Weight": "70.0", "Never Seen Before": "x"}

    hashes = [
        only(read(row)).recording.source.content_sha256
        for row in (ROW, same, ROW | {"Activity Name": "Evening"})
    ]

    assert hashes[0] == hashes[1]
    assert hashes[0] != hashes[2]


def test_an_unknown_language_is_refused_by_name() -> None:
    """The error names what was looked for and what was found."""
    header = ["ID attività", "Data dell'attività", *EN[2:]]

    with pytest.raises(UnreadableFile, match="'Activity ID' or 'Aktivitäts-ID'") as caught:
        read(ROW, header=header)

    assert "ID attività" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00a", b'"never closed' + b"x" * 1_100_000])
def test_what_is_no_csv_is_refused(content: bytes) -> None:
    """No table, no UTF-8, an endless cell: one clear error."""
    with pytest.raises(UnreadableFile):
        read_activities_csv("activities.csv", content)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Sep 20, 2026, 2:12:12 PM", "en"),
        ("Sep 20, 2026, 2:12:12\u202fPM", "en"),
        ("20 Sep 2026, 14:12:12", "en"),
        ("2026-09-20 14:12:12", "en"),
        ("20.09.2026, 14:12:12", "de"),
        ("20 sept. 2026 à 14:12:12", "fr"),
        ("20/09/2026 14:12:12", "fr"),
        ("20 sept 2026, 14:12:12", "es"),
        ("2026年9月20日 14:12:12", "zh"),
    ],
)
def test_dates_of_all_languages(text: str, language: str) -> None:
    """Every known form is the same moment, in UTC."""
    assert START == cells.moment(text, language)


def test_a_date_that_could_be_two_is_refused() -> None:
    """3/4/2026 is March or April in English: not guessed."""
    with pytest.raises(ValueError, match="expected a date"):
        cells.moment("3/4/2026 14:12:12", "en")


@given(st.integers(1_100_000_000, 4_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)))
def test_every_moment_survives(moment: datetime) -> None:
    """Any second, written as Strava writes it in English and German, is read back."""
    half = (
        moment.strftime("%b %d, %Y, ") + f"{moment.hour % 12 or 12}" + moment.strftime(":%M:%S %p")
    )

    assert moment == cells.moment(half, "en")
    assert moment == cells.moment(moment.strftime("%d.%m.%Y, %H:%M:%S"), "de")


@given(st.decimals(0, 10**6, places=2), st.sampled_from(cells.LANGUAGES))
def test_every_number_survives(value: object, language: str) -> None:
    """A decimal point is one everywhere; a decimal comma where they are used."""
    assert float(str(value)) == cells.number(str(value), language)
    if language not in {"en", "zh"}:
        assert float(str(value)) == cells.number(str(value).replace(".", ","), language)


@given(st.text(max_size=40))
def test_no_cell_can_break_the_table(text: str) -> None:
    """Whatever stands in a cell, the row is read or refused, and its neighbour is read."""
    found = read(ROW | {"Distance": (text, text), "Activity Name": text}, ROW)

    assert 2 == len(found.rows) + len(found.problems)
    assert START == found.rows[-1].recording.summary.started_at


@pytest.mark.shared_data
def test_known_headers_of_other_languages(shared_data: Path) -> None:
    """The complete German header has every column; the others as far as they are known."""
    path = shared_data / "golden" / "dev" / "localized_strava_csv_headers.json"
    known = json.loads(path.read_text())
    german = next(csv.reader([known["de_92"]["header"]]))

    columns = columns_of("activities.csv", german)

    assert ("de", 92) == (columns.language, len(german))
    assert set(cells.names()["de"]) - {"competition"} == set(columns.at)
    assert 17 == columns.at["distance"]
    for name in ("de_92", "de_row_example", "fr_21", "zh_8", "es_5"):
        assert is_export_header(known[name]["header"].encode())
    for name, missing in (
        ("fr_21", set()),
        ("zh_8", set()),
        ("es_5", {"elapsed_time", "distance"}),
    ):
        header = next(csv.reader([known[name]["header"]]))
        found = {field for field in NECESSARY if set(cells.names()[name[:2]][field]) & set(header)}
        assert missing == set(NECESSARY) - found
    assert all("running" == cells.sport(word) for word in ("Course à pied", "Lauf", "跑步"))


@pytest.mark.shared_data
def test_rows_of_other_languages(shared_data: Path) -> None:
    """A Chinese row with the columns that are known is an activity."""
    path = shared_data / "golden" / "dev" / "localized_strava_csv_headers.json"
    known = json.loads(path.read_text())["zh_8"]

    row = only(read_activities_csv("a.csv", f"{known['header']}\n{known['row']}\n".encode()))

    assert "cycling" == row.recording.summary.sport
    assert 87_690.0 == pytest.approx(row.recording.summary.distance_m)
    assert datetime(2026, 8, 16, 9, 1, 41, tzinfo=UTC) == row.recording.summary.started_at
