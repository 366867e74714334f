"""What one ingest did, in numbers and in words.

Pure: plain values that cross task borders and go into the store as JSON.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from runletters.activities import Problem
from runletters.untrusted import markdown_text, narrow

_LINES = (
    ("loaded", "new activities"),
    ("runs", "of these runs"),
    ("merged", "further sources of known activities"),
    ("updated", "corrected by their source"),
    ("already_known", "known before, not read again"),
    ("quarantined", "could not be read, see the quarantine"),
    ("ignored", "other files, left alone"),
)
_MOST_REASONS = 50


class IngestCounts(BaseModel):
    """How many of what an ingest met became what."""

    model_config = ConfigDict(extra="forbid")

    loaded: int = 0
    runs: int = 0
    merged: int = 0
    updated: int = 0
    already_known: int = 0
    quarantined: int = 0
    ignored: int = 0


class Loaded(BaseModel):
    """What an ingest did: counts, what could not be read, seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    counts: IngestCounts
    problems: tuple[Problem, ...] = ()
    activities: int  # in the history now
    seconds: float

    def summary(self, user_id: str) -> dict[str, Any]:
        """The counts as plain JSON values."""
        return {
            "user": user_id,
            **self.counts.model_dump(),
            "activities": self.activities,
            "seconds": round(self.seconds, 3),
        }


def ingest_markdown(summary: dict[str, Any], problems: tuple[Problem, ...]) -> str:
    """The summary for the UI; file names and reasons are escaped."""
    rows = "\n".join(f"| {words} | {summary[name]:,} |" for name, words in _LINES)
    head = f"| {_cell(summary['user'])} | |\n|---|---:|\n{rows}\n"
    tail = f"| activities in the history | {summary['activities']:,} |\n"
    tail += f"| seconds | {summary['seconds']:,.1f} |"
    return "\n\n".join([head + tail, *_reasons(problems)])


def _reasons(problems: tuple[Problem, ...]) -> list[str]:
    if not problems:
        return []
    rows = "\n".join(
        f"- **{_cell(each.file)}:** {_cell(each.reason)}\n\n  *What to do:* {_cell(each.remedy)}"
        for each in problems[:_MOST_REASONS]
    )
    more = len(problems) - _MOST_REASONS
    tail = [f"And {more:,} more in the quarantine."] if more > 0 else []
    return [f"### Quarantine\n{rows}", *tail]


def _cell(text: str) -> str:
    return markdown_text(narrow(text[:300]))
