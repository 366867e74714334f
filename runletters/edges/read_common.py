"""What every reader needs: plain numbers out of text, and problems a person can act on.

Pure. No reason ever quotes the file: names, places and notes stay where they are.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime

from runletters.activities import Problem, ReadResult
from runletters.edges.read_totals import moment

EPOCH = moment(0.0)
QUARTER_HOUR_S = 900
MOST_OFFSET_S = 14 * 3600
LONGEST_TEXT = 2_000  # characters kept of a title or a note

REMEDIES = {
    "empty": "Export the activity again; the file holds nothing.",
    "not_an_activity": "Nothing to do: such files sit beside recordings and hold no run.",
    "no_points": "Export the recorded track, not the route or the waypoints.",
    "no_times": "Export the track with its times; without them it has no place in a history.",
    "unknown_format": "Give FIT, GPX or TCX files, plain or gzipped.",
    "unsafe_xml": "Remove the DOCTYPE from the file, or export the activity again.",
    "unsafe_archive": "Unpack the file yourself if you trust it.",
    "broken_gzip": "Export or copy the file again; it was damaged on the way.",
    "unreadable": "Export the activity again, in another format where there is a choice.",
}
"""What a person can do, by reason code."""


def refused(file: str, content_sha256: str, reason_code: str, reason: str) -> ReadResult:
    """A result with one problem and no recording."""
    problem = Problem(
        file=file,
        content_sha256=content_sha256,
        reason_code=reason_code,
        reason=reason,
        remedy=REMEDIES[reason_code],
    )
    return ReadResult(file=file, content_sha256=content_sha256, problems=(problem,))


def number(text: object) -> float | None:
    """A finite number out of text or a value of a decoder; None for anything else."""
    if not isinstance(text, str | int | float):
        return None
    try:
        value = float(text)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def instant(text: str | None) -> tuple[float | None, int | None]:
    """Seconds since 1970 and the written offset in seconds of an ISO 8601 time.

    A time without a zone is taken as UTC, as both formats demand. `Z` and `+00:00`
    say nothing about the runner's own clock: the offset is None then.
    """
    try:
        parsed = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None, None
    if parsed.tzinfo is None:
        return (parsed.replace(tzinfo=EPOCH.tzinfo) - EPOCH).total_seconds(), None
    offset = parsed.utcoffset()
    return (parsed - EPOCH).total_seconds(), local_offset_s(offset.total_seconds() if offset else 0)


def local_offset_s(seconds: float) -> int | None:
    """An offset from UTC in whole quarters of an hour; None where it is no time zone or UTC.

    Devices that know no zone write their UTC time as local time, so zero is silence.
    """
    rounded = round(seconds / QUARTER_HOUR_S) * QUARTER_HOUR_S
    return rounded if 0 < abs(rounded) <= MOST_OFFSET_S else None


def clean_text(text: str | None, longest: int = LONGEST_TEXT) -> str | None:
    """Text without control and direction characters, cut to a length; None if nothing is left."""
    visible = "".join(
        character
        for character in (text or "")[: 4 * longest]
        if character in "\n\t" or unicodedata.category(character)[0] != "C"
    )
    return visible.strip()[:longest] or None


def device_name(text: str | None) -> str | None:
    """A device's name without the parts that could tell one unit from another."""
    words = (clean_text(text, 100) or "").split()
    return " ".join(word for word in words if not re.search(r"\d{5,}", word)) or None
