"""What a journal is made of, ready to be laid out.

Pure: no clock, no network, no database, no files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from runletters.writing.insight import Insight

Point: TypeAlias = tuple[float, float]
"""Latitude and longitude in degrees."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """One stretch of a run, usually a kilometre."""

    distance_m: float
    pace_s_per_km: float
    heart_rate_bpm: float | None = None


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """The shape of a run in a box of `width` by `height`; no place can be read off it."""

    path: str  # SVG path data, north is up
    width: float
    height: float
    bar_length: float  # length of the scale bar in the same units …
    bar_m: int  # … and the metres it stands for


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One run with what was written about it."""

    activity_id: str
    anchor: str  # "2026-11-22", "2026-11-22-2": unique within the journal
    started_local: datetime  # naive: the runner's own clock
    local_time_known: bool = True
    title: str | None = None  # untrusted text, bounded
    is_race: bool = False
    distance_m: float | None = None
    moving_s: float | None = None
    pace_s_per_km: float | None = None  # None also where it cannot be believed
    heart_rate_bpm: float | None = None
    elevation_gain_m: float | None = None
    letter: tuple[str, ...] = ()  # paragraphs
    insight: Insight | None = None
    insight_text: tuple[str, ...] = ()  # paragraphs, where the fields are not what is read
    is_letter_edited: bool = False
    splits: tuple[Split, ...] = ()
    drawing: Drawing | None = None

    @property
    def day(self) -> date:
        """The runner's own date."""
        return self.started_local.date()

    @property
    def month(self) -> date:
        """The first of the month of the run."""
        return self.day.replace(day=1)

    @property
    def has_insight(self) -> bool:
        """Whether there is anything to show beside the letter."""
        return self.insight is not None or bool(self.insight_text)
