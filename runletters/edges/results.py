"""Erases what Prefect kept of a user's paid replies, in a folder or an S3 bucket."""

from __future__ import annotations

from runletters.edges import objects
from runletters.settings import Settings
from runletters.users import user_key


def forget_results(settings: Settings, user_id: str) -> int:
    """Remove every kept result of a user, and all reasons of failures; how many there were.

    Prefect keeps the error of a failed task run under a random name directly below the root.
    It may quote anybody's text, says not whose, and nobody reads it: the store has the reason.
    """
    root = objects.locate(settings.results, settings.s3_endpoint_url)
    return objects.remove_files_of(root) + objects.remove_below(root / user_key(user_id))
