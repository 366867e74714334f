"""Message batches: safe ids, chunks by count and bytes, and what each line asks for.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias, cast

from runletters.api_failures import AMBIGUOUS, SERVER_ERRORS_FROM, STATUS_BY_TYPE, Failure, Verdict

MOST_REQUESTS = 5_000  # of the 100,000 the API takes: one flow run can show as many texts
MOST_BYTES = 200_000_000  # of 256 MB
CLOCKS_DIFFER = timedelta(minutes=2)
SAFE_ID = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
WritingMode: TypeAlias = Literal["live", "batch", "auto"]
LineVerdict: TypeAlias = Literal["read", "again", "fail", "stop"]
MOST_BATCHES = 3  # that a text goes through in one flow run without a reply


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
    """What to do with a line: read its message, ask again, let the item fail, or stop the run.

    An errored line is treated as the same error live.
    """
    match result.get("type"):
        case "succeeded":
            return "read"
        case "canceled":
            return "fail"
        case "errored":
            return _LINE_VERDICTS.get(line_failure(result).verdict, "again")
        case _:
            return "again"


_LINE_VERDICTS: Mapping[Verdict, LineVerdict] = {"stop": "stop", "give_up": "fail"}


def line_failure(result: Mapping[str, Any]) -> Failure:
    """An errored line as the error it would have been live; a type nobody knows may pass."""
    error = _mapping(_mapping(result.get("error")).get("error"))
    error_type = str(error.get("type", "unknown_error"))
    code = _mapping(error.get("details")).get("error_code")
    return Failure(
        status=STATUS_BY_TYPE.get(error_type, SERVER_ERRORS_FROM),
        error_type=error_type,
        error_code=code if isinstance(code, str) else None,
        message=str(error.get("message", "no message")),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


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
