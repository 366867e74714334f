"""What can go wrong, by name; scripted one after the other, or drawn at random."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Mapping

BEFORE = (
    "429", "429_no_header", "429_long", "ramp", "spend_429", "spend_400", "401", "402", "403",
    "500", "503", "529", "reset", "hang",
)  # fmt: skip
"""Happen before the request is accepted: nothing is charged."""
AFTER = (
    "accepted_timeout", "accepted_reset", "accepted_504", "cut_body", "truncated_json", "html",
    "refusal", "refusal_partial", "max_tokens", "thinking_first", "empty", "not_json",
    "out_of_bounds", "markdown", "lie", "odd_json",
)  # fmt: skip
"""Happen after it; all but `html` are charged."""
SPEND_400 = (
    "You have reached your specified API usage limits. "
    "You will regain access on 2026-12-01 at 00:00 UTC."
)
STATUS = {
    "429": (429, "Number of request tokens has exceeded your per-minute rate limit", None),
    "429_no_header": (429, "This request would exceed your rate limit", None),
    "429_long": (429, "This request would exceed your rate limit", None),
    "ramp": (429, "Usage increased too quickly", "ramp_limit_exceeded"),
    "spend_429": (429, "Your organization's spend limit", "enforced_spend_limit_reached"),
    "spend_400": (400, SPEND_400, None),
    "401": (401, "invalid bearer token", None),
    "402": (402, "billing: payment required", None),
    "403": (403, "permission denied", None),
    "500": (500, "Internal server error", None),
    "503": (503, "Service unavailable", None),
    "529": (529, "Overloaded", None),
}  # fmt: skip
RETRY_AFTER = {"429": "1", "429_long": "3600", "ramp": "1"}
TRANSIENT = (
    "429", "429_no_header", "ramp", "500", "503", "529", "reset", "hang", "accepted_timeout",
    "accepted_reset", "accepted_504", "cut_body", "truncated_json", "html", "refusal",
    "refusal_partial", "max_tokens", "thinking_first", "empty", "not_json", "out_of_bounds",
    "markdown", "lie", "odd_json",
)  # fmt: skip
"""Everything that does not stop a run: the mix of chaos runs."""


class Faults:
    """Scripted faults come first, in order; `None` in a script is a good answer."""

    def __init__(self, rates: Mapping[str, float] | None = None, seed: int = 0) -> None:
        self.script: deque[str | None] = deque()
        self.rates = dict(rates or {})
        self._random = random.Random(seed)
        self.drawn: dict[str, int] = {}
        self.met: list[tuple[str, str]] = []  # fault and the SHA-256 of the body it befell

    def play(self, *faults: str | None) -> None:
        known = {*BEFORE, *AFTER, None}
        if unknown := set(faults) - known:
            raise ValueError(f"no such faults: {sorted(map(str, unknown))}")
        self.script.extend(faults)

    def next(self, body_sha256: str = "") -> str | None:
        fault = self.script.popleft() if self.script else self._drawn()
        if fault:
            self.drawn[fault] = self.drawn.get(fault, 0) + 1
            self.met.append((fault, body_sha256))
        return fault

    def _drawn(self) -> str | None:
        if not self.rates:
            return None
        at = self._random.random()
        for name, rate in self.rates.items():
            at -= rate
            if at < 0:
                return name
        return None


def even_rates(share: float, faults: Iterable[str] = TRANSIENT) -> dict[str, float]:
    """The same rate for each fault, `share` in all."""
    names = list(faults)
    return dict.fromkeys(names, share / len(names))
