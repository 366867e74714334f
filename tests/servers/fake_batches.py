"""Message batches: counts stay zero until the end, results come in any order."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

from servers.fake_http import HangUp, Request, Response, json_response
from servers.fake_rules import (
    CUSTOM_ID,
    ERROR_TYPES,
    Rejected,
    check_message,
    decoded,
    error_response,
)

MOST_REQUESTS = 100_000
MOST_BYTES = 256_000_000
RESULTS = ("succeeded", "errored", "canceled", "expired")
ROOT = "/v1/messages/batches"


class Host(Protocol):
    """What a batch needs from the server around it."""

    behaviour: Any
    bill: Any
    faults: Any
    url: str

    def message(self, body: Mapping[str, Any], fault: str | None = None) -> dict[str, Any]: ...


@dataclass
class Batch:
    """One batch; `lines` are its results once it has ended."""

    batch_id: str
    requests: list[dict[str, Any]]
    created_at: datetime
    ends_at: float
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    lines: list[Any] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class Batches:
    """Every batch that was made, newest first."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._random = random.Random(7)
        self.all: dict[str, Batch] = {}

    async def handle(self, request: Request, request_id: str) -> Response:
        parts = request.path.removeprefix(ROOT).strip("/").split("/")
        match request.method, parts:
            case "POST", [""]:
                return await self._create(request, request_id)
            case "GET", [""]:
                return self._list(request)
        batch = self.all.get(parts[0])
        if batch is None:
            raise Rejected(404, f"no batch {parts[0]}")
        self._advance(batch)
        match request.method, parts[1:]:
            case "GET", []:
                return json_response(self._shown(batch))
            case "POST", ["cancel"]:
                return self._cancel(batch)
            case "DELETE", []:
                return self._delete(batch)
            case "GET", ["results"]:
                return self._results(batch)
        raise Rejected(404, f"no such page: {request.path}")

    async def _create(self, request: Request, request_id: str) -> Response:
        wanted = self._checked(request)
        fault = self._host.faults.next()
        if fault in {"500", "503", "529", "429"}:
            return error_response(int(fault), "not now", request_id)
        if fault in {"reset", "hang"}:
            await asyncio.sleep(self._host.behaviour.hang_s if fault == "hang" else 0)
            raise HangUp
        now = datetime.now(UTC)
        batch = Batch(
            f"msgbatch_{uuid4().hex[:24]}", wanted, now,
            time.monotonic() + self._host.behaviour.batch_s,
        )  # fmt: skip
        self.all = {batch.batch_id: batch, **self.all}
        if fault in {"accepted_timeout", "accepted_reset", "accepted_504"}:
            await asyncio.sleep(self._host.behaviour.hang_s if fault == "accepted_timeout" else 0)
            raise HangUp
        return json_response(self._shown(batch), headers={"request-id": request_id})

    def _checked(self, request: Request) -> list[dict[str, Any]]:
        wanted = decoded(request, most_bytes=MOST_BYTES).get("requests")
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= MOST_REQUESTS:
            raise Rejected(400, f"requests: between 1 and {MOST_REQUESTS} are required")
        ids = [each.get("custom_id") for each in wanted]
        for index, custom_id in enumerate(ids):
            if not isinstance(custom_id, str) or not CUSTOM_ID.match(custom_id):
                where = f"requests.{index}.custom_id"
                raise Rejected(400, f"{where}: String should match pattern '{CUSTOM_ID.pattern}'")
        if len(set(ids)) < len(ids):
            raise Rejected(400, "requests: custom_id must be unique within a batch")
        for index, each in enumerate(wanted):
            if not isinstance(each.get("params"), dict):
                raise Rejected(400, f"requests.{index}.params: Field required")
        return wanted

    def _advance(self, batch: Batch) -> None:
        is_due = time.monotonic() >= batch.ends_at
        if batch.ended_at is None and is_due:
            batch.lines = [self._line(batch, each) for each in batch.requests]
            self._random.shuffle(batch.lines)
            batch.counts = Counter(line["result"]["type"] for line in batch.lines)
            batch.ended_at = datetime.now(UTC)

    def _line(self, batch: Batch, wanted: Mapping[str, Any]) -> dict[str, Any]:
        return {"custom_id": wanted["custom_id"], "result": self._result(batch, wanted["params"])}

    def _result(self, batch: Batch, body: dict[str, Any]) -> dict[str, Any]:
        if batch.canceled_at is not None and self._is_too_late():
            return {"type": "canceled"}
        try:
            check_message(body)
        except Rejected as no:  # bodies are checked one by one, after the batch was taken
            return errored(ERROR_TYPES[no.status], no.message)
        drawn = self._random.random() - self._host.behaviour.batch_errored
        if drawn < 0:
            return errored(self._host.behaviour.batch_error, "as the script says")
        if drawn < self._host.behaviour.batch_expired:
            return {"type": "expired"}
        message = self._host.message(body)
        request_id = f"req_{uuid4().hex[:24]}"
        self._host.bill.charge(body, message, request_id=request_id, mode="batch")
        return {"type": "succeeded", "message": message}

    def _is_too_late(self) -> bool:
        """What was written when the cancellation came is delivered, and charged."""
        return self._random.random() >= self._host.behaviour.batch_done_at_cancel

    def _cancel(self, batch: Batch) -> Response:
        if batch.ended_at is not None:
            raise Rejected(400, "batch has already ended")
        batch.canceled_at = datetime.now(UTC)
        batch.ends_at = time.monotonic() + self._host.behaviour.cancel_s
        return json_response(self._shown(batch))

    def _delete(self, batch: Batch) -> Response:
        if batch.ended_at is None:
            raise Rejected(400, "a batch in progress cannot be deleted")
        del self.all[batch.batch_id]
        return json_response({"id": batch.batch_id, "type": "message_batch_deleted"})

    def _results(self, batch: Batch) -> Response:
        if batch.ended_at is None:
            raise Rejected(400, "batch has not ended")
        lines = (json.dumps(line, ensure_ascii=False) for line in batch.lines)
        return Response(200, "\n".join(lines).encode(), {}, "application/x-jsonl")

    def _list(self, request: Request) -> Response:
        for batch in self.all.values():
            self._advance(batch)
        limit = int(request.query.get("limit", "20"))
        if not 1 <= limit <= 1000:
            raise Rejected(400, "limit: between 1 and 1000")
        ids = list(self.all)
        if (after := request.query.get("after_id")) is not None:
            ids = ids[ids.index(after) + 1 :] if after in ids else []
        page = ids[:limit]
        return json_response(
            {
                "data": [self._shown(self.all[each]) for each in page],
                "has_more": len(ids) > limit,
                "first_id": page[0] if page else None,
                "last_id": page[-1] if page else None,
            }
        )

    def _shown(self, batch: Batch) -> dict[str, Any]:
        """Until the end everything counts as processing."""
        counts = {name: batch.counts[name] for name in RESULTS}
        counts["processing"] = 0 if batch.ended_at else len(batch.requests)
        is_canceling = batch.canceled_at is not None and batch.ended_at is None
        running = "canceling" if is_canceling else "in_progress"
        return {
            "id": batch.batch_id,
            "type": "message_batch",
            "processing_status": "ended" if batch.ended_at else running,
            "request_counts": counts,
            "created_at": rfc3339(batch.created_at),
            "expires_at": rfc3339(batch.created_at + timedelta(hours=24)),
            "ended_at": rfc3339(batch.ended_at),
            "cancel_initiated_at": rfc3339(batch.canceled_at),
            "archived_at": None,
            "results_url": f"{self._host.url}{ROOT}/{batch.batch_id}/results"
            if batch.ended_at
            else None,
        }


def errored(error_type: str, message: str) -> dict[str, Any]:
    error = {"type": error_type, "message": message}
    request_id = f"req_{uuid4().hex[:24]}"
    return {
        "type": "errored",
        "error": {"type": "error", "error": error, "request_id": request_id},
    }


def rfc3339(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
