"""Reads activities.csv of a Strava bulk export: one row per activity.

Dates are UTC without saying so. A row that cannot be read is a problem of its own.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from runletters.activities import DeviceTotals, Problem, Recording, Source, Summary
from runletters.content import canonical_json
from runletters.edges import strava_cells as cells
from runletters.edges.read_common import clean_text
from runletters.edges.strava_columns import Columns, columns_of
from runletters.errors import UnreadableFile

KIND = "strava_export"
CSV_NAME = "activities.csv"
_LONGEST_CELL = 1_000_000  # characters; the library's own limit is shorter than some notes
_SHOWN = 40  # characters of a cell quoted in a reason


@dataclass(frozen=True, kw_only=True)
class ExportRow:
    """One activity of the export, and the file it names."""

    recording: Recording
    filename: str | None  # relative to the folder of activities.csv; None for a manual entry


@dataclass(frozen=True, kw_only=True)
class ExportTable:
    """All rows that could be read, and a problem for each that could not."""

    rows: tuple[ExportRow, ...]
    problems: tuple[Problem, ...]


class _BadCell(ValueError):
    """A cell that cannot be read: the column and what is wrong with it."""


def read_activities_csv(name: str, content: bytes) -> ExportTable:
    """Every row of an activities.csv.

    Args:
        name: the name to show, inside its folder or archive.
        content: the file, UTF-8.

    Raises:
        UnreadableFile: it is no UTF-8, holds nothing, or lacks a column that is needed.
    """
    rows = _records(name, content)
    columns = columns_of(name, next(rows, list[str]()))
    read = [_read_row(name, number, row, columns) for number, row in enumerate(rows, 2) if row]
    return ExportTable(
        rows=tuple(row for row in read if isinstance(row, ExportRow)),
        problems=tuple(row for row in read if isinstance(row, Problem)),
    )


def _records(name: str, content: bytes) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    try:
        yield from csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"{name} is not UTF-8 at byte {error.start}.",
            remedy="Use the file as Strava made it; a spreadsheet may have saved it anew.",
        ) from None
    except csv.Error as error:
        raise UnreadableFile(
            f"{name} is no whole CSV: {error}.", remedy="Request the export again."
        ) from None


def _read_row(name: str, number: int, row: Sequence[str], columns: Columns) -> ExportRow | Problem:
    try:
        return _row(name, row, columns)
    except ValueError as error:
        return Problem(
            file=f"{name} row {number}",
            content_sha256=_hash(list(row)),
            reason_code="bad_row",
            reason=f"Row {number}: {error}.",
            remedy="Correct that row in activities.csv; the others are loaded.",
        )


def _hash(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _row(name: str, row: Sequence[str], columns: Columns) -> ExportRow:
    if len(row) != columns.width:
        raise _BadCell(f"{len(row)} cells; expected {columns.width}, one per column")
    raw = {field: row[index].strip() for field, index in columns.at.items()}
    if not raw["activity_id"]:
        raise _BadCell(f"column {columns.header[columns.at['activity_id']]!r} is empty")
    cell = _Cells(row=row, raw=raw, columns=columns)
    return ExportRow(
        recording=Recording(
            summary=_summary(cell),
            source=Source(
                kind=KIND, file=name, content_sha256=_hash(raw), native_id=raw["activity_id"]
            ),
            device_totals=_totals(cell),
        ),
        filename=raw["filename"] or None,
    )


@dataclass(frozen=True, kw_only=True)
class _Cells:
    """The cells of one row by field."""

    row: Sequence[str]
    raw: dict[str, str]
    columns: Columns

    def text(self, field: str) -> str | None:
        return self.raw.get(field) or None

    def number(self, field: str) -> float | None:
        return self.parsed(field, lambda text: cells.number(text, self.columns.language))

    def amount(self, field: str) -> float | None:
        """A number that cannot be negative."""
        value = self.number(field)
        if value is not None and value < 0:
            raise self.bad(field, "expected 0 or more")
        return value

    def parsed(self, field: str, parse: Callable[[str], Any]) -> Any:
        """What a cell means; None where the column is not there or the cell is empty."""
        text = self.text(field)
        try:
            return None if text is None else parse(text)
        except (ValueError, OverflowError) as error:
            raise self.bad(field, str(error)) from None

    def bad(self, field: str, expected: str) -> _BadCell:
        column = self.columns.header[self.columns.at[field]]
        return _BadCell(f"column {column!r} is {self.raw[field][:_SHOWN]!r}; {expected}")

    def distance_m(self, sport: str) -> float | None:
        """The metric column; what is only there for display is km, and metres for swims."""
        value = self.amount("distance")
        if value is None or "swimming" in sport or self._is_metric(value):
            return value
        return value * 1_000.0

    def _is_metric(self, value: float) -> bool:
        if not self.columns.has_metric_distance:
            return False
        # Some localized exports repeat the kilometres in the column that should be metric.
        name = self.columns.header[self.columns.at["distance"]]
        shown = self.row[self.columns.header.index(name)].strip()
        try:
            return value == 0 or cells.number(shown, self.columns.language) != value
        except ValueError:
            return True


def _summary(cell: _Cells) -> Summary:
    started_at = cell.parsed("date", lambda text: cells.moment(text, cell.columns.language))
    if started_at is None:
        raise cell.bad("date", "expected a date")
    sport = cells.sport(cell.raw["type"])
    return Summary(
        started_at=started_at,
        sport=sport,
        title=clean_text(cell.text("name"), 200),
        notes=clean_text(cell.text("description")),
        private_notes=clean_text(cell.text("private_note")),
        distance_m=cell.distance_m(sport),
        elapsed_s=cell.amount("elapsed_time"),
        moving_s=cell.amount("moving_time"),
        elevation_gain_m=cell.amount("elevation_gain"),
        elevation_loss_m=cell.amount("elevation_loss"),
        heart_rate_avg_bpm=cell.amount("average_heart_rate") or None,
        heart_rate_max_bpm=cell.amount("max_heart_rate") or None,
        cadence_avg_rpm=cell.amount("average_cadence") or None,
        power_avg_w=cell.amount("average_watts") or None,
        calories_kcal=cell.amount("calories"),
        is_manual=not cell.raw["filename"],
        is_race=_flag(cell.number("competition")),
    )


def _flag(value: float | None) -> bool | None:
    return None if value is None else value > 0


def _totals(cell: _Cells) -> DeviceTotals:
    """What Strava wrote, for comparison with what the file gives."""
    return DeviceTotals(
        elapsed_s=cell.amount("elapsed_time"),
        timer_s=cell.amount("timer_time"),
        distance_m=cell.distance_m(cells.sport(cell.raw["type"])),
        calories_kcal=cell.amount("calories"),
        heart_rate_avg_bpm=cell.amount("average_heart_rate") or None,
        heart_rate_max_bpm=cell.amount("max_heart_rate") or None,
        cadence_avg_rpm=cell.amount("average_cadence") or None,
        elevation_gain_m=cell.amount("elevation_gain"),
        elevation_loss_m=cell.amount("elevation_loss"),
        speed_avg_m_s=cell.amount("average_speed"),
    )
