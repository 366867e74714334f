"""Files and objects by one name: a local path or s3://bucket/prefix.

Credentials and region of S3 come from the environment, as boto3 takes them. A file is
written whole or not at all: locally beside its place and moved there, on S3 with one PUT.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias, cast

from cloudpathlib import S3Client, S3Path
from cloudpathlib.enums import FileCacheMode

Place: TypeAlias = Path | S3Path
_SCHEME = "s3://"
_SWEEPS, _SWEEP_EVERY_S = 20, 0.05


@dataclass(frozen=True)
class Found:
    """One file below a place: its name relative to that place, and where it is."""

    name: str
    place: Place
    size: int  # bytes
    mark: str = ""  # changes when the content does: time of the change, or the store's own tag


def locate(url: str, endpoint: str | None = None) -> Place:
    """The place a path or an s3:// address names; nothing is looked up yet.

    Args:
        url: a local path, or s3://bucket/key.
        endpoint: address of an S3-compatible server other than AWS.
    """
    if url.startswith(_SCHEME):
        return S3Path(url, client=_client(endpoint))
    return Path(url).expanduser().absolute()


@lru_cache(maxsize=8)
def _client(endpoint: str | None) -> S3Client:
    # The local copy of an object goes when its path object goes: a history must not fill /tmp.
    return S3Client(endpoint_url=endpoint, file_cache_mode=FileCacheMode.cloudpath_object)


def below(place: Place) -> list[Found]:
    """Every file below a folder or prefix, by name; links that lead to folders are not followed."""
    found = _listed(place) if isinstance(place, S3Path) else _files_below(place)
    return sorted(found, key=lambda file: file.name)


def _files_below(root: Path) -> Iterator[Found]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            if path.is_file():
                known = path.stat()
                yield Found(
                    path.relative_to(root).as_posix(), path, known.st_size, f"{known.st_mtime_ns}"
                )


def _listed(root: S3Path, **how: str) -> Iterator[Found]:
    # cloudpathlib asks for every size with a request of its own; one listing tells all.
    prefix = f"{root.key.rstrip('/')}/" if root.key else ""
    boto3_client = cast("Any", root.client).client
    pages = boto3_client.get_paginator("list_objects_v2").paginate(
        Bucket=root.bucket, Prefix=prefix, **how
    )
    for page in pages:
        for item in cast("list[dict[str, Any]]", page.get("Contents", [])):
            name = str(item["Key"])[len(prefix) :]
            if name and not name.endswith("/"):
                yield Found(name, root / name, int(item["Size"]), str(item.get("ETag", "")))


def is_file(place: Place) -> bool:
    """Whether there is a file or object of exactly that name."""
    return place.is_file()


def read(place: Place, most: int | None = None) -> bytes:
    """The bytes of a file, or its first `most` bytes."""
    if isinstance(place, S3Path):
        return _read_object(place, most)
    with place.open("rb") as file:
        return file.read(-1 if most is None else most)


def _read_object(place: S3Path, most: int | None) -> bytes:
    # One request; cloudpathlib would make three and a copy on disk.
    boto3_client = cast("Any", place.client).client
    body = boto3_client.get_object(Bucket=place.bucket, Key=place.key)["Body"]
    try:
        return cast("bytes", body.read(most))
    finally:
        body.close()


def copy_to(place: Place, target: Path) -> Path:
    """A local file with the same bytes: the file itself, or an object brought to `target`."""
    if isinstance(place, S3Path):
        # cloudpathlib leaves the kind of its path argument open, which strict typing refuses.
        cast("Any", place).download_to(target)
        return target
    return place


def write(place: Place, content: bytes) -> None:
    """Write a file whole or not at all; its folders are made."""
    if isinstance(place, S3Path):
        boto3_client = cast("Any", place.client).client
        boto3_client.put_object(Bucket=place.bucket, Key=place.key, Body=content)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{uuid.uuid4().hex}.tmp")
    try:
        _write_through(beside, content)
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
    _sync_folder(place.parent)


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some file systems cannot sync a folder; the file itself is there
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_below(place: Place) -> int:
    """Remove a folder or prefix with everything in it; how many files went."""
    files = below(place)
    if isinstance(place, S3Path):
        for file in files:
            cast("S3Path", file.place).unlink()
    elif place.exists():
        _remove_folder(place)
    return len(files)


def _remove_folder(folder: Path) -> None:
    """Remove a folder into which somebody may still write: what comes in between goes as well."""
    for _ in range(_SWEEPS):
        with suppress(OSError):
            shutil.rmtree(folder)
        if not folder.exists():
            return
        time.sleep(_SWEEP_EVERY_S)
    shutil.rmtree(folder)


def remove_files_of(place: Place) -> int:
    """Remove the files directly in a folder or below a prefix, not those of its folders."""
    if isinstance(place, S3Path):
        files: list[Place] = [file.place for file in _listed(place, Delimiter="/")]
    else:
        files = [file for file in place.iterdir() if file.is_file()] if place.is_dir() else []
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)
