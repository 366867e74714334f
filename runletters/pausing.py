"""Why a queue stands still: a line on the queue that people and the next day's look both read.

Pure. A queue that somebody paused by hand has no such line, and is never resumed by itself.
"""

from __future__ import annotations

import re
from datetime import date

BACKFILL_QUEUES = ("backfill", "premium")
_LINE = re.compile(r"\n?Paused: the budget of (\d{4}-\d{2}-\d{2}) \(UTC\) is reached\.[^\n]*")
_WORDS = (
    "Paused: the budget of {day} (UTC) is reached. Goes on by itself the next day, or now: "
    "runletters resume"
)


def with_reason(description: str | None, day: date) -> str:
    """The description of a queue that the budget of `day` pauses; what people wrote stays."""
    return f"{without_reason(description)}\n{_WORDS.format(day=day)}".lstrip("\n")


def without_reason(description: str | None) -> str:
    """What people wrote."""
    return _LINE.sub("", description or "")


def paused_for(description: str | None) -> date | None:
    """The UTC day whose budget paused the queue; None where somebody did by hand."""
    found = _LINE.search(description or "")
    return date.fromisoformat(found[1]) if found else None


def pauses(*, is_paused: bool, description: str | None, day: date, today: date) -> bool:
    """Whether the budget of `day` stops a queue now.

    A day that is over stops nobody: its news came after midnight. A queue that the budget of an
    earlier day stopped waits for this day's end from now on; one that somebody paused by hand
    stays theirs.

    Args:
        is_paused: whether the queue stands still.
        description: of the queue.
        day: the UTC day whose budget is reached.
        today: the UTC day it is now.
    """
    if day < today:
        return False
    before = paused_for(description)
    return not is_paused or (before is not None and before < day)


def is_due(description: str | None, today: date) -> bool:
    """Whether a paused queue goes on by itself: the budget that paused it was another day's."""
    day = paused_for(description)
    return day is not None and day < today
