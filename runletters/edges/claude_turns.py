"""Turns between the threads of a process: one waits for the pace, the others for it.

Only the head of the queue sleeps, so nobody wakes up in a crowd; a pause too long to
hold threads for is raised at once, and the work goes back to whoever asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from runletters.api_failures import Failure
from runletters.content import Usage
from runletters.edges.store_base import StoreBase
from runletters.edges.store_schema import attempts
from runletters.errors import WriterUnavailable
from runletters.limiting import Limiter, Ticket, fair_share
from runletters.pricing import Model
from runletters.prompting import estimated_input_tokens

LONG_PAUSE_S = 30.0
"""A longer wait is not worth a thread."""
NAP_S = 0.5  # the head of the queue looks again this often: answers may change the pace
ACTIVE_S = 60  # a flow run counts as active for so long after its last call
SHARED_EVERY_S = 5.0


@dataclass
class _Lane:
    limiter: Limiter = field(default_factory=Limiter)
    queue: threading.Lock = field(default_factory=threading.Lock)
    state: threading.Lock = field(default_factory=threading.Lock)


class Turnstile:
    """The turns of every model, for the threads of one process."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        others: Callable[[set[str]], float] | None = None,
    ) -> None:
        """Nothing is known of any limit yet.

        Args:
            clock: seconds that only rise.
            sleep: how to wait.
            others: the share of this process, given its own flow runs; None: all of it.
        """
        self._clock = clock
        self._sleep = sleep
        self._others = others
        self._lanes: dict[str, _Lane] = {}
        self._mine: dict[str, float] = {}
        self._shared_s = float("-inf")
        self._lock = threading.Lock()

    def wait(self, model: Model, parameters: Mapping[str, Any], flow_run_id: str) -> Ticket:
        """Return when it is this call's turn.

        Raises:
            WriterUnavailable: the turn is too far away to hold a thread for it.
        """
        lane = self._lane(model)
        tokens = estimated_input_tokens(model, parameters)
        self._refuse_long_pause(lane)
        with lane.queue:
            self._share_out(lane, flow_run_id)
            while (wait_s := self._wait_s(lane, tokens)) > 0:
                self._refuse_long_pause(lane)
                self._sleep(min(wait_s, NAP_S))
            with lane.state:
                return lane.limiter.enter(tokens, self._clock())

    def answered(
        self, model: Model, ticket: Ticket, headers: Mapping[str, str], usage: Usage | None
    ) -> None:
        """Learn from an answer. Tokens read from the cache do not count to the limit."""
        lane = self._lane(model)
        with lane.state:
            lane.limiter.answered(
                ticket,
                headers,
                self._clock(),
                input_tokens=usage.input_tokens + usage.cache_write_tokens if usage else None,
                output_tokens=usage.output_tokens if usage else None,
            )

    def failed(
        self, model: Model, ticket: Ticket, headers: Mapping[str, str], failure: Failure
    ) -> None:
        """Learn from a call that failed."""
        lane = self._lane(model)
        with lane.state:
            now_s, after_s = self._clock(), failure.retry_after_s
            match failure.verdict:
                case "throttled":
                    lane.limiter.throttled(ticket, headers, now_s, after_s)
                case "overloaded":
                    lane.limiter.overloaded(ticket, now_s, after_s)
                case _:
                    lane.limiter.failed(ticket)

    def pause_left_s(self, model: Model) -> float:
        """Seconds for which no call to that model may start; flows wait them out."""
        lane = self._lane(model)
        with lane.state:
            return lane.limiter.pause_left_s(self._clock())

    def _lane(self, model: Model) -> _Lane:
        with self._lock:
            return self._lanes.setdefault(model.id, _Lane())

    def _wait_s(self, lane: _Lane, tokens: int) -> float:
        with lane.state:
            return lane.limiter.wait_s(tokens, self._clock())

    def _refuse_long_pause(self, lane: _Lane) -> None:
        with lane.state:
            left_s = lane.limiter.pause_left_s(self._clock())
        if left_s > LONG_PAUSE_S:
            raise WriterUnavailable(
                f"Claude API: no calls for another {left_s:.0f} s, as it asked.",
                remedy="What is left stays pending; run the same command again later.",
                retry_after_s=left_s,
            )

    def _share_out(self, lane: _Lane, flow_run_id: str) -> None:
        now_s = self._clock()
        self._mine[flow_run_id] = now_s
        if self._others is None or now_s - self._shared_s < SHARED_EVERY_S:
            return
        self._shared_s = now_s
        self._mine = {run: at for run, at in self._mine.items() if now_s - at <= ACTIVE_S}
        share = self._others(set(self._mine))
        with lane.state:
            lane.limiter.share = share


def share_by_ledger(store: StoreBase, now: Callable[[], datetime]) -> Callable[[set[str]], float]:
    """The share of a process, from the flow runs that the shared ledger saw lately."""

    def share(mine: Iterable[str]) -> float:
        own = set(mine)
        return fair_share(len(own), len(own | active_runs(store, now())))

    return share


def active_runs(store: StoreBase, now: datetime) -> set[str]:
    """Flow runs that began a call within the last minute."""
    since = now - timedelta(seconds=ACTIVE_S)
    query = (
        sa.select(attempts.c.flow_run_id)
        .where(attempts.c.started_at >= since, attempts.c.mode == "live")
        .distinct()
    )
    with store.engine.connect() as connection:
        return {str(run) for run in connection.scalars(query) if run}
