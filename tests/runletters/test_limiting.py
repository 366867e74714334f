"""The pace, on an injected clock: simulated callers against the fake's own buckets."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.fake_bill import Buckets

from runletters.limiting import DECREASE, Limiter, Ticket, fair_share, number


@dataclass
class Result:
    accepted_s: list[float] = field(default_factory=list)
    throttled_s: list[float] = field(default_factory=list)
    output_tokens: list[tuple[float, int]] = field(default_factory=list)

    def rate(self, from_s: float, to_s: float) -> float:
        """Accepted calls per minute."""
        return sum(from_s <= at < to_s for at in self.accepted_s) / (to_s - from_s) * 60

    def output_rate(self, from_s: float, to_s: float) -> float:
        tokens = sum(n for at, n in self.output_tokens if from_s <= at < to_s)
        return tokens / (to_s - from_s) * 60


def simulate(  # noqa: C901, PLR0915 - a small event loop, read from top to bottom
    limiters: list[Limiter],
    *,
    rpm: float,
    otpm: float = 1e12,
    seconds: float,
    callers: int = 512,
    burst_s: float = 1.0,
    foreign_per_s: Callable[[float], float] = lambda _: 0.0,
) -> list[Result]:
    """Callers that ask for a turn, call for 2 to 7 s, and ask again; one queue per limiter."""
    draw = random.Random(3)
    now = 0.0
    server = Buckets(rpm, 1e12, otpm, burst_s, clock=lambda: now)
    results = [Result() for _ in limiters]
    waiting = [callers for _ in limiters]
    events: list[tuple[float, int, str, int, Ticket | None, int]] = []
    sequence = 0

    def plan(at: float, what: str, who: int, ticket: Ticket | None = None, tokens: int = 0) -> None:
        nonlocal sequence
        sequence += 1
        heapq.heappush(events, (at, sequence, what, who, ticket, tokens))

    for who in range(len(limiters)):
        plan(0.0, "turn", who)
    plan(0.0, "foreign", 0)
    while events and events[0][0] < seconds:
        now, _, what, who, ticket, tokens = heapq.heappop(events)
        if what == "foreign":
            server.enter(0)
            rate = foreign_per_s(now)
            plan(now + (1 / rate if rate else 1.0), "foreign", 0)
            if not rate:
                server.requests.level += 1
            continue
        limiter, result = limiters[who], results[who]
        if what == "turn":
            wait_s = limiter.wait_s(400, now)
            if not waiting[who]:
                plan(now + 0.01, "turn", who)
            elif wait_s > 0:
                plan(now + min(wait_s, 0.5) + 0.001, "turn", who)  # a thread wakes up late
            else:
                taken = limiter.enter(400, now)
                waiting[who] -= 1
                plan(now + 0.02, "arrive", who, taken)
                plan(now, "turn", who)
        elif what == "arrive" and ticket is not None:
            refused_s = server.enter(400)
            if refused_s > 0:
                result.throttled_s.append(now)
                headers = server.headers() | {"retry-after": str(max(1, int(refused_s + 1)))}
                after_s = number(headers["retry-after"])
                limiter.throttled(ticket, headers, now, after_s)
                waiting[who] += 1
            else:
                result.accepted_s.append(now)
                plan(now + draw.uniform(2, 7), "done", who, ticket, draw.randint(100, 400))
        elif ticket is not None:
            server.output.level -= tokens
            result.output_tokens.append((now, tokens))
            limiter.answered(ticket, server.headers(), now, input_tokens=400, output_tokens=tokens)
            waiting[who] += 1
    return results


def test_one_process_reaches_the_allowed_rate_without_a_storm() -> None:
    """At 4,000 requests a minute: at least 95 % in steady state, hardly a 429."""
    (result,) = simulate([Limiter()], rpm=4000, seconds=180)

    share = result.rate(30, 180) / 4000
    print(f"requests: {share:.1%} of the limit, {len(result.throttled_s)} of 429")
    assert share >= 0.95
    assert len(result.throttled_s) <= 0.005 * len(result.accepted_s)


def test_output_tokens_bind_as_well() -> None:
    """Where output tokens are the brake, they are used to at least 95 %."""
    (result,) = simulate([Limiter()], rpm=4000, otpm=400_000, seconds=240)

    share = result.output_rate(60, 240) / 400_000
    print(f"output tokens: {share:.1%}, {len(result.throttled_s)} of 429")
    assert share >= 0.95
    assert len(result.throttled_s) <= 0.01 * len(result.accepted_s)


def test_a_process_keeps_to_its_share_where_nobody_else_calls() -> None:
    """A quarter is a quarter, also of a limit that would let everything through."""
    (result,) = simulate([Limiter(share=0.25)], rpm=4000, seconds=60)

    assert 0.2 <= result.rate(30, 60) / 4000 <= 0.26
    assert [] == result.throttled_s


def test_two_processes_share_fairly() -> None:
    """Each takes its half; together they reach the limit."""
    results = simulate([Limiter(share=0.5), Limiter(share=0.5)], rpm=4000, seconds=180)

    rates = [result.rate(30, 180) for result in results]
    print(f"two processes: {[round(rate) for rate in rates]} per minute")
    assert sum(rates) >= 0.95 * 4000
    assert abs(rates[0] - rates[1]) <= 0.05 * 4000


def test_a_stranger_on_the_same_limit_makes_no_storm() -> None:
    """Half the limit taken by others: we find our half, with few 429 and without collapse."""
    (result,) = simulate([Limiter()], rpm=4000, seconds=300, foreign_per_s=lambda _: 33.0)

    share = result.rate(60, 300) / 2000
    print(f"beside a stranger: {share:.1%} of what is left, {len(result.throttled_s)} of 429")
    assert share >= 0.80
    assert len(result.throttled_s) <= 0.05 * len(result.accepted_s)


def test_it_starts_slowly() -> None:
    """Nothing is known of the limits before the first answer: a few calls a second."""
    (result,) = simulate([Limiter()], rpm=4000, seconds=30)

    assert result.rate(0, 2) / 60 <= 6


def test_the_pace_doubles_each_second_from_a_quarter() -> None:
    """Whatever the number of answers in between: 1/4, 1/2, all of the limit, then no more."""
    limiter, paces = Limiter(), list[float]()
    for tenth in range(1, 45):
        at_s = tenth / 10
        ticket = limiter.enter(10, at_s)
        limiter.answered(ticket, headers(600, 600), at_s, input_tokens=10, output_tokens=10)
        paces.append(limiter.pace)

    assert [0.25] * 9 == paces[:9]
    assert [0.25, 0.5, 1.0] == sorted(set(paces))
    assert paces.index(1.0) - paces.index(0.5) in {9, 10, 11}


def headers(limit: int, remaining: int) -> dict[str, str]:
    return {
        "anthropic-ratelimit-requests-limit": str(limit),
        "anthropic-ratelimit-requests-remaining": str(remaining),
    }


def informed(limit: int = 600) -> Limiter:
    limiter = Limiter()
    ticket = limiter.enter(100, 0.0)
    limiter.answered(ticket, headers(limit, limit), 1.0, input_tokens=100, output_tokens=100)
    return limiter


def test_a_burst_of_429_slows_down_once() -> None:
    """Calls that started before the decrease belong to the same burst."""
    limiter = informed()
    tickets = [limiter.enter(10, 2.0) for _ in range(20)]
    before = limiter.pace

    for ticket in tickets:
        limiter.throttled(ticket, {}, 3.0, 1.0)

    assert limiter.decreases == 1
    assert limiter.pace == pytest.approx(before * DECREASE)


def test_the_next_burst_slows_down_again() -> None:
    """A call that started after the pause is news."""
    limiter = informed()
    limiter.throttled(limiter.enter(10, 2.0), {}, 3.0, 1.0)
    limiter.throttled(limiter.enter(10, 4.5), {}, 5.0, 1.0)

    assert limiter.decreases == 2


def test_overload_pauses_and_leaves_the_pace() -> None:
    """529 is everybody's: 1 s, then 2, then 4, and not a slower pace afterwards."""
    limiter = informed()
    before, pauses, now = limiter.pace, [], 2.0
    for _ in range(3):
        limiter.overloaded(limiter.enter(10, now), now, None)
        pauses.append(limiter.pause_left_s(now))
        now = limiter.paused_until_s + 0.1

    assert [1.0, 2.0, 4.0] == pytest.approx(pauses)
    assert before == limiter.pace
    assert limiter.decreases == 0


def test_a_long_retry_after_pauses_everything() -> None:
    """Nothing may start before the hour is over."""
    limiter = informed()

    limiter.throttled(limiter.enter(10, 2.0), {}, 3.0, 3600.0)

    assert limiter.wait_s(10, 3.0) == pytest.approx(3600.0)


def test_input_and_output_limits_are_not_swapped() -> None:
    """Each header feeds its own bucket (a peer has them crossed)."""
    limiter = Limiter()
    told = {
        "anthropic-ratelimit-input-tokens-limit": "2000000",
        "anthropic-ratelimit-output-tokens-limit": "400000",
    }

    limiter.answered(limiter.enter(9, 0.0), told, 1.0, input_tokens=9, output_tokens=9)

    assert limiter.buckets["input-tokens"].per_minute == 2_000_000
    assert limiter.buckets["output-tokens"].per_minute == 400_000


@given(st.text(max_size=12))
def test_no_header_value_breaks_it(value: str) -> None:
    """Odd numbers are as good as none."""
    limiter = informed()

    limiter.answered(
        limiter.enter(10, 2.0),
        {"anthropic-ratelimit-requests-limit": value},
        3.0,
        input_tokens=None,
        output_tokens=None,
    )

    assert limiter.wait_s(10, 4.0) >= 0


def test_shares_are_counted_in_flow_runs() -> None:
    """A process with two of three active flow runs may use two thirds."""
    assert fair_share(2, 3) == pytest.approx(2 / 3)
    assert fair_share(0, 0) == 1.0
