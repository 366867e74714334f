"""A text as the scanner reads it: digits for words, plain quotes and blanks, idioms left alone.

Pure: no clock, no network, no database. Every place in the read text leads back
to its place in the original.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.numbers import get_group_symbol

from runletters.grounding.lexicon import base_language, entries, words
from runletters.grounding.numerals import (
    Spelled,
    german_stems,
    spelled_numbers,
    superlative_stems,
)
from runletters.grounding.wordlist import WordList

_SAME_LENGTH = str.maketrans(
    {
        "’": "'", "‘": "'", "′": "'", "″": '"', "“": '"', "”": '"', "„": '"', "–": "-", "—": "-",
        "‑": "-", "−": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "：": ":", "，": ",",
        "。": ".", "．": ".", "％": "%", "、": ",",
    }
)  # fmt: skip


_GROUPED = re.compile(r"(?<![\d.,:])\d{1,3}(?: \d{3})+(?![\d:])")


@dataclass(frozen=True)
class Reading:
    """The text to scan and the way back to the original."""

    original: str
    text: str  # same words, numbers as digits
    language: str
    starts: tuple[int, ...] = (0,)  # places in `text` where a stretch begins
    origins: tuple[int, ...] = (0,)  # their places in the original
    spelled: tuple[bool, ...] = (False,)  # whether the stretch stands for words

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of a place in the read text."""
        return self._origin(start, at_end=False), self._origin(end, at_end=True)

    def is_spelled(self, place: int) -> bool:
        """Whether the original had words where the read text has digits."""
        return self.spelled[bisect_right(self.starts, place) - 1]

    def _origin(self, place: int, *, at_end: bool) -> int:
        probe = place - 1 if at_end and place else place
        index = bisect_right(self.starts, probe) - 1
        last = index + 1 == len(self.origins)
        limit = len(self.original) if last else self.origins[index + 1]
        if self.spelled[index]:
            return limit if at_end else self.origins[index]
        return min(self.origins[index] + place - self.starts[index], limit)


_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")


def _digit(found: re.Match[str]) -> str:
    return str(unicodedata.digit(found.group()))


def plain(text: str) -> str:
    """The text with plain quotes, dashes, blanks and digits, character for character."""
    same = text.translate(_SAME_LENGTH)
    return same if same.isascii() else _FOREIGN_DIGIT.sub(_digit, same)


@cache
def _phrases(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    listed: dict[str, str] = entries(language, "spoken_amounts") or {}
    return tuple(
        (re.compile(rf"(?<!\w){form}(?!\w)", re.IGNORECASE), digits)
        for form, digits in listed.items()
    )


@cache
def _phrase_list(language: str) -> WordList:
    return WordList(list(entries(language, "spoken_amounts") or ()))


@cache
def has_blank_groups(language: str) -> bool:
    """Whether thousands are set apart by a blank: 1 204 in French."""
    try:
        return get_group_symbol(Locale.parse(language)) not in {".", ",", "'", "’"}
    except (UnknownLocaleError, ValueError):
        return False


_COUNTING = re.compile(r"(?:\d|\bone|\ba)\s*$", re.IGNORECASE)


def _is_unit(text: str, spelled: Spelled) -> bool:
    """Whether "second" is a unit of time here and no rank."""
    word = text[spelled.start : spelled.end].lower()
    return word == "second" and bool(_COUNTING.search(text[: spelled.start]))


def _replacements(text: str, language: str) -> list[Spelled]:
    has_phrases = _phrase_list(language).search(text) is not None
    found = [
        Spelled(m.start(), m.end(), digits)
        for pattern, digits in (_phrases(language) if has_phrases else ())
        for m in pattern.finditer(text)
    ]
    if has_blank_groups(language):
        found += [
            Spelled(m.start(), m.end(), m.group().replace(" ", "")) for m in _GROUPED.finditer(text)
        ]
    found += superlative_stems(text, german_stems() if language == "de" else {})
    found += spelled_numbers(text, language)
    idioms = [(m.start(), m.end()) for m in words(language, "idioms").finditer(text)]
    found = [s for s in found if all(s.end <= a or s.start >= b for a, b in idioms)]
    found = [s for s in found if not _is_unit(text, s)]
    kept: list[Spelled] = []
    for candidate in sorted(found, key=lambda s: (s.start, -(s.end - s.start))):
        if not kept or candidate.start >= kept[-1].end:
            kept.append(candidate)
    return kept


def read(text: str, language: str) -> Reading:
    """The text with its spelled numbers as digits."""
    language = base_language(language)
    same = plain(text)
    pieces: list[str] = []
    starts: list[int] = []
    origins: list[int] = []
    flags: list[bool] = []
    length = place = 0
    for start, end, digits in (*_replacements(same, language), Spelled(len(same), len(same), "")):
        for piece, origin, flag in ((same[place:start], place, False), (digits, start, True)):
            if piece:
                starts.append(length)
                origins.append(origin)
                flags.append(flag)
                pieces.append(piece)
                length += len(piece)
        place = end
    return Reading(
        original=text, text="".join(pieces), language=language, starts=tuple(starts) or (0,),
        origins=tuple(origins) or (0,), spelled=tuple(flags) or (False,),
    )  # fmt: skip
