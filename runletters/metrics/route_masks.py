"""Routes of a whole history as bit masks, for holding each run against thousands.

Pure: no clock, no network, no database, no files.

Says the same as `routes.similarity`, many times faster: a set of cells is one integer with
a bit for each, and what two sets share is one AND and a count of bits. Cells that lie
together have bits that lie together, so that an integer is as long as its run is wide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Self, TypeAlias

from runletters.metrics.routes import SAME_ROUTE, STEPS, tile_of


class _Mask(NamedTuple):
    """Bits from `first` on; all bits below are zero and left out."""

    first: int
    bits: int

    @classmethod
    def of(cls, places: Iterable[int]) -> Self:
        ordered = sorted(places)
        first = ordered[0] if ordered else 0
        bits = bytearray((ordered[-1] - first) // 8 + 1 if ordered else 1)
        for place in ordered:
            bits[(place - first) >> 3] |= 1 << ((place - first) & 7)
        return cls(first, int.from_bytes(bits, "little"))

    def places(self) -> Iterator[int]:
        """The bits that are set."""
        bits = self.bits
        while bits:
            lowest = bits & -bits
            yield self.first + lowest.bit_length() - 1
            bits ^= lowest

    def shared(self, other: _Mask) -> int:
        """How many cells are in both."""
        apart = other.first - self.first
        if apart >= 0:
            return ((self.bits >> apart) & other.bits).bit_count()
        return (self.bits & (other.bits >> -apart)).bit_count()


class RouteMasks:
    """The routes of a history, quick to compare; a few hundred bytes a run."""

    def __init__(self, cells: Mapping[str, Collection[int]]) -> None:
        """Number the cells of these runs, neighbours near each other.

        Args:
            cells: by activity, where known; not kept.
        """
        known = set[int]().union(*cells.values())
        self._cells = sorted(known, key=tile_of)
        self._places = {cell: place for place, cell in enumerate(self._cells)}
        self._own = {
            activity_id: _Mask.of(map(self._places.__getitem__, own))
            for activity_id, own in cells.items()
            if own
        }
        self._wide: dict[str, _Mask] = {}

    def similarities(self, activity_id: str, others: Sequence[str]) -> list[float]:
        """For each of the others, what `routes.similarity` says; 0.0 where a route is unknown."""
        own = self._own.get(activity_id)
        if own is None:
            return [0.0] * len(others)
        wide, size = self._around(activity_id), own.bits.bit_count()
        return [self._similarity(own, wide, size, other) for other in others]

    def _similarity(self, own: _Mask, wide: _Mask, size: int, activity_id: str) -> float:
        other = self._own.get(activity_id)
        if other is None:
            return 0.0
        covered = other.shared(wide) / other.bits.bit_count()
        if covered < SAME_ROUTE:
            return covered
        return min(covered, own.shared(self._around(activity_id)) / size)

    def _around(self, activity_id: str) -> _Mask:
        """The cells on and beside the run, as far as any run of the history touched them."""
        if (known := self._wide.get(activity_id)) is None:
            cells = map(self._cells.__getitem__, self._own[activity_id].places())
            beside = {cell + step for cell in cells for step in STEPS}
            places = (place for cell in beside if (place := self._places.get(cell)) is not None)
            known = self._wide[activity_id] = _Mask.of(places)
        return known


Routes: TypeAlias = RouteMasks | Mapping[str, frozenset[int]]
"""Cells by activity, where known: as masks, or as sets of which masks are made."""


def masks_of(routes: Routes) -> RouteMasks:
    """The same as masks."""
    return routes if isinstance(routes, RouteMasks) else RouteMasks(routes)
