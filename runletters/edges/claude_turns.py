"""Turns between the threads of a process: one waits for the pace, the others for it.

Only the head of the queue sleeps, so nobody wakes up in a crowd; a pause too long to
hold threads for is raised at once, and the work goes back to whoever asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from runletters.api_failures import Failure
from runletters.content import Usage
from runletters.errors import WriterPaused
from runletters.limiting import Limiter, Ticket
from runletters.pricing import Model
from runletters.progress import duration_text
from runletters.prompting import estimated_input_tokens

LONG_PAUSE_S = 30.0
"""A longer wait is not worth a thread."""
NAP_S = 0.5  # the head of the queue looks again this often: answers may change the pace
ACTIVE_S = 30  # a flow run counts as active for so long after its last call
SHARED_EVERY_S = 2.0

Shares: TypeAlias = Callable[[str, Collection[str]], float]
"""The part of a model's limits for these flow runs; `edges.live_runs.LiveRuns.share` is one."""


@dataclass
class _Lane:
    """The queue for one model, and when each flow run of this process last stood in it."""

    limiter: Limiter = field(default_factory=Limiter)
    mine: dict[str, float] = field(default_factory=dict[str, float])
    shared_s: float = float("-inf")
    queue: threading.Lock = field(default_factory=threading.Lock)
    state: threading.Lock = field(default_factory=threading.Lock)


class Turnstile:
    """The turns of every model, for the threads of one process."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        shares: Shares | None = None,
    ) -> None:
        """Nothing is known of any limit yet.

        Args:
            clock: seconds that only rise.
            sleep: how to wait.
            shares: the share of this process, given its own flow runs; None: all of it.
        """
        self._clock = clock
        self._sleep = sleep
        self._shares = shares
        self._lanes: dict[str, _Lane] = {}
        self._lock = threading.Lock()

    def wait(self, model: Model, parameters: Mapping[str, Any], flow_run_id: str) -> Ticket:
        """Return when it is this call's turn.

        Raises:
            WriterPaused: the turn is too far away to hold a thread for it.
        """
        lane = self._lane(model)
        tokens = estimated_input_tokens(model, parameters)
        self._refuse_long_pause(lane)
        with lane.queue:
            self._share_out(lane, model.id, flow_run_id)
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
            raise WriterPaused(
                f"Claude API: no calls for another {duration_text(left_s)}, as it asked.",
                remedy="What is left stays pending; run the same command again later.",
                retry_after_s=left_s,
            )

    def _share_out(self, lane: _Lane, model_id: str, flow_run_id: str) -> None:
        """Look at the shares every few seconds, and before the first call of a flow run."""
        now_s, is_new = self._clock(), flow_run_id not in lane.mine
        lane.mine[flow_run_id] = now_s
        is_fresh = now_s - lane.shared_s < SHARED_EVERY_S
        if self._shares is None or (is_fresh and not is_new):
            return
        lane.shared_s = now_s
        lane.mine = {run: at for run, at in lane.mine.items() if now_s - at <= ACTIVE_S}
        share = self._shares(model_id, lane.mine)
        with lane.state:
            lane.limiter.share = share
