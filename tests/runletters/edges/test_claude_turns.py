"""Turns between threads, on real threads and a real clock, against the fake's buckets."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from servers.alone import process_of
from servers.claude_api import Behaviour, ClaudeApiServer
from servers.claude_items import fact_sheet, item_of

from runletters.api_failures import Failure
from runletters.edges.claude import ClaudeApi
from runletters.edges.claude_calls import PaidCalls
from runletters.edges.claude_turns import Turnstile
from runletters.edges.claude_writer import ClaudeWriter
from runletters.edges.live_runs import SEEN_S, LiveRuns
from runletters.edges.store import Store
from runletters.errors import WriterUnavailable
from runletters.pricing import find_model
from runletters.settings import Settings

SECONDS = 20  # as in servers/caller.py
MODEL = find_model("claude-haiku-4-5")


@pytest.fixture
def server() -> Iterator[ClaudeApiServer]:
    behaviour = Behaviour(
        letter_latency_s=(0.1, 0.3), requests_per_minute=1_200, burst_s=1.0, hang_s=2
    )
    with ClaudeApiServer(behaviour) as running:
        yield running


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store.open(settings.store) as opened:
        opened.ensure_user("ada", now=datetime.now(UTC))
        yield opened


@pytest.mark.slow
def test_many_threads_keep_the_pace_without_a_storm(
    server: ClaudeApiServer, settings: Settings, store: Store
) -> None:
    """32 threads at 20 calls a second: every text is written, hardly a 429 on the way."""
    writer = ClaudeWriter(PaidCalls(api=ClaudeApi.open(settings), ledger=store))
    items = [item_of(fact_sheet(f"a{index}"), "letter", settings) for index in range(160)]

    with ThreadPoolExecutor(32) as threads:
        outcomes = list(threads.map(lambda item: writer.write(item, "run-1"), items))

    starts = sorted(server.stats.starts)
    steady = [at for at in starts if at >= starts[0] + 4]
    rate_per_s = (len(steady) - 1) / (steady[-1] - steady[0])
    throttled = server.stats.by_status.get(429, 0)
    print(f"{rate_per_s:.1f} of 20 calls per second, {throttled} of 429")
    assert all(outcome.is_done for outcome in outcomes)
    assert throttled <= 5
    assert rate_per_s >= 0.9 * 20
    assert server.bill.total_nano_usd() == sum(o.cost_nano_usd or 0 for o in outcomes)


def test_a_throttled_call_is_asked_again_without_a_retry_of_its_task(
    server: ClaudeApiServer, settings: Settings, store: Store
) -> None:
    """Waits of a second or so are sat out here; each try is a row."""
    writer = ClaudeWriter(PaidCalls(api=ClaudeApi.open(settings), ledger=store))
    server.faults.play("429", "529")

    outcome = writer.write(item_of(fact_sheet(), "letter", settings), "run-1")

    assert outcome.is_done
    rows = store.attempts().to_dicts()
    assert ["failed", "failed", "succeeded"] == [row["outcome"] for row in rows]
    assert len({row["attempt_id"] for row in rows}) == 3


def test_a_long_pause_gives_the_work_back_at_once(
    server: ClaudeApiServer, settings: Settings, store: Store
) -> None:
    """retry-after of an hour: no thread sleeps, no second call is made, the wish is told."""
    writer = ClaudeWriter(PaidCalls(api=ClaudeApi.open(settings), ledger=store))
    server.faults.play("429_long")
    began = time.monotonic()

    for activity_id in ("a1", "a2"):
        with pytest.raises(WriterUnavailable) as caught:
            writer.write(item_of(fact_sheet(activity_id), "letter", settings), "run-1")
        assert caught.value.retry_after_s == pytest.approx(3600, abs=5)

    assert time.monotonic() - began < 2
    assert server.stats.requests == 1


def test_one_sleeper_and_no_crowd() -> None:
    """The head of the queue waits on the clock that is given; nobody else does."""
    naps: list[float] = []
    clock = [0.0]

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        clock[0] += seconds

    turns = Turnstile(clock=lambda: clock[0], sleep=sleep)
    ticket = turns.wait(MODEL, {"messages": []}, "run")
    failure = Failure(status=429, error_type="rate_limit_error", retry_after_s=10)
    turns.failed(MODEL, ticket, {}, failure)

    turns.wait(MODEL, {"messages": []}, "run")

    assert sum(naps) == pytest.approx(10)
    assert turns.pause_left_s(MODEL) == 0


def test_live_runs_share_a_model_and_the_silent_make_room(store_url: str, now: datetime) -> None:
    """Each says that it calls and sees who else does; half a minute of silence frees a share."""
    moment = [now]
    with Store.open(store_url) as shared:
        one, other = (LiveRuns(shared, lambda: moment[0]) for _ in "ab")

        alone = one.share("haiku", {"a"})
        beside = other.share("haiku", {"b", "c"})
        third = one.share("haiku", {"a"})
        elsewhere = one.share("opus", {"a"})
        moment[0] += timedelta(seconds=SEEN_S + 1)
        again = one.share("haiku", {"a"})

    assert [1.0, 2 / 3, 1 / 3, 1.0, 1.0] == pytest.approx([alone, beside, third, elsewhere, again])


def test_a_new_run_looks_at_the_shares_before_its_first_call() -> None:
    """And the process looks again every two seconds, not with every call."""
    asked: list[tuple[str, set[str]]] = []
    clock = [0.0]

    def share(model_id: str, mine: Collection[str]) -> float:
        asked.append((model_id, set(mine)))
        return 0.5

    turns = Turnstile(clock=lambda: clock[0], sleep=lambda _: None, shares=share)
    for at_s, run in ((0.0, "a"), (1.0, "a"), (1.5, "b"), (2.0, "b"), (3.6, "a")):
        clock[0] = at_s
        turns.wait(MODEL, {"messages": []}, run)

    assert [(MODEL.id, {"a"}), (MODEL.id, {"a", "b"}), (MODEL.id, {"a", "b"})] == asked


@pytest.mark.slow
def test_two_processes_share_the_limit_from_their_first_call(
    server: ClaudeApiServer, settings: Settings, store: Store
) -> None:
    """Each of two stays near its half of 20 calls a second, whoever came first."""
    callers = [process_of("caller", settings.store, server.url, run) for run in "ab"]
    assert ["ready\n"] * 2 == [each.stdout.readline() for each in callers if each.stdout]
    for each in callers:
        assert each.stdin
        each.stdin.write("go\n")
        each.stdin.flush()
    first, second = (int(each.communicate(timeout=120)[0]) for each in callers)

    assert store is not None
    print(f"calls of two processes: {first} and {second}; {server.stats.by_status}")
    assert abs(first - second) <= 0.25 * max(first, second)
    assert max(first, second) <= 1.1 * 10 * SECONDS
    assert first + second >= 0.5 * 20 * SECONDS
    assert server.stats.by_status.get(429, 0) <= 0.05 * (first + second)
