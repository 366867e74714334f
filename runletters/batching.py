"""Message batches: safe ids, chunks by count and bytes, and what each line asks for.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from runletters.api_failures import AMBIGUOUS, SERVER_ERRORS_FROM, Failure

MOST_REQUESTS = 5_000  # of the 100,000 the API takes: one flow run can show as many texts
MOST_BYTES = 200_000_000  # of 256 MB
CLOCKS_DIFFER = timedelta(minutes=2)
SAFE_ID = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
WritingMode: TypeAlias = Literal["live", "batch", "auto"]
LineVerdict: TypeAlias = Literal["read", "again", "fail"]


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A batch as the API lists it."""

    provider_id: str
    created_at: datetime
    request_count: int
    has_ended: bool


def custom_id(attempt_id: str) -> str:
    """The id of a line; one bad id would have the whole batch refused."""
    made = f"rl-{attempt_id}"
    if not SAFE_ID.match(made):
        raise ValueError(f"{made!r} is no custom_id the API takes ({SAFE_ID.pattern})")
    return made


def request_line(attempt_id: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """One request of a batch: the same parameters as live."""
    return {"custom_id": custom_id(attempt_id), "params": dict(parameters)}


def chunked(
    lines: Iterable[Mapping[str, Any]],
    *,
    most_requests: int = MOST_REQUESTS,
    most_bytes: int = MOST_BYTES,
) -> Iterator[list[dict[str, Any]]]:
    """Lines in their order, cut where a chunk would become too many or too large."""
    chunk: list[dict[str, Any]] = []
    size = 0
    for line in lines:
        added = len(json.dumps(line).encode()) + 1
        if chunk and (len(chunk) >= most_requests or size + added > most_bytes):
            yield chunk
            chunk, size = [], 0
        chunk.append(dict(line))
        size += added
    if chunk:
        yield chunk


def line_verdict(result: Mapping[str, Any]) -> LineVerdict:
    """What to do with a line: read its message, ask again, or let the item fail."""
    kind = result.get("type")
    if kind == "succeeded":
        return "read"
    if kind == "expired":
        return "again"
    is_ours = kind == "errored" and line_error(result)[0] == "invalid_request_error"
    return "fail" if is_ours or kind == "canceled" else "again"


def line_error(result: Mapping[str, Any]) -> tuple[str, str]:
    """Type and message of an errored line."""
    answer: Mapping[str, Any] = result.get("error") or {}
    error: Mapping[str, Any] = answer.get("error") or {}
    return str(error.get("type", "unknown_error")), str(error.get("message", "no message"))


def is_in_doubt(failure: Failure) -> bool:
    """Whether a submission may have been taken although it brought no good answer.

    A refusal, a rate limit and "overloaded" say that it was not; any other error of a
    server, and silence, say nothing.
    """
    if failure.status is None:
        return failure.billing == "unknown"
    is_server_error = failure.status >= SERVER_ERRORS_FROM and failure.status not in (503, 529)
    return is_server_error or failure.status in AMBIGUOUS


def what_next(user_id: str, *, is_submitted: bool, is_held: bool) -> str:
    """What becomes of a batch that is under way, and what somebody may do."""
    if is_held:
        return "a flow run waits for it and reads its results"
    command = f"runletters backfill --user {user_id} --writer claude"
    if is_submitted:
        return f"nobody waits for it; this reads it once it has ended: {command}"
    return f"nobody knows whether the API took it; this looks for it there: {command}"


def is_by_batch(mode: WritingMode, *, texts: int, from_texts: int) -> bool:
    """Whether that many texts are written by message batches."""
    return mode == "batch" or (mode == "auto" and texts >= from_texts)


def candidates(
    listed: Iterable[Listed], *, request_count: int, created_at: datetime, known: set[str]
) -> list[Listed]:
    """Batches that may be the one whose submission was never confirmed."""
    return [
        each
        for each in listed
        if each.provider_id not in known
        and each.request_count == request_count
        and each.created_at >= created_at - CLOCKS_DIFFER
    ]
