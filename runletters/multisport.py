"""Runs that are a leg of something longer: swim, ride and run recorded one after the other.

Pure: no clock, no network, no database, no files. Watches write each sport of a triathlon
as a session of its own into one file, and the way through the transition zone as well. A
leg is run on tired legs and keeps its own figures; what the file calls by no sport stays
unknown there, however fast it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from runletters.activities import ReadResult, Recording

MULTISPORT_LEG = "multisport_leg"
NEXT_WITHIN = timedelta(minutes=15)
"""Another sport that ends this long before a start, or starts so long after an end, belongs
to the same day out; a file that holds a whole diary has hours between its recordings."""


def with_legs(result: ReadResult) -> ReadResult:
    """The same recordings; those that follow or precede another sport in the file say so."""
    recordings = tuple(
        _flagged(one) if _is_leg(one, result.recordings) else one for one in result.recordings
    )
    return replace(result, recordings=recordings)


def _is_leg(one: Recording, others: Sequence[Recording]) -> bool:
    return any(
        other.summary.sport != one.summary.sport and _touch(_span(one), _span(other))
        for other in others
    )


def _span(recording: Recording) -> tuple[datetime, datetime]:
    summary = recording.summary
    lasted_s = summary.elapsed_s or summary.moving_s or 0.0
    return summary.started_at, summary.started_at + timedelta(seconds=lasted_s)


def _touch(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    return one[0] <= other[1] + NEXT_WITHIN and other[0] <= one[1] + NEXT_WITHIN


def _flagged(recording: Recording) -> Recording:
    quality = tuple(dict.fromkeys((*recording.summary.quality, MULTISPORT_LEG)))
    summary = recording.summary.model_copy(update={"quality": quality})
    return replace(recording, summary=summary)
