"""What digests say, by language: the phrases of `<language>.toml` with their slots filled.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from babel.numbers import format_decimal

from runletters.facts import Units
from runletters.wording import Wording, wording_for


@cache
def _phrases(language: str) -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(_source(language).decode())


@cache
def phrases_sha256(language: str) -> str:
    """The identity of the phrases of a language that has a file."""
    return sha256(_source(language)).hexdigest()


def _source(language: str) -> bytes:
    return files("runletters.digests").joinpath(f"{language}.toml").read_bytes()


@dataclass(frozen=True)
class Words:
    """Phrases and figures of one reader; `turn` walks through the variants."""

    wording: Wording
    turn: int = 0

    def has(self, section: str, name: str) -> bool:
        """Whether there is such a phrase in this language."""
        return name in _phrases(self.wording.language)[section]

    def say(self, section: str, name: str, /, **values: str) -> str:
        """A phrase; of several the one whose turn it is. A missing slot is an error."""
        found = _phrases(self.wording.language)[section][name]
        chosen = found if isinstance(found, str) else found[self.turn % len(found)]
        return str(chosen).format_map(values)

    def tenths(self, value: float) -> str:
        """3.5: a mean of counts."""
        rounded = Decimal(repr(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)
        return format_decimal(rounded, "#,##0.#", locale=self.wording.locale)

    def label(self, name: str, /, **values: str) -> str:
        """A phrase of the labels."""
        return self.say("labels", name, **values)


def words_for(language: str, units: Units, turn: int = 0) -> Words:
    """The words of a language; English where the language has no file yet."""
    return Words(wording_for(language, units), turn)


def opened(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]
