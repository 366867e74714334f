"""A strict fake of the Claude API on loopback, with its own bill.

In tests: `with ClaudeApiServer() as server:`. Alone, for demos, chaos and benchmarks:
`PYTHONPATH=tests python -m servers.claude_api --port 8765 --faults 0.15`; then
`ANTHROPIC_BASE_URL=http://127.0.0.1:8765 ANTHROPIC_API_KEY=test-key`. Its own pages:
GET /fake/bill (every charge), GET /fake/total, GET /fake/stats,
GET /fake/faults (what befell which call), POST /fake/script (a list of faults).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

from servers import fake_texts
from servers.fake_batches import Batches
from servers.fake_bill import Bill, Bucket, Buckets, Cache, body_sha256, family, tokens_of
from servers.fake_faults import BEFORE, RETRY_AFTER, STATUS, Faults, even_rates
from servers.fake_http import HangUp, HttpServer, Request, Response, json_response
from servers.fake_rules import (
    THINKS_BY_DEFAULT,
    Rejected,
    check_caller,
    check_message,
    decoded,
    error_response,
    is_for_json,
    prompt_text,
)

THOUGHT = "The runner wants a text. I keep to the facts. " * 20
PAGES = {"broken": b'{"id": "msg', "list": b'["no object"]', "null": b"null", "other": b"{}"}
HTML = b"<!DOCTYPE html><html><head><title>502</title></head><body>Bad gateway</body></html>"


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How the fake answers; seconds unless named otherwise."""

    key: str = "test-key"
    letter_latency_s: tuple[float, float] = (0.0, 0.0)
    insight_latency_s: tuple[float, float] = (0.0, 0.0)
    requests_per_minute: float = 1e9
    input_tokens_per_minute: float = 1e12
    output_tokens_per_minute: float = 1e12
    counts_per_minute: float = 1e9  # of count_tokens, which has a limit of its own
    burst_s: float = 10.0
    hang_s: float = 600.0
    batch_s: float = 0.0  # until a batch ends
    batch_errored: float = 0.0  # shares of the lines of a batch
    batch_error: str = "api_error"  # the type of their error
    batch_expired: float = 0.0
    batch_done_at_cancel: float = 0.0  # share of the lines that were written before
    cancel_s: float = 0.0  # from a cancellation until the batch has ended
    fault_rates: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0


@dataclass
class Stats:
    """What the fake saw."""

    requests: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    by_status: dict[int, int] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)  # of accepted calls, time.monotonic()
    bodies: list[dict[str, Any]] = field(default_factory=list)  # kept only if asked


class ClaudeApiServer:
    """The fake, running; a context manager that stops it."""

    def __init__(
        self,
        behaviour: Behaviour | None = None,
        *,
        port: int = 0,
        write: fake_texts.TextBackend = fake_texts.grounded,
        keep_bodies: bool = False,
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.faults = Faults(self.behaviour.fault_rates, self.behaviour.seed)
        self.bill = Bill()
        self.stats = Stats()
        self.bad_pages: deque[str] = deque()  # bodies of the next answers but those to messages
        self._write = write
        self._keep_bodies = keep_bodies
        self._cache = Cache()
        self._buckets: dict[str, Buckets] = {}
        self._counting: dict[str, Bucket] = {}
        self._random = random.Random(self.behaviour.seed)
        self.batches = Batches(self)
        self.http = HttpServer(self._handle, port)
        self.url = self.http.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.http.stop()

    async def _handle(self, request: Request) -> Response:
        self.stats.requests += 1
        self.stats.in_flight += 1
        self.stats.most_in_flight = max(self.stats.most_in_flight, self.stats.in_flight)
        request_id = f"req_{uuid4().hex[:24]}"
        try:
            response = await self._routed(request, request_id)
            if self.bad_pages and response.status == 200 and request.path != "/v1/messages":
                response = bad_page(self.bad_pages.popleft())
        except Rejected as no:
            response = error_response(no.status, no.message, request_id, code=no.code)
        finally:
            self.stats.in_flight -= 1
        by = self.stats.by_status
        by[response.status] = by.get(response.status, 0) + 1
        return response

    async def _routed(self, request: Request, request_id: str) -> Response:
        if request.path.startswith("/fake/"):
            return self._own_page(request)
        check_caller(request, self.behaviour.key)
        match request.method, request.path:
            case "POST", "/v1/messages":
                return await self._message(decoded(request), request_id)
            case "POST", "/v1/messages/count_tokens":
                return self._count(decoded(request), request_id)
        if request.path.startswith("/v1/messages/batches"):
            return await self.batches.handle(request, request_id)
        raise Rejected(404, f"no such page: {request.method} {request.path}")

    def _count(self, body: Mapping[str, Any], request_id: str) -> Response:
        check_message(body, counting=True)
        wait_s = self._counting_bucket(body["model"]).enter()
        if wait_s > 0:
            after = {"retry-after": str(math.ceil(wait_s))}
            message = "This request would exceed the rate limit for counting tokens"
            return error_response(429, message, request_id, headers=after)
        count = tokens_of(body["model"], prompt_text(body))
        return json_response({"input_tokens": count}, headers={"request-id": request_id})

    async def _message(self, body: dict[str, Any], request_id: str) -> Response:
        check_message(body)
        fault = self.faults.next(body_sha256(body))
        if fault in BEFORE:
            return await self._refuse(fault, request_id)
        buckets = self._buckets_of(body["model"])
        wait_s = buckets.enter(tokens_of(body["model"], prompt_text(body)))
        if wait_s > 0:
            after = {"retry-after": str(max(1, math.ceil(wait_s))), **buckets.headers()}
            message = "This request would exceed your organization's rate limit"
            return error_response(429, message, request_id, headers=after)
        self.stats.starts.append(time.monotonic())
        if self._keep_bodies:
            self.stats.bodies.append(body)
        await asyncio.sleep(self._latency_s(body))
        message = self.message(body, fault)
        buckets.output.level -= message["usage"]["output_tokens"]
        return await self._deliver(body, message, fault, request_id, buckets)

    async def _refuse(self, fault: str | None, request_id: str) -> Response:
        if fault == "hang":
            await asyncio.sleep(self.behaviour.hang_s)
        if fault not in STATUS:
            raise HangUp
        status, message, code = STATUS[fault]
        after = {"retry-after": RETRY_AFTER[fault]} if fault in RETRY_AFTER else {}
        return error_response(status, message, request_id, code=code, headers=after)

    async def _deliver(
        self, body: dict[str, Any], message: dict[str, Any], fault: str | None,
        request_id: str, buckets: Buckets,
    ) -> Response:  # fmt: skip
        headers = {"request-id": request_id, **buckets.headers()}
        if fault == "html":  # a proxy's page: the API never saw the call
            return Response(200, HTML, headers, "text/html")
        lost = {"accepted_timeout", "accepted_reset", "accepted_504", "cut_body"}
        broken = {"truncated_json", "odd_json"}
        is_delivered = fault not in lost | broken
        self.bill.charge(
            body, message, request_id=request_id, fault=fault, is_delivered=is_delivered
        )
        if fault == "accepted_504":
            return error_response(504, "Gateway timeout", request_id)
        if fault == "accepted_timeout":
            await asyncio.sleep(self.behaviour.hang_s)
        if fault in {"accepted_timeout", "accepted_reset"}:
            raise HangUp
        raw = json.dumps(message, ensure_ascii=False).encode()
        if fault == "truncated_json":
            raw = raw[: len(raw) // 2]
        if fault == "odd_json":
            raw = b'["not", "a", "message"]'
        return Response(200, raw, headers, cut=len(raw) // 2 if fault == "cut_body" else None)

    def message(self, body: Mapping[str, Any], fault: str | None = None) -> dict[str, Any]:
        """A reply to a body, spoilt by a fault where one is given."""
        content, stop, details, thought = self._content(body, fault)
        text = "".join(block.get("text", "") for block in content)
        model = body["model"]
        output = tokens_of(model, text) + tokens_of(model, thought) if text or thought else 0
        if fault == "max_tokens":
            output = body["max_tokens"]
        return {
            "id": f"msg_{uuid4().hex[:24]}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "stop_details": details,
            "usage": {
                **self._cache.split(body),
                "output_tokens": output,
                "cache_creation": None,
                "output_tokens_details": {"thinking_tokens": tokens_of(model, thought)},
                "service_tier": "standard",
            },
        }

    def _content(
        self, body: Mapping[str, Any], fault: str | None
    ) -> tuple[list[dict[str, Any]], str, dict[str, Any] | None, str]:
        text = spoilt(fault, body) if fault in SPOILT else self._write(body)
        block = {"type": "text", "text": text}
        thinks = fault == "thinking_first" or self._thinks(body)
        thought = THOUGHT if thinks else ""
        first = [{"type": "thinking", "thinking": thought, "signature": "x"}] if thinks else []
        if thinks and tokens_of(body["model"], thought) >= body["max_tokens"]:
            return first, "max_tokens", None, thought
        if fault in {"refusal", "refusal_partial"}:
            details = {"type": "refusal", "category": "general_harms", "explanation": "declined"}
            half = {"type": "text", "text": text[: len(text) // 2]}
            return ([half] if fault == "refusal_partial" else []), "refusal", details, ""
        if fault == "empty":
            return [], "end_turn", None, ""
        if fault == "max_tokens":
            return [*first, block | {"text": text[: len(text) // 2]}], "max_tokens", None, thought
        return [*first, block], "end_turn", None, thought

    def _thinks(self, body: Mapping[str, Any]) -> bool:
        asked = (body.get("thinking") or {}).get("type")
        default = "adaptive" if body["model"] in THINKS_BY_DEFAULT else "disabled"
        return (asked or default) in {"adaptive", "enabled"}

    def _latency_s(self, body: Mapping[str, Any]) -> float:
        behaviour = self.behaviour
        span = behaviour.insight_latency_s if is_for_json(body) else behaviour.letter_latency_s
        return self._random.uniform(*span)

    def _buckets_of(self, model: str) -> Buckets:
        behaviour = self.behaviour
        if family(model) not in self._buckets:
            self._buckets[family(model)] = Buckets(
                behaviour.requests_per_minute,
                behaviour.input_tokens_per_minute,
                behaviour.output_tokens_per_minute,
                behaviour.burst_s,
            )
        return self._buckets[family(model)]

    def _counting_bucket(self, model: str) -> Bucket:
        fresh = Bucket(self.behaviour.counts_per_minute, self.behaviour.burst_s)
        return self._counting.setdefault(family(model), fresh)

    def _own_page(self, request: Request) -> Response:
        if request.path == "/fake/script":
            self.faults.play(*request.json())
            return json_response({"waiting": len(self.faults.script)})
        if request.path == "/fake/faults":
            return json_response(self.faults.met)
        if request.path == "/fake/total":
            return json_response(self.bill.total_nano_usd())
        if request.path == "/fake/bill":
            rows = self.bill.as_rows()
            return json_response({"total_nano_usd": self.bill.total_nano_usd(), "lines": rows})
        stats = {**vars(self.stats), "bodies": len(self.stats.bodies), "faults": self.faults.drawn}
        return json_response(stats)


def bad_page(kind: str) -> Response:
    """An answer with status 200 whose body is not what was asked for."""
    if kind == "html":
        return Response(200, HTML, {}, "text/html")
    return Response(200, PAGES[kind])


SPOILT = {"not_json", "out_of_bounds", "markdown", "lie"}


def spoilt(fault: str | None, body: Mapping[str, Any]) -> str:
    """A reply that arrives whole and is wrong in itself."""
    text = fake_texts.grounded(body)
    if fault == "lie":
        return fake_texts.lying(body)
    if fault == "markdown":
        return text if is_for_json(body) else f"## Your run\n\n**{text.strip()}**"
    if not is_for_json(body):
        return text
    if fault == "not_json":
        return "Here is the insight: it was a good run."
    insight = json.loads(text)
    return json.dumps(insight | {"recommendations": insight["recommendations"] * 4})


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--key", default="test-key")
    parser.add_argument("--letter-latency", type=float, nargs=2, default=(0.0, 0.0))
    parser.add_argument("--insight-latency", type=float, nargs=2, default=(0.0, 0.0))
    parser.add_argument("--rpm", type=float, default=1e9)
    parser.add_argument("--itpm", type=float, default=1e12)
    parser.add_argument("--otpm", type=float, default=1e12)
    parser.add_argument("--counts", type=float, default=1e9, help="count_tokens per minute")
    parser.add_argument("--burst", type=float, default=10.0, help="seconds of the limit at once")
    parser.add_argument("--hang", type=float, default=600.0)
    parser.add_argument("--batch", type=float, default=0.0, help="seconds until a batch ends")
    parser.add_argument("--batch-errored", type=float, default=0.0, help="share of lines")
    parser.add_argument("--batch-expired", type=float, default=0.0, help="share of lines")
    parser.add_argument("--faults", type=float, default=0.0, help="share of faulty answers")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lie", action="store_true", help="write figures that are not true")
    given = parser.parse_args(arguments)
    behaviour = Behaviour(
        key=given.key,
        letter_latency_s=tuple(given.letter_latency),
        insight_latency_s=tuple(given.insight_latency),
        requests_per_minute=given.rpm,
        input_tokens_per_minute=given.itpm,
        output_tokens_per_minute=given.otpm,
        counts_per_minute=given.counts,
        burst_s=given.burst,
        hang_s=given.hang,
        batch_s=given.batch,
        batch_errored=given.batch_errored,
        batch_expired=given.batch_expired,
        fault_rates=even_rates(given.faults) if given.faults else {},
        seed=given.seed,
    )
    write = fake_texts.lying if given.lie else fake_texts.grounded
    with ClaudeApiServer(behaviour, port=given.port, write=write) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
