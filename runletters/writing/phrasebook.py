"""The phrases of the offline writer: files that anybody can read and change.

Pure but for reading the package's own phrase files, once. The hash over all
files of a language is the offline writer's prompt hash.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

from runletters.wording import wording_for

Place: TypeAlias = Literal["open", "body", "close", "action", "amount", "when"]
LETTER_FILES = ("letter", "reflections")
COACHING_FILES = ("coaching",)
_SLOT = re.compile(r"\{(\w+)\}")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True)
class Phrase:
    """One phrase and the slots it cannot do without."""

    text: str
    slots: frozenset[str]

    def said(self, slots: Mapping[str, str], seed: int) -> str:
        """The phrase as a sentence: choices made, slots filled, capitals where they belong."""
        return sentence_case(self.filled(slots, seed))

    def filled(self, slots: Mapping[str, str], seed: int) -> str:
        """The phrase with its choices made by the seed and its slots filled."""
        chosen = self.text
        while match := _CHOICE.search(chosen):
            options = match.group(1).split("|")
            seed, turn = divmod(seed, len(options))
            chosen = chosen[: match.start()] + options[turn] + chosen[match.end() :]
        return chosen.format_map(slots)


@dataclass(frozen=True)
class Phrasebook:
    """Phrases by beat and place."""

    language: str
    sha256: str
    beats: Mapping[str, Mapping[str, tuple[Phrase, ...]]]

    def phrases(self, beat: str, place: Place) -> tuple[Phrase, ...]:
        """All phrases of a beat for a place in the letter; none when it has no such thing."""
        return self.beats.get(beat, {}).get(place, ())


def sentence_case(text: str) -> str:
    """The text with a capital after each full stop, question mark and at the start."""
    return re.sub(r"(^|[.?!]\s+)(\w)", lambda m: m.group(1) + m.group(2).upper(), text)


def _phrase(text: str) -> Phrase:
    return Phrase(text=text, slots=frozenset(_SLOT.findall(text)))


def _read(name: str, language: str) -> bytes:
    folder = files("runletters").joinpath("prompts", "offline")
    return folder.joinpath(f"{name}.{language}.toml").read_bytes()


def _mixed(texts: Iterable[str]) -> tuple[Phrase, ...]:
    """In an order of no meaning: neighbours in the file are kin, neighbours in turn are not."""
    return tuple(_phrase(text) for text in sorted(texts, key=_digest))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _book(names: tuple[str, ...], language: str) -> Phrasebook:
    sources = [_read(name, language) for name in names]
    beats: dict[str, dict[str, tuple[Phrase, ...]]] = {}
    for source in sources:
        tables: dict[str, dict[str, list[str]]] = tomllib.loads(source.decode())
        for beat, places in tables.items():
            beats[beat] = {place: _mixed(texts) for place, texts in places.items()}
    digest = hashlib.sha256(b"\0".join(sources)).hexdigest()
    return Phrasebook(language=language, sha256=digest, beats=beats)


def letter_phrases(language: str) -> Phrasebook:
    """The letter's phrases; English where the language has none."""
    return _book(LETTER_FILES, wording_for(language, "metric").language)


def coaching_phrases(language: str) -> Phrasebook:
    """The insight's phrases; English where the language has none."""
    return _book(COACHING_FILES, wording_for(language, "metric").language)
