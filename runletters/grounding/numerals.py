"""Numbers written as words, in the languages num2words knows, read back into digits.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import NamedTuple, Protocol, cast

SPOKEN = ("en", "de", "fr", "es", "it", "nl", "pt")
"""Languages whose spelled numbers are read from words."""

MOST_WORDS = 8
UP_TO = 2000
ORDINALS = 121
YEARS = range(1990, 2050)
ORDINAL_MARK = "‡"
"""Stands behind a number that was an ordinal, in the text the scanner reads."""

_WORD = re.compile(r"[^\W\d_]+")
_GERMAN_ENDING = re.compile(r"^(.*t)(?:e|er|es|en|em)$")
_CHINESE_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CHINESE_PLACES = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(
    r"[零〇一二两三四五六七八九十百千]+(?=公里|千米|米|英里|小时|分|秒|次|天|周|个月|年)"
)
_ARTICLES = {"de": ("ein", "eine", "einen", "einem", "einer", "eines", "eins"), "es": ("un", "una")}
_EXTRA = {
    "en": {"a dozen": 12, "a hundred": 100, "a thousand": 1000},
    "de": {"zwo": 2, "hundert": 100, "tausend": 1000, "ein dutzend": 12},
    "fr": {"une": 1, "une douzaine": 12},
}


class Spelled(NamedTuple):
    """A number that was written as words."""

    start: int
    end: int
    digits: str


class _Speaks(Protocol):
    def __call__(self, number: int, *, lang: str, to: str = "cardinal") -> str: ...


# num2words carries no types; this is the only function used.
_speak = cast("_Speaks", import_module("num2words").num2words)


def _key(phrase: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(phrase.lower()))


def _cardinals(language: str) -> Iterator[tuple[tuple[str, ...], str]]:
    for value in range(UP_TO):
        key = _key(_speak(value, lang=language))
        yield key, str(value)
        yield tuple(word for word in key if word != "and"), str(value)
    for year in YEARS if language == "en" else ():
        yield _key(_speak(year, lang=language, to="year")), str(year)
    for article in _ARTICLES.get(language, ()):
        yield (article,), "1"
    for phrase, value in _EXTRA.get(language, {}).items():
        yield _key(phrase), str(value)


def _ordinals(language: str) -> Iterator[tuple[tuple[str, ...], str]]:
    if language not in {"en", "de"}:
        return
    for value in range(1, ORDINALS):
        words = _key(_speak(value, lang=language, to="ordinal"))
        yield words, f"{value}{ORDINAL_MARK}"
        if language == "de":
            stem = words[0].removesuffix("e")
            for ending in ("er", "es", "en", "em"):
                yield (stem + ending,), f"{value}{ORDINAL_MARK}"


@cache
def _table(language: str) -> tuple[Mapping[tuple[str, ...], str], frozenset[str]]:
    if language not in SPOKEN:
        return {}, frozenset()
    spoken = dict([*_ordinals(language), *_cardinals(language)])
    spoken.pop((), None)
    return spoken, frozenset(key[0] for key in spoken)


def spelled_numbers(text: str, language: str) -> list[Spelled]:
    """Every number written as words, longest first at each place, left to right."""
    if language == "zh":
        return [Spelled(m.start(), m.end(), _chinese(m.group())) for m in _CHINESE.finditer(text)]
    spoken, starts = _table(language)
    words = list(_WORD.finditer(text))
    lowered = [word.group().lower() for word in words]
    found: list[Spelled] = []
    index = 0
    while index < len(words):
        size = _longest(lowered, index, spoken) if lowered[index] in starts else 0
        if size:
            digits = spoken[tuple(lowered[index : index + size])]
            found.append(Spelled(words[index].start(), words[index + size - 1].end(), digits))
        index += size or 1
    return found


def _longest(words: list[str], index: int, spoken: Mapping[tuple[str, ...], str]) -> int:
    for size in range(min(MOST_WORDS, len(words) - index), 0, -1):
        if tuple(words[index : index + size]) in spoken:
            return size
    return 0


def _chinese(text: str) -> str:
    total = digit = 0
    for character in text:
        if character in _CHINESE_PLACES:
            total += (digit or 1) * _CHINESE_PLACES[character]
            digit = 0
        else:
            digit = _CHINESE_DIGITS[character]
    return str(total + digit)


def superlative_stems(text: str, stems: Mapping[str, str]) -> list[Spelled]:
    """German compounds of rank: drittlängste becomes 3‡ längste; none in other languages."""
    pattern = _compound(tuple(stems))
    return [
        Spelled(m.start(), m.end(), f"{stems[m.group(1).lower()]}{ORDINAL_MARK} {m.group(2)}")
        for m in pattern.finditer(text)
    ]


@cache
def _compound(stems: tuple[str, ...]) -> re.Pattern[str]:
    if not stems:
        return re.compile(r"(?!)")
    return re.compile(
        r"\b("
        + "|".join(stems)
        + r")((?:läng|schnell|langsam|höch|meist|best|weit|größ)\w*st\w*|best\w*|meist\w*)",
        re.IGNORECASE,
    )


@cache
def german_stems() -> Mapping[str, str]:
    """Dritt, viert, zwölft … to their number; erst is no rank."""
    stems: dict[str, str] = {}
    for value in range(2, ORDINALS):
        found = _GERMAN_ENDING.match(_speak(value, lang="de", to="ordinal"))
        if found:
            stems[found.group(1)] = str(value)
    return dict(sorted(stems.items(), key=lambda item: -len(item[0])))
