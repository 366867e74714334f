"""The corpus of the truth gate: invented sheets and hand-made texts about them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from runletters.facts import Fact, FactSheet, SplitFact

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Case:
    """One text with the verdict a person gave it."""

    sheet: str
    text: str
    rule: str | None  # the rule that must reject it; None for a good text


def _fact(row: list[Any]) -> Fact:
    name, value, unit, text, n, window = row
    return Fact(name=name, value=value, unit=unit, text=text, n=n or None, window=window or None)


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}"


def _splits(raw: Mapping[str, Any]) -> tuple[SplitFact, ...]:
    unit_m = 1609.344 if raw.get("units") == "imperial" else 1000.0
    heart = raw.get("heart", [None] * len(raw.get("splits", [])))
    return tuple(
        SplitFact(
            index=index, distance_m=unit_m, elapsed_s=pace, moving_s=pace, pace_s=pace,
            pace_text=_clock(pace), heart_rate_avg_bpm=beats,
        )
        for index, (pace, beats) in enumerate(zip(raw.get("splits", []), heart, strict=True), 1)
    )  # fmt: skip


def sheet_of(raw: Mapping[str, Any]) -> FactSheet:
    """A sheet from its table in sheets.toml."""
    plain = {k: v for k, v in raw.items() if k not in {"facts", "splits", "heart"}}
    return FactSheet(
        activity_id="1", sport="running", facts=tuple(map(_fact, raw["facts"])),
        splits=_splits(raw), **plain,
    )  # fmt: skip


def read_sheets() -> dict[str, FactSheet]:
    """All sheets by name."""
    raw = tomllib.loads((CORPUS / "sheets.toml").read_text("utf-8"))
    return {name: sheet_of(table) for name, table in raw.items()}


def read_cases() -> Iterator[Case]:
    """All cases of all languages."""
    for path in sorted(CORPUS.glob("*.toml")):
        if path.name == "sheets.toml":
            continue
        for sheet, lists in tomllib.loads(path.read_text("utf-8")).items():
            yield from (Case(sheet, text, None) for text in lists["good"])
            for rule, texts in lists.get("bad", {}).items():
                yield from (Case(sheet, text, rule) for text in texts)


@pytest.fixture(scope="session")
def sheets() -> dict[str, FactSheet]:
    """The invented sheets by name."""
    return read_sheets()


@pytest.fixture(scope="session")
def cases() -> list[Case]:
    """The hand-made texts."""
    return list(read_cases())
