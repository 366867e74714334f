"""A watched folder or s3:// prefix: looked into only when what lies there has changed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from runletters.edges import objects
from runletters.errors import UnknownSource
from runletters.sources import Inbox

SETTLES_WITHIN = timedelta(seconds=20)
"""A file that changed so lately may still be being written."""


def new_in_inbox(
    config: Inbox, watermark: str | None, *, endpoint: str | None, now: datetime
) -> tuple[int, str | None]:
    """How many files lie there if anything changed, else 0; and the watermark of what lies there.

    Args:
        config: which folder or prefix.
        watermark: of the last look.
        endpoint: address of an S3-compatible server other than AWS.
        now: aware UTC.

    Raises:
        UnknownSource: there is no such folder.
    """
    place = objects.locate(config.path, endpoint)
    if isinstance(place, Path) and not place.is_dir():
        raise UnknownSource(
            f"The inbox {config.path} is no folder that can be seen from here.",
            remedy="Make it, or give another: runletters source add inbox …",
        )
    files = objects.below(place)
    if any(_is_arriving(file, now) for file in files):
        return 0, watermark
    listing = "\n".join(f"{file.name}\t{file.size}\t{file.mark}" for file in files)
    found = hashlib.sha256(listing.encode()).hexdigest()
    return (0 if found == watermark else len(files)), found


def _is_arriving(file: objects.Found, now: datetime) -> bool:
    """Only local files: an object is there as a whole or not at all."""
    if not isinstance(file.place, Path):
        return False
    age_s = now.timestamp() - int(file.mark) / 1e9
    return 0 <= age_s < SETTLES_WITHIN.total_seconds()
