"""How fast to call: three buckets per model, fed by the API's own headers.

Pure: the clock is passed in as seconds that only rise; nobody sleeps here. Limits are
never written down, they are read from each answer. Two things slow a caller down apart
from the limits themselves: a throttled burst (429) makes the pace smaller once and lets
it grow back little by little; an overload (529) is everybody's trouble, so it pauses the
queue and leaves the pace alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal, TypeAlias

Name: TypeAlias = Literal["requests", "input-tokens", "output-tokens"]
NAMES: tuple[Name, ...] = ("requests", "input-tokens", "output-tokens")

START_PER_S = 4.0  # calls per second while no answer has told the limits
BURST_S = 2.0  # seconds of the limit that may be used at once; evens out late wake-ups
FIRST_PACE = 0.25  # of the limit, once it is known
DOUBLING_S = 1.0  # slow start: twice the pace after each such time with an answer
DECREASE = 0.8  # of the pace, once per burst of 429
INCREASE_PER_S = 0.04  # of the limit, after the first 429
LEAST_PACE = 0.02
FIRST_BACKOFF_S = 1.0
MOST_BACKOFF_S = 30.0
FIRST_OUTPUT_TOKENS = 250.0  # expected of a reply until some have come
SMOOTHING = 0.05


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """A call that may start: when, and what was set aside for it."""

    started_s: float
    input_tokens: float
    output_tokens: float


@dataclass
class Bucket:
    """Tokens that refill without a break; may fall below zero by what was misjudged."""

    per_minute: float | None = None
    level: float = 0.0
    at_s: float = 0.0

    def learn(self, per_minute: float, remaining: float | None, now_s: float, pace: float) -> None:
        """Take over what a header says; never more than it leaves."""
        if self.per_minute is None:
            self.at_s = now_s
        self.refill(now_s, pace)
        self.per_minute = per_minute
        if remaining is not None:
            self.level = min(self.level, remaining)

    def refill(self, now_s: float, pace: float) -> None:
        """Let the time since the last look flow in."""
        if self.per_minute is not None:
            per_s = self.per_minute / 60 * pace
            most = max(per_s * BURST_S, 1.0)
            self.level = min(max(most, self.level), self.level + (now_s - self.at_s) * per_s)
        self.at_s = now_s

    def wait_s(self, amount: float, now_s: float, pace: float) -> float:
        """Seconds until `amount` is there; what the bucket can never hold waits for it full."""
        if self.per_minute is None:
            return 0.0
        self.refill(now_s, pace)
        per_s = self.per_minute / 60 * pace
        missing = min(amount, max(per_s * BURST_S, 1.0)) - self.level
        return max(0.0, missing / per_s)


@dataclass
class Limiter:
    """The pace of one model in one process. Not thread-safe; its shell holds the lock."""

    share: float = 1.0  # of the organisation's limits that this process may use
    pace: float = FIRST_PACE
    buckets: dict[Name, Bucket] = field(default_factory=lambda: {name: Bucket() for name in NAMES})
    paused_until_s: float = 0.0
    decreases: int = 0
    _is_slow_start: bool = True
    _changed_s: float = 0.0
    _decreased_s: float = -1.0
    _backed_off_s: float = -1.0
    _backoff_s: float = FIRST_BACKOFF_S
    _expected_output: float = FIRST_OUTPUT_TOKENS
    _next_blind_s: float = 0.0

    def pause_left_s(self, now_s: float) -> float:
        """Seconds for which nothing may start."""
        return max(0.0, self.paused_until_s - now_s)

    def wait_s(self, input_tokens: float, now_s: float) -> float:
        """Seconds until a call of that size may start; 0: now."""
        needs = self._needs(input_tokens)
        waits = [self.buckets[name].wait_s(needs[name], now_s, self._rate()) for name in NAMES]
        if not self.is_informed:
            waits.append(self._next_blind_s - now_s)
        return max(*waits, self.pause_left_s(now_s), 0.0)

    def enter(self, input_tokens: float, now_s: float) -> Ticket:
        """Start a call and take what it is expected to use."""
        for name, amount in self._needs(input_tokens).items():
            self.buckets[name].refill(now_s, self._rate())
            self.buckets[name].level -= amount
        self._next_blind_s = max(self._next_blind_s, now_s) + 1 / (START_PER_S * self.share)
        return Ticket(
            started_s=now_s, input_tokens=input_tokens, output_tokens=self._expected_output
        )

    def answered(
        self,
        ticket: Ticket,
        headers: Mapping[str, str],
        now_s: float,
        *,
        input_tokens: float | None,
        output_tokens: float | None,
    ) -> None:
        """Learn from an answer; token counts are what it was really charged for."""
        self._settle(ticket, input_tokens, output_tokens)
        self._learn(headers, now_s)
        self._backoff_s = FIRST_BACKOFF_S
        self._grow(now_s)
        if output_tokens is not None:
            self._expected_output += SMOOTHING * (output_tokens - self._expected_output)

    def throttled(
        self, ticket: Ticket, headers: Mapping[str, str], now_s: float, retry_after_s: float | None
    ) -> None:
        """A 429: pause, and slow down once for all calls that started before we did."""
        self._settle(ticket, 0, 0)
        self._learn(headers, now_s)
        if retry_after_s is not None:
            self.paused_until_s = max(self.paused_until_s, now_s + retry_after_s)
        if ticket.started_s <= self._decreased_s:
            return
        if retry_after_s is None:
            self._back_off(now_s)
        self.decreases += 1
        self.pace = max(LEAST_PACE, self.pace * DECREASE)
        self._is_slow_start = False
        self._decreased_s = self._changed_s = max(now_s, self.paused_until_s)

    def overloaded(self, ticket: Ticket, now_s: float, retry_after_s: float | None) -> None:
        """A 529: everybody waits, twice as long each time; the pace stays."""
        self._settle(ticket, 0, 0)
        if retry_after_s is not None:
            self.paused_until_s = max(self.paused_until_s, now_s + retry_after_s)
        elif ticket.started_s > self._backed_off_s:
            self._back_off(now_s)

    def failed(self, ticket: Ticket) -> None:
        """A call that brought nothing; its tokens may have been used, its request was."""
        del ticket  # the reservation stays: carefulness costs one call's worth of pace

    @property
    def is_informed(self) -> bool:
        """Whether an answer has told the limit of requests."""
        return self.buckets["requests"].per_minute is not None

    def _rate(self) -> float:
        return self.pace * self.share

    def _needs(self, input_tokens: float) -> dict[Name, float]:
        return {
            "requests": 1.0,
            "input-tokens": input_tokens,
            "output-tokens": self._expected_output,
        }

    def _settle(
        self, ticket: Ticket, input_tokens: float | None, output_tokens: float | None
    ) -> None:
        if input_tokens is not None:
            self.buckets["input-tokens"].level += ticket.input_tokens - input_tokens
        if output_tokens is not None:
            self.buckets["output-tokens"].level += ticket.output_tokens - output_tokens

    def _learn(self, headers: Mapping[str, str], now_s: float) -> None:
        for name in NAMES:
            limit = number(headers.get(f"anthropic-ratelimit-{name}-limit"))
            remaining = number(headers.get(f"anthropic-ratelimit-{name}-remaining"))
            if limit:
                self.buckets[name].learn(limit, remaining, now_s, self._rate())

    def _grow(self, now_s: float) -> None:
        passed_s = now_s - self._changed_s
        if passed_s <= 0:
            return
        if not self._is_slow_start:
            self.pace = min(1.0, self.pace + INCREASE_PER_S * min(passed_s, DOUBLING_S))
            self._changed_s = now_s
        elif passed_s >= DOUBLING_S:
            self.pace = min(1.0, self.pace * 2)
            self._changed_s = now_s

    def _back_off(self, now_s: float) -> None:
        self.paused_until_s = max(self.paused_until_s, now_s + self._backoff_s)
        self._backed_off_s = self.paused_until_s
        self._backoff_s = min(MOST_BACKOFF_S, self._backoff_s * 2)


def fair_share(mine: int, all_of_them: int) -> float:
    """The part of the limits for a process with that many of all active flow runs."""
    return max(1, mine) / max(1, mine, all_of_them)


def number(text: str | None) -> float | None:
    """A header's number; None where there is none."""
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and value >= 0 and isfinite(value) else None
