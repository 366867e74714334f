"""Erases what Prefect kept of a user's paid replies, in a folder or an S3 bucket."""

from __future__ import annotations

from runletters.edges import objects
from runletters.settings import Settings
from runletters.users import user_key


def forget_results(settings: Settings, user_id: str) -> int:
    """Remove every kept result of a user; how many there were."""
    root = objects.locate(settings.results, settings.s3_endpoint_url)
    return objects.remove_below(root / user_key(user_id))
