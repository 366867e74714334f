"""What the fake counts and charges: tokens, its own price list, buckets, one line per call."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from servers.fake_rules import prompt_text, text_of

# US dollars per million tokens: input, output, cache write, cache read. Written down
# here once more on purpose: a wrong row in the product's own list must not agree.
PRICES: dict[str, list[tuple[int | None, tuple[str, str, str, str]]]] = {
    "claude-haiku-4-5": [(None, ("1.00", "5.00", "1.25", "0.10"))],
    # Released after our catalogue was written: it is charged, and we know no price.
    "claude-novel-1": [(None, ("2.00", "9.00", "2.50", "0.20"))],
    "claude-haiku-5-5": [
        (100_000, ("0.10", "0.50", "0.125", "0.01")),
        (None, ("0.50", "2.50", "0.625", "0.05")),
    ],
}
LEAST_CACHEABLE = {"claude-haiku-4-5": 4096, "claude-haiku-5-5": 512, "claude-novel-1": 512}
TOKENIZER = {
    "claude-haiku-4-5": Fraction(1),
    "claude-haiku-5-5": Fraction(13, 10),
    "claude-novel-1": Fraction(1),
}
CACHE_S = 300.0


def family(model: str) -> str:
    return "claude-haiku-4-5" if model.startswith("claude-haiku-4-5") else model


def tokens_of(model: str, text: str) -> int:
    return math.ceil(Fraction(len(text.encode()), 4) * TOKENIZER[family(model)])


def price_nano_usd(model: str, usage: Mapping[str, int], *, is_batch: bool) -> int:
    """The bill of one call: exact, then up to the next whole nano-dollar."""
    counts = (
        usage["input_tokens"], usage["output_tokens"],
        usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"],
    )  # fmt: skip
    prompt = counts[0] + counts[2] + counts[3]
    bands = PRICES[family(model)]
    prices = next(p for most, p in bands if most is None or prompt <= most)
    usd = sum(
        (Fraction(n) * Fraction(p) / 1_000_000 for n, p in zip(counts, prices, strict=True)),
        Fraction(0),
    )
    return math.ceil(usd * (Fraction(1, 2) if is_batch else 1) * 10**9)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One call that was charged, or that was answered without charge."""

    request_id: str
    model: str
    mode: str
    body_sha256: str
    fault: str | None
    cost_nano_usd: int
    usage: dict[str, int]
    is_delivered: bool  # whether a body with usage left the server whole
    at: float


@dataclass
class Cache:
    """Prompt caching of system texts, as far as our requests use it."""

    clock: Callable[[], float] = time.monotonic
    _until: dict[str, float] = field(default_factory=dict)

    def split(self, body: Mapping[str, Any]) -> dict[str, int]:
        """Input tokens by bucket; below the least cacheable length nothing is cached."""
        model = body["model"]
        total = tokens_of(model, prompt_text(body))
        usage = {
            "input_tokens": total,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        }
        system = body.get("system")
        is_marked = isinstance(system, list) and any("cache_control" in block for block in system)
        cached = tokens_of(model, text_of(system)) if is_marked else 0
        if cached < LEAST_CACHEABLE[family(model)]:
            return usage
        key = hashlib.sha256((model + text_of(system)).encode()).hexdigest()
        is_hit = self._until.get(key, 0.0) > self.clock()
        self._until[key] = self.clock() + CACHE_S
        usage["cache_read_input_tokens" if is_hit else "cache_creation_input_tokens"] = cached
        return usage | {"input_tokens": total - cached}


class Bill:
    """Every line the fake would have charged."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def charge(
        self, body: Mapping[str, Any], message: Mapping[str, Any], *, request_id: str,
        mode: str = "live", fault: str | None = None, is_delivered: bool = True,
    ) -> None:  # fmt: skip
        usage = message["usage"]
        self.lines.append(
            Line(
                request_id=request_id,
                model=body["model"],
                mode=mode,
                body_sha256=body_sha256(body),
                fault=fault,
                cost_nano_usd=price_nano_usd(body["model"], usage, is_batch=mode == "batch"),
                usage={name: n for name, n in usage.items() if isinstance(n, int)},
                is_delivered=is_delivered,
                at=time.time(),
            )
        )

    def total_nano_usd(self, *, delivered: bool | None = None) -> int:
        return sum(
            line.cost_nano_usd
            for line in self.lines
            if delivered is None or line.is_delivered == delivered
        )

    def as_rows(self) -> list[dict[str, Any]]:
        return [asdict(line) for line in self.lines]


def body_sha256(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(dict(body), sort_keys=True).encode()).hexdigest()


@dataclass
class Bucket:
    """Continuous refill up to `burst`; may be drawn below zero by what was already produced."""

    per_minute: float
    burst_s: float
    clock: Callable[[], float] = time.monotonic
    level: float = 0.0
    at: float = 0.0

    def __post_init__(self) -> None:
        self.level, self.at = self.burst, self.clock()

    @property
    def burst(self) -> float:
        return max(1.0, self.per_minute * self.burst_s / 60)

    def refill(self) -> float:
        now = self.clock()
        self.level = min(self.burst, self.level + (now - self.at) * self.per_minute / 60)
        self.at = now
        return self.level

    def wait_s(self, amount: float) -> float:
        missing = min(amount, self.burst) - self.refill()
        return max(0.0, missing * 60 / self.per_minute)

    def enter(self) -> float:
        """0 if one more may start, else the seconds to wait."""
        if (wait_s := self.wait_s(1)) > 0:
            return wait_s
        self.level -= 1
        return 0.0


class Buckets:
    """Requests, input and output tokens of one model."""

    def __init__(
        self,
        rpm: float,
        itpm: float,
        otpm: float,
        burst_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.requests = Bucket(rpm, burst_s, clock)
        self.input = Bucket(itpm, burst_s, clock)
        self.output = Bucket(otpm, burst_s, clock)

    def enter(self, input_tokens: int) -> float:
        """0 if the call may start, else the seconds to wait."""
        waits = (
            self.requests.wait_s(1),
            self.input.wait_s(input_tokens),
            self.output.wait_s(1),
        )
        if max(waits) > 0:
            return max(waits)
        self.requests.level -= 1
        self.input.level -= input_tokens
        return 0.0

    def headers(self) -> dict[str, str]:
        """The rate-limit headers: token figures rounded to thousands, resets in RFC 3339."""
        tokens = min(self.input, self.output, key=lambda b: b.refill() / b.per_minute)
        named = (
            ("requests", self.requests, 1), ("input-tokens", self.input, 1000),
            ("output-tokens", self.output, 1000), ("tokens", tokens, 1000),
        )  # fmt: skip
        headers: dict[str, str] = {}
        for name, bucket, grain in named:
            level = max(0.0, bucket.refill())
            full_s = (bucket.burst - level) * 60 / bucket.per_minute
            reset = datetime.now(UTC) + timedelta(seconds=full_s)
            headers[f"anthropic-ratelimit-{name}-limit"] = str(int(bucket.per_minute))
            headers[f"anthropic-ratelimit-{name}-remaining"] = str(round(level / grain) * grain)
            headers[f"anthropic-ratelimit-{name}-reset"] = reset.strftime("%Y-%m-%dT%H:%M:%SZ")
        return headers
