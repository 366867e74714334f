"""The words of the pages themselves, from one file per language.

Pure but for reading the package's own files, once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def labels(language: str) -> Mapping[str, str]:
    """All labels of a language that has wording: `Wording.language`."""
    folder = files("runletters").joinpath("templates", "journal", "labels")
    text = folder.joinpath(f"{language}.toml").read_text("utf-8")
    return {name: str(value) for name, value in tomllib.loads(text).items()}


def label(language: str, key: str, /, **slots: str) -> str:
    """One label with its slots filled; an unknown name or an empty slot is a KeyError."""
    return labels(language)[key].format_map(slots)
