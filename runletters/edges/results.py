"""Erases what Prefect kept of a user's paid replies, in a folder or an S3 bucket."""

from __future__ import annotations

import shutil
from pathlib import Path

from cloudpathlib import S3Client

from runletters.settings import Settings
from runletters.users import user_key


def forget_results(settings: Settings, user_id: str) -> int:
    """Remove every kept result of a user; how many there were."""
    root = settings.results
    if root.startswith("s3://"):
        return _forget_objects(f"{root.rstrip('/')}/{user_key(user_id)}", settings.s3_endpoint_url)
    return _forget_folder(Path(root) / user_key(user_id))


def _forget_folder(folder: Path) -> int:
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder, ignore_errors=True)
    return files


def _forget_objects(url: str, endpoint_url: str | None) -> int:
    folder = S3Client(endpoint_url=endpoint_url).S3Path(url)
    objects = [path for path in folder.rglob("*") if path.is_file()]
    for path in objects:
        path.unlink()
    return len(objects)
