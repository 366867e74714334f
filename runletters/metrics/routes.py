"""Where a run went, as a set of cells that can be compared and says no place.

Pure: no clock, no network, no database, no files.

A cell is a square of about 75 m. Two runs are on the same route if nearly all cells of
each lie on or beside a cell of the other, and their lengths differ by a tenth at most.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

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


def similarity(
    one: frozenset[int], other: frozenset[int], *, wide: frozenset[int] | None = None
) -> float:
    """The smaller share of cells of one that lie on or beside a cell of the other.

    Below SAME_ROUTE the share of the other side may be missing: it decides nothing there.

    Args:
        one: cells of a run.
        other: cells of another run.
        wide: `widened(one)`, where the caller compares one with many.
    """
    if not one or not other:
        return 0.0
    covered = len(other & (wide or widened(one))) / len(other)
    # Widening the other costs more than everything else; most runs are nowhere near.
    return min(covered, len(one & widened(other)) / len(one)) if covered >= SAME_ROUTE else covered


def widened(cells: frozenset[int]) -> frozenset[int]:
    """The cells and their eight neighbours."""
    steps = [row * _ROW + column for row in (-1, 0, 1) for column in (-1, 0, 1)]
    return frozenset(cell + step for cell in cells for step in steps)


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
