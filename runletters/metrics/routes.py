"""Where a run went, as a set of cells that can be compared and says no place.

Pure: no clock, no network, no database, no files.

A cell is a square of about 75 m. Two runs are on the same route if nearly all cells of
each lie on or beside a cell of the other, and their lengths differ by a tenth at most.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import polars as pl

CELL_M = 75.0
METRES_PER_DEGREE = 111_320.0
SAME_ROUTE = 0.85
FEWEST_CELLS = 5
_ROW = 1 << 24

ROUTES_SCHEMA: dict[str, pl.DataType] = {
    "activity_id": pl.String(),
    "cells": pl.List(pl.Int64()),
}


def route_cells(streams: pl.DataFrame) -> pl.DataFrame:
    """Cells of each run with positions.

    Args:
        streams: `activity_id`, `latitude_deg`, `longitude_deg`; points further apart than a
            cell leave holes, which the comparison forgives in part.

    Returns:
        ROUTES_SCHEMA, cells rising and each once; runs of fewer than five cells are left out.
    """
    known = streams.filter(
        pl.col("latitude_deg").is_not_null() & pl.col("longitude_deg").is_not_null()
    )
    row = (pl.col("latitude_deg") * (METRES_PER_DEGREE / CELL_M)).floor()
    width = (row * (CELL_M / METRES_PER_DEGREE)).radians().cos()
    column = (pl.col("longitude_deg") * width * (METRES_PER_DEGREE / CELL_M)).floor()
    cell = row.cast(pl.Int64) * _ROW + column.cast(pl.Int64)
    return (
        known.select("activity_id", cells=cell)
        .unique()
        .sort("activity_id", "cells")
        .group_by("activity_id", maintain_order=True)
        .agg("cells")
        .filter(pl.col("cells").list.len() >= FEWEST_CELLS)
    )


def polyline_cells(routes: pl.DataFrame) -> pl.DataFrame:
    """Cells of runs of which only an encoded polyline is known.

    Args:
        routes: `activity_id`, `route_polyline` (Google's encoding, five decimals).

    Returns:
        ROUTES_SCHEMA; a polyline that cannot be read counts as none.
    """
    lines = routes.filter(pl.col("route_polyline").str.len_chars() > 0)
    points = [
        (activity_id, latitude, longitude)
        for activity_id, line in lines.select("activity_id", "route_polyline").iter_rows()
        for latitude, longitude in _dense(decoded(line))
    ]
    schema = {
        "activity_id": pl.String(),
        "latitude_deg": pl.Float64(),
        "longitude_deg": pl.Float64(),
    }
    return route_cells(pl.DataFrame(points, schema=schema, orient="row"))


@dataclass(frozen=True)
class Surroundings:
    """The cells of one run with all that lie beside them, made once for many comparisons."""

    cells: frozenset[int]
    around: tuple[tuple[int, ...], ...]  # each cell with the eight beside it
    wide: frozenset[int]  # all of these

    @classmethod
    def of(cls, cells: frozenset[int]) -> Self:
        """Those of some cells."""
        around = tuple(tuple(cell + step for step in STEPS) for cell in cells)
        return cls(cells, around, frozenset(cell for group in around for cell in group))


STEPS = tuple(row * _ROW + column for row in (0, -1, 1) for column in (0, -1, 1))
"""From a cell to itself and the eight beside it."""


def tile_of(cell: int) -> tuple[int, int, int]:
    """Sorts cells so that those of one square of 32 by 32 come together."""
    row, column = divmod(cell + _ROW // 2, _ROW)
    return row >> 5, (column - _ROW // 2) >> 5, cell


def similarity(one: Surroundings, other: frozenset[int]) -> float:
    """The smaller share of cells of one that lie on or beside a cell of the other.

    Below SAME_ROUTE the share of the other side may be missing: it decides nothing there.
    This is the definition; `route_masks` says the same of a whole history at once.
    """
    if not one.cells or not other:
        return 0.0
    covered = len(other & one.wide) / len(other)
    if covered < SAME_ROUTE:  # most runs are nowhere near
        return covered
    met = sum(not other.isdisjoint(group) for group in one.around)
    return min(covered, met / len(one.cells))


def decoded(line: str) -> list[tuple[float, float]]:
    """Points of an encoded polyline; empty if it is broken."""
    try:
        numbers = list(_numbers(line))
    except ValueError:
        return []
    points: list[tuple[float, float]] = []
    latitude = longitude = 0
    for step in range(0, len(numbers) - 1, 2):
        latitude, longitude = latitude + numbers[step], longitude + numbers[step + 1]
        points.append((latitude / 1e5, longitude / 1e5))
    return points


def _numbers(line: str) -> Iterator[int]:
    value, shift = 0, 0
    for character in line:
        part = ord(character) - 63
        if not 0 <= part < 64:
            raise ValueError(character)
        value |= (part & 31) << shift
        shift += 5
        if part < 32:
            yield ~(value >> 1) if value & 1 else value >> 1
            value, shift = 0, 0


def _dense(points: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The same line with a point at least every half cell; a jump over 5 km stays a jump."""
    yield from points[:1]
    for (lat0, lon0), (lat1, lon1) in pairwise(points):
        width = math.cos(math.radians(lat0))
        metres = math.hypot(lat1 - lat0, (lon1 - lon0) * width) * METRES_PER_DEGREE
        steps = max(1, math.ceil(metres / (CELL_M / 2))) if metres < 5_000 else 1
        for step in range(1, steps + 1):
            share = step / steps
            yield lat0 + (lat1 - lat0) * share, lon0 + (lon1 - lon0) * share
