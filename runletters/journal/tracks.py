"""The shape of a run without the places: homes cut off, coordinates thrown away.

Pure: no clock, no network, no database, no files.

What is cut off: everything within the radius of a run's own start and end, and of every
place where three or more runs start or end. The circles are drawn around the middle of a
grid cell, not around the place itself, and are as much larger as that takes: a home lies
within the hole, never in the middle of it, and many runs give no more away than one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from runletters.journal.model import Drawing, Point
from runletters.metrics.routes import METRES_PER_DEGREE

Cell: TypeAlias = tuple[int, int]
"""Row and column of the grid."""

BOX = 100.0
TALLEST = 90.0
USUAL = 3
"""From this many starts or ends on, a place is cut out of every run."""
POINTS = 300
NEAR = 0.5
"""Points closer than this in the drawing are one."""
JUMP_M = 2_000.0
FEWEST_POINTS = 12
_NO_CELLS: frozenset[Cell] = frozenset()
BAR_LENGTHS_M = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def drawings(tracks: Mapping[str, Sequence[Point]], *, home_radius_m: float) -> dict[str, Drawing]:
    """The shape of each run by id; runs of which nothing is left are left out.

    Args:
        tracks: Points of each run in order of time, as `thinned` gives them.
        home_radius_m: What is nearer to a start, an end or a usual place is cut off;
            0 cuts nothing.
    """
    usual = usual_cells(tracks.values(), home_radius_m) if home_radius_m > 0 else _NO_CELLS
    found: dict[str, Drawing] = {}
    for activity_id, track in tracks.items():
        drawn = _drawing(cut(track, usual, home_radius_m))
        if drawn is not None:
            found[activity_id] = drawn
    return found


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most POINTS points, evenly chosen; the last one is kept."""
    step = max(1, math.ceil(len(points) / POINTS))
    kept = list(points[::step])
    return kept if not points or kept[-1] == points[-1] else [*kept, points[-1]]


def usual_cells(tracks: Iterable[Sequence[Point]], radius_m: float) -> frozenset[Cell]:
    """Grid cells in which three or more runs start or end."""
    counts = Counter(cell for track in tracks if track for cell in _own_cells(track, radius_m))
    return frozenset(cell for cell, count in counts.items() if count >= USUAL)


def cut(track: Sequence[Point], usual: frozenset[Cell], radius_m: float) -> list[list[Point]]:
    """The pieces of a run that lie outside all circles; breaks where the recording jumps."""
    if not track:
        return []
    cells = usual | _own_cells(track, radius_m) if radius_m > 0 else _NO_CELLS
    centres = [_centre(cell, radius_m) for cell in cells]
    # A place may lie anywhere in its cell: half the cell's diagonal more hides all of it.
    reach_m = radius_m + _cell_m(radius_m) * math.sqrt(0.5) if radius_m > 0 else 0.0
    pieces: list[list[Point]] = [[]]
    for before, point in pairwise([track[0], *track]):
        if any(distance_m(point, centre) <= reach_m for centre in centres):
            pieces.append([])
            continue
        if pieces[-1] and distance_m(before, point) > JUMP_M:
            pieces.append([])
        pieces[-1].append(point)
    return [piece for piece in pieces if len(piece) > 1]


def distance_m(one: Point, other: Point) -> float:
    """Metres between two points, on a plane: good to a per mille over some kilometres."""
    width = math.cos(math.radians(one[0]))
    return METRES_PER_DEGREE * math.hypot(other[0] - one[0], (other[1] - one[1]) * width)


def _own_cells(track: Sequence[Point], radius_m: float) -> frozenset[Cell]:
    return frozenset((_cell(track[0], radius_m), _cell(track[-1], radius_m)))


def _cell_m(radius_m: float) -> float:
    return radius_m / 2


def _cell(point: Point, radius_m: float) -> Cell:
    row = math.floor(point[0] * METRES_PER_DEGREE / _cell_m(radius_m))
    return row, math.floor(point[1] * _column_scale(row, radius_m))


def _column_scale(row: int, radius_m: float) -> float:
    """Cells per degree of longitude in a row of the grid."""
    latitude = row * _cell_m(radius_m) / METRES_PER_DEGREE
    width = max(0.01, math.cos(math.radians(latitude)))
    return METRES_PER_DEGREE * width / _cell_m(radius_m)


def _centre(cell: Cell, radius_m: float) -> Point:
    row, column = cell
    latitude = (row + 0.5) * _cell_m(radius_m) / METRES_PER_DEGREE
    return latitude, (column + 0.5) / _column_scale(row, radius_m)


def _drawing(pieces: list[list[Point]]) -> Drawing | None:
    points = [point for piece in pieces for point in piece]
    if len(points) < FEWEST_POINTS:
        return None
    south, west = min(lat for lat, _ in points), min(lon for _, lon in points)
    north, east = max(lat for lat, _ in points), max(lon for _, lon in points)
    width = math.cos(math.radians((south + north) / 2))
    wide_m, tall_m = (east - west) * width * METRES_PER_DEGREE, (north - south) * METRES_PER_DEGREE
    if max(wide_m, tall_m) < BAR_LENGTHS_M[0]:
        return None
    scale = min(BOX / max(wide_m, 1.0), TALLEST / max(tall_m, 1.0))
    flat = [
        [
            (
                (lon - west) * width * METRES_PER_DEGREE * scale,
                (north - lat) * METRES_PER_DEGREE * scale,
            )
            for lat, lon in piece
        ]
        for piece in pieces
    ]
    bar_m = max(each for each in BAR_LENGTHS_M if each == 100 or each * scale <= BOX / 3)
    return Drawing(
        path="".join(_path(piece) for piece in flat),
        width=round(wide_m * scale, 1),
        height=round(tall_m * scale, 1),
        bar_length=round(bar_m * scale, 1),
        bar_m=bar_m,
    )


def _path(piece: list[tuple[float, float]]) -> str:
    last, drawn = piece[0], f"M{piece[0][0]:.1f} {piece[0][1]:.1f}"
    for x, y in piece[1:]:
        if math.hypot(x - last[0], y - last[1]) >= NEAR:
            drawn += f"L{x:.1f} {y:.1f}"
            last = x, y
    return drawn
