"""What both FIT decoders agree on: messages by name, times in seconds since 1970.

Pure. Also cuts a file into its chained parts, since a break in one part must not
cost the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Message = dict[str, object]
Messages = dict[str, list[Message]]

FIT_EPOCH_S = 631_065_600  # 1989-12-31T00:00:00Z
DATE_FIELDS = ("timestamp", "start_time", "local_timestamp", "time_created")
WANTED = ("file_id", "activity", "session", "lap", "record", "event", "sport")
"""The only messages that the readers look at."""

MARK = b".FIT"
HEADER_SIZES = (12, 14)
CHECKSUM_BYTES = 2
UNFINISHED_SIZES = (0, 0xFFFFFFFF)  # what a header holds until the recording is closed


@dataclass(frozen=True, kw_only=True)
class Part:
    """One FIT file of a chain; `is_cut` where its end is missing."""

    content: bytes
    is_cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """What a decoder got out of one part, and what it complained about."""

    messages: Messages
    flags: tuple[str, ...] = ()  # truncated, bad_checksum


def parts(content: bytes) -> Iterator[Part]:
    """The chained FIT files in order; stops where no further header stands."""
    start = 0
    while content[start + 8 : start + 12] == MARK and content[start] in HEADER_SIZES:
        size = int.from_bytes(content[start + 4 : start + 8], "little")
        end = start + content[start] + size + CHECKSUM_BYTES
        is_unfinished = size in UNFINISHED_SIZES and not _follows(content, end)
        if is_unfinished or end > len(content):
            yield Part(content=content[start:], is_cut=True)
            return
        yield Part(content=content[start:end])
        start = end
    if 0 < start < len(content):
        yield Part(content=b"", is_cut=True)


def _follows(content: bytes, end: int) -> bool:
    """Whether the file, or another header, stands where this part says it ends."""
    return end == len(content) or content[end + 8 : end + 12] == MARK


def group_parts(decoded: list[Decoded]) -> list[Decoded]:
    """Parts that belong together: each part with a session opens a group of its own.

    Watches chain the beats of a strap behind the recording they belong to, so a
    chain with at most one session is one group.
    """
    groups: list[list[Decoded]] = []
    has_session = False
    for part in decoded:
        if not groups or ("session" in part.messages and has_session):
            groups.append([])
            has_session = False
        groups[-1].append(part)
        has_session = has_session or "session" in part.messages
    return [_merged(group) for group in groups]


def _merged(group: list[Decoded]) -> Decoded:
    messages: Messages = {}
    for part in group:
        for name, found in part.messages.items():
            messages.setdefault(name, []).extend(found)
    flags = dict.fromkeys(flag for part in group for flag in part.flags)
    return Decoded(messages=messages, flags=tuple(flags))
