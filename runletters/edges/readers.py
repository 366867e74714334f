"""One door for recorded files: FIT, GPX and TCX, plain or gzipped.

Never raises for bad input: what cannot be loaded comes back as a `Problem`.
Takes and gives plain, picklable values, so that a pool of processes can call it.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import replace

from runletters.activities import ReadResult, Recording
from runletters.edges.fit import read_fit
from runletters.edges.gpx import read_gpx
from runletters.edges.read_common import refused
from runletters.edges.tcx import read_tcx
from runletters.errors import UnreadableFile, UnsafeArchive
from runletters.multisport import with_legs

MOST_UNPACKED_BYTES = 256 * 1024 * 1024
"""No recording is larger; a day of one-second samples is about 50 MB as TCX."""

HEAD_BYTES = 4_096
GZIP_MARK = b"\x1f\x8b"
FIT_MARK = b".FIT"
ROOTS = {
    "gpx": re.compile(rb"<\s*(\w+:)?gpx[\s>/]", re.IGNORECASE),
    "tcx": re.compile(rb"<\s*(\w+:)?TrainingCenterDatabase[\s>/]", re.IGNORECASE),
}
READERS: dict[str, Callable[[str, bytes, str], ReadResult]] = {
    "fit": read_fit,
    "gpx": read_gpx,
    "tcx": read_tcx,
}


def sniff(name: str, head: bytes) -> str | None:
    """The format of a file: `fit`, `gpx`, `tcx` or None; by content first, by name second.

    Args:
        name: the file's name; `.gz` at its end is looked through.
        head: its first bytes, at best 4 KiB; they may be gzipped.
    """
    start = _unpacked_head(head) if head.startswith(GZIP_MARK) else head[:HEAD_BYTES]
    if start[8:12] == FIT_MARK:
        return "fit"
    plain = start.replace(b"\x00", b"")  # UTF-16 of ASCII letters
    by_content = (kind for kind, root in ROOTS.items() if root.search(plain))
    suffix = name.lower().removesuffix(".gz").rpartition(".")[2]
    return next(by_content, suffix if suffix in READERS else None)


def read_bytes(name: str, content: bytes) -> ReadResult:
    """Everything one file holds.

    Args:
        name: the name to show, inside its folder or archive.
        content: the bytes, plain or gzipped.

    Returns:
        Recordings and problems, never neither. `content_sha256` is that of the
        uncompressed bytes, so that `run.fit` and `run.fit.gz` are one file.
    """
    try:
        plain, is_cut = _unpack(content)
    except UnsafeArchive as problem:
        return refused(name, _sha256(content), "unsafe_archive", str(problem))
    except UnreadableFile as problem:
        return refused(name, _sha256(content), "broken_gzip", str(problem))
    result = _read_plain(name, plain)
    return with_legs(_marked_truncated(result) if is_cut else result)


def _read_plain(name: str, content: bytes) -> ReadResult:
    content_sha256 = _sha256(content)
    if not content.strip(b"\x00\t\r\n "):
        return refused(name, content_sha256, "empty", "The file holds no data.")
    kind = sniff(name, content[:HEAD_BYTES])
    if kind is None:
        return refused(name, content_sha256, "unknown_format", "Neither FIT nor GPX nor TCX.")
    try:
        return READERS[kind](name, content, content_sha256)
    except Exception as problem:  # noqa: BLE001 - one bad file must never stop an ingest
        reason = f"The {kind.upper()} reader met something unexpected ({type(problem).__name__})."
        return refused(name, content_sha256, "unreadable", reason)


def _unpack(content: bytes) -> tuple[bytes, bool]:
    """The uncompressed bytes and whether the gzip stream ends before its end.

    Raises:
        UnsafeArchive: more than MOST_UNPACKED_BYTES come out.
        UnreadableFile: it says gzip and nothing can be unpacked.
    """
    if not content.startswith(GZIP_MARK):
        return content, False
    parts: list[bytes] = []
    room = MOST_UNPACKED_BYTES
    is_whole = False
    while content.startswith(GZIP_MARK):  # a gzip file may hold several members
        part, content, is_whole = _unpack_member(content, room)
        parts.append(part)
        room -= len(part)
    plain = b"".join(parts)
    if not plain and not is_whole:
        raise UnreadableFile("The gzip stream is broken from its start.")
    return plain, not is_whole


def _unpack_member(content: bytes, room: int) -> tuple[bytes, bytes, bool]:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        part = unpacker.decompress(content, room + 1)
    except zlib.error:
        return _unpack_until_broken(content, room), b"", False
    if len(part) > room:
        limit = MOST_UNPACKED_BYTES // 2**20
        raise UnsafeArchive(f"The gzip file unpacks to more than {limit} MiB.")
    return part, unpacker.unused_data, unpacker.eof


def _unpack_until_broken(content: bytes, room: int) -> bytes:
    """What comes out of a damaged member before the damage, in small steps."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    out: list[bytes] = []
    size = 0
    for start in range(0, len(content), HEAD_BYTES):
        try:
            piece = unpacker.decompress(content[start : start + HEAD_BYTES])
        except zlib.error:
            break
        size += len(piece)
        if size > room:
            raise UnsafeArchive("The gzip file is damaged and unpacks without bound.")
        out.append(piece)
    return b"".join(out)


def _unpacked_head(head: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        return unpacker.decompress(head, HEAD_BYTES)
    except zlib.error:
        return b""


def _marked_truncated(result: ReadResult) -> ReadResult:
    return replace(result, recordings=tuple(_truncated(one) for one in result.recordings))


def _truncated(recording: Recording) -> Recording:
    quality = tuple(dict.fromkeys((*recording.summary.quality, "truncated")))
    summary = recording.summary.model_copy(update={"quality": quality})
    return replace(recording, summary=summary)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
