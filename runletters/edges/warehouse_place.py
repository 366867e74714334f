"""Where the published file is built, and how it takes the place of the old one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from runletters.errors import SettingsError

_PREFIX = ".publishing-"
_LEFT_BEHIND = timedelta(days=1)


@contextmanager
def building_site(url: str, *, now: datetime) -> Generator[Path]:
    """A private folder to build in, on the file system of the target; gone afterwards.

    What a killed process left behind a day ago is cleared as well.
    """
    beside = None if url.startswith("s3://") else Path(url).absolute().parent
    if beside is not None:
        beside.mkdir(parents=True, exist_ok=True)
        _clear(beside, before=(now - _LEFT_BEHIND).timestamp())
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=beside) as folder:
        yield Path(folder)


def put_in_place(file: Path, url: str, *, s3_endpoint_url: str | None = None) -> None:
    """Make that file the published one, at once: readers see the old or the new, whole."""
    if url.startswith("s3://"):
        _put_object(file, url, s3_endpoint_url)
        return
    _sync(file)
    # The old file stays what it is for whoever has it open.
    Path(file).replace(url)
    _sync(Path(url).absolute().parent)


def _clear(folder: Path, *, before: float) -> None:
    for old in folder.glob(f"{_PREFIX}*"):
        if old.stat().st_mtime < before:
            shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put_object(file: Path, url: str, endpoint_url: str | None) -> None:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not bucket or not key:
        raise SettingsError(
            f"The published file is to be {url!r}; expected s3://bucket/path/name.duckdb.",
            remedy="Set RUNLETTERS_PUBLISH_URL.",
        )
    # boto3 makes its clients at run time and carries no types for them; without S3 it
    # need not be there.
    client: Any = import_module("boto3").client("s3", endpoint_url=endpoint_url)
    with file.open("rb") as body:
        client.put_object(Bucket=bucket, Key=key, Body=body)
