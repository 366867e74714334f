"""The fact sheet: everything a text may mention about a run, and nothing else.

Pure: no clock, no network, no database. Every figure carries its unit, the way
it may be shown, how many runs stand behind it and over which window.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

Unit: TypeAlias = Literal[
    "m", "km", "mi", "s", "s_per_km", "s_per_mi", "bpm", "spm", "w", "percent", "count",
    "days", "rank", "ordinal", "year", "kcal", "celsius", "date", "text", "flag", "ratio", "load",
]  # fmt: skip
Quality: TypeAlias = Literal["measured", "derived", "estimated", "doubtful"]
Tone: TypeAlias = Literal["ordinary", "race", "return", "hardship"]
Units: TypeAlias = Literal["metric", "imperial"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fact(_Frozen):
    """One statement about the run that may be used."""

    name: str  # the role: distance, pace, heart_rate_avg, rank_distance, days_since_last_run …
    value: float | int | str | bool
    unit: Unit
    text: str  # how it may be shown, in the reader's language and units: "10.2 km"
    n: int | None = None  # runs behind a comparison, this one included
    window: str | None = None  # "since 2014-03-02", "the last 28 days", "2026"
    quality: Quality = "measured"


class SplitFact(_Frozen):
    """One split of a kilometre or a mile, boundary interpolated, elapsed time inside."""

    index: int  # from 1
    distance_m: float  # the last one may be shorter
    elapsed_s: float
    moving_s: float
    pace_s: float  # moving seconds per km or mile, by the sheet's units
    pace_text: str
    elevation_change_m: float | None = None
    heart_rate_avg_bpm: float | None = None


class FactSheet(_Frozen):
    """What one letter or insight may be made of."""

    activity_id: str
    language: str = "en"
    units: Units = "metric"
    reader_name: str | None = None
    started_local: datetime  # naive: the runner's own clock
    local_time_known: bool = True
    sport: str
    classification: str  # easy, long, tempo, intervals, race, recovery, hills, trail, treadmill …
    classification_reason: str  # why, in one clause, from the rule that fired
    tone: Tone = "ordinary"
    facts: tuple[Fact, ...]  # most telling first
    splits: tuple[SplitFact, ...] = ()
    caveats: tuple[str, ...] = ()  # what is doubtful or missing, in plain words
    title: str | None = None  # untrusted text: bounded, control and bidi characters stripped
    notes: str | None = None  # untrusted text, present only if the runner allows notes

    def fact(self, name: str) -> Fact | None:
        """The fact of that role, or None where the evidence is missing."""
        return next((fact for fact in self.facts if fact.name == name), None)

    def has(self, name: str) -> bool:
        """Whether the sheet holds a fact of that role."""
        return self.fact(name) is not None
