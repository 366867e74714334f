"""Zip archives, read member by member and never unpacked into the file system by name.

Bounded in number, size and ratio; a member whose name leaves the archive, a link or an
encrypted member is a problem of its own, and the others are read.
"""

from __future__ import annotations

import hashlib
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from runletters.activities import Problem
from runletters.edges.read_common import REMEDIES
from runletters.errors import UnreadableFile, UnsafeArchive

MOST_MEMBERS = 200_000
MOST_MEMBER_BYTES = 256 * 2**20
MOST_NESTED_BYTES = 4 * 2**30
MOST_TOTAL_BYTES = 32 * 2**30
MOST_RATIO = 250  # recordings as XML shrink to a tenth or a thirtieth; deflate ends at 1,032
RATIO_COUNTS_FROM_BYTES = 8 * 2**20

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # zipfile: a compression it does not know
    RuntimeError,  # zipfile: an entry that wants a password
    ValueError,
)
"""What the library raises for archives that are damaged or of a kind it cannot read."""

_open: dict[str, zipfile.ZipFile] = {}


@dataclass(frozen=True)
class Member:
    """One file of an archive."""

    name: str
    size: int  # bytes when unpacked, as the archive says


def members(
    path: Path, shown: str, is_wanted: Callable[[str], bool]
) -> tuple[list[Member], list[Problem], int]:
    """What of an archive may be read.

    Args:
        path: a local zip.
        shown: its name in reasons.
        is_wanted: whether a member of that name would be read at all; the others cost nothing
            and count for no limit.

    Returns:
        Members by name, a problem per unsafe member, and the number of members not wanted.

    Raises:
        UnreadableFile: it is no whole zip.
        UnsafeArchive: more members or bytes than any history has.
    """
    archive = _opened(path, shown)
    files = [info for info in archive.infolist() if not info.is_dir()]
    if len(files) > MOST_MEMBERS:
        raise UnsafeArchive(
            f"{shown} holds {len(files):,} files; expected {MOST_MEMBERS:,} at most."
        )
    wanted = [info for info in files if is_wanted(info.filename)]
    problems = [_problem(info, shown, why) for info in wanted if (why := _unsafe(info))]
    safe = [info for info in wanted if not _unsafe(info)]
    total = sum(info.file_size for info in safe)
    if total > MOST_TOTAL_BYTES:
        raise UnsafeArchive(
            f"{shown} unpacks to {total / 2**30:.0f} GiB; "
            f"expected {MOST_TOTAL_BYTES // 2**30} GiB at most."
        )
    found = sorted((Member(info.filename, info.file_size) for info in safe), key=lambda m: m.name)
    return found, problems, len(files) - len(wanted)


def _unsafe(info: zipfile.ZipInfo) -> str:
    """Why a member is not read; empty if it may be."""
    most = MOST_NESTED_BYTES if is_zip(info.filename) else MOST_MEMBER_BYTES
    ratio = info.file_size / max(info.compress_size, 1)
    name = PurePosixPath(info.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
        return "its name leads out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link"
    if info.flag_bits & 1:
        return "it is encrypted"
    if info.file_size > most:
        return f"it unpacks to {info.file_size / 2**20:,.0f} MiB"
    if info.file_size > RATIO_COUNTS_FROM_BYTES and ratio > MOST_RATIO:
        return f"it unpacks to {ratio:,.0f} times its size"
    return ""


def _problem(info: zipfile.ZipInfo, shown: str, why: str) -> Problem:
    member = f"{info.filename}:{info.CRC}:{info.file_size}"
    return Problem(
        file=f"{shown}/{info.filename}"[-200:],
        content_sha256=hashlib.sha256(member.encode()).hexdigest(),
        reason_code="unsafe_archive",
        reason=f"A member of the archive was not read: {why}.",
        remedy=REMEDIES["unsafe_archive"],
    )


def is_zip(name: str) -> bool:
    """Whether a name is that of an archive."""
    return name.lower().endswith(".zip")


def read_member(path: Path, name: str, most: int | None = None) -> bytes:
    """The bytes of one member, or its first `most`.

    Raises:
        UnreadableFile: the member is damaged, or packed in a way nobody here knows.
    """
    archive = _opened(path, path.name)
    try:
        with archive.open(name) as member:
            return member.read(MOST_MEMBER_BYTES if most is None else most)
    except (*BROKEN, KeyError) as error:
        raise UnreadableFile(
            f"The archive's member cannot be unpacked ({type(error).__name__}).",
            remedy="Download or copy the archive again.",
        ) from error


def unpack_nested(path: Path, name: str, target: Path) -> Path:
    """Bring an archive inside an archive to a file of our own choosing.

    Raises:
        UnreadableFile: the member is damaged.
    """
    try:
        with _opened(path, path.name).open(name) as member, target.open("wb") as file:
            shutil.copyfileobj(member, file)
    except BROKEN as error:
        raise UnreadableFile(
            f"{name} cannot be unpacked ({type(error).__name__}).",
            remedy="Download or copy the archive again.",
        ) from error
    return target


@contextmanager
def kept_open() -> Generator[None]:
    """Archives opened inside the block stay open until its end: their tables are long."""
    try:
        yield
    finally:
        while _open:
            _open.popitem()[1].close()


def _opened(path: Path, shown: str) -> zipfile.ZipFile:
    key = str(path)
    try:
        if key not in _open:
            _open[key] = zipfile.ZipFile(path)
    except BROKEN as error:
        raise UnreadableFile(
            f"{shown} is no whole zip ({type(error).__name__}: {error}).",
            remedy="Download or copy the archive again.",
        ) from error
    return _open[key]
