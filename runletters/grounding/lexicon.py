"""The word lists of the truth gate, one file per language, compiled once.

Pure: reads its own package data, nothing else.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, cast

from runletters.grounding.wordlist import WordList

FULL = ("en", "de")
LISTED = ("en", "de", "fr", "es")
"""Languages with a file of words; in those that are not FULL only some lists are filled."""
"""Languages whose words are checked; the others have their figures checked only."""


@cache
def table(name: str) -> Mapping[str, Any]:
    """One data file of this package."""
    text = files("runletters.grounding").joinpath(name).read_text("utf-8")
    return tomllib.loads(text)


@cache
def _words(language: str) -> Mapping[str, Any]:
    return table(f"words/{language}.toml") if language in LISTED else {}


@cache
def named(pattern: str, name: str) -> bool:
    """Whether a fact's name fits a pattern of the data files."""
    return bool(re.search(pattern, name))


def base_language(language: str) -> str:
    """The first part of a language code: de for de-AT."""
    return language.lower().replace("_", "-").split("-")[0]


@cache
def words(language: str, *path: str) -> WordList:
    """The pattern of one list of the language's file; matches nothing where there is none.

    Args:
        language: en or de; fr and es have some lists, other languages none.
        path: Keys into the file: ("superlatives", "longest").
    """
    return WordList(cast("Sequence[str]", entries(language, *path) or ()))


def entries(language: str, *path: str) -> Any:
    """The value at a path of the language's file; None where there is none."""
    value: Any = _words(language)
    for key in path:
        value = cast("Mapping[str, Any]", value).get(key) if isinstance(value, Mapping) else None
    return value


def rules(language: str, name: str) -> Mapping[str, Mapping[str, Any]]:
    """The tables under a name of the language's file; none where there are none."""
    return cast("Mapping[str, Mapping[str, Any]]", entries(language, name) or {})
