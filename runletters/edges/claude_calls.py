"""One call that costs money, accounted for: reserve, wait for a turn, intend, ask, settle.

The ledger knows of a call before the API does, and every end of it is written down: a
reply, an error answer, or silence after which nobody here knows whether it was billed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import uuid4

from runletters.api_failures import Failure
from runletters.budgeting import Reservation
from runletters.content import Usage, WorkItem
from runletters.edges.claude import CallFailed, ClaudeApi
from runletters.edges.claude_needs import Ledger, Purse, Turns
from runletters.edges.claude_turns import Turnstile
from runletters.errors import BudgetReached, WriterStopped
from runletters.gatekeeping import Fault, fault_lines, is_blocking
from runletters.ledger import Attempt, AttemptOutcome, Mode
from runletters.limiting import Ticket
from runletters.pricing import Model, cost_nano_usd
from runletters.replies import Reply, kept_json, read_reply

Judge: TypeAlias = Callable[[Reply], Sequence[Fault]]
RunOver: TypeAlias = WriterStopped | BudgetReached

_LOG = logging.getLogger(__name__)

PASSING = frozenset({"throttled", "overloaded"})
PATIENCE = 6
"""Turns of 429 or 529 that one call waits out here; none of them was billed."""


def utc_now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A reply, what the judge found, and what it cost."""

    reply: Reply
    findings: tuple[Fault, ...]
    usage: Usage
    cost_nano_usd: int | None

    @property
    def is_accepted(self) -> bool:
        """Whether the text can be kept."""
        return self.reply.is_usable and not any(map(is_blocking, self.findings))

    @property
    def in_ledger(self) -> AttemptOutcome:
        """How the ledger names it: a good reply that the gate rejects is rejected."""
        is_rejected = self.reply.is_usable and not self.is_accepted
        return "rejected" if is_rejected else self.reply.in_ledger


@dataclass(frozen=True)
class _Call:
    """One call, before it is made."""

    intent: Attempt
    item: WorkItem
    model: Model
    parameters: Mapping[str, Any]
    judge: Judge

    @property
    def run(self) -> str:
        return self.intent.flow_run_id or ""


@dataclass(frozen=True, kw_only=True)
class PaidCalls:
    """Asks the API on behalf of work items and keeps the books."""

    api: ClaudeApi
    ledger: Ledger
    turns: Turns = field(default_factory=Turnstile)
    purse: Purse | None = None
    now: Callable[[], datetime] = utc_now
    stops: dict[str, RunOver] = field(default_factory=dict[str, "RunOver"])
    """Runs that are over, and why: their other threads need not be told by the API."""

    def begin(self, flow_run_id: str, limit_nano_usd: int | None) -> None:
        """A run starts, perhaps once more: what stopped it before is forgotten."""
        self.stops.pop(flow_run_id, None)
        if self.purse is not None:
            self.purse.begin(flow_run_id, limit_nano_usd)

    def ask(
        self,
        intent: Attempt,
        item: WorkItem,
        model: Model,
        parameters: Mapping[str, Any],
        *,
        judge: Judge,
    ) -> Judged:
        """Ask until there is an answer, a reason to give up, or patience ends.

        Args:
            intent: the row to be written first; each further try gets a row of its own.
            item: for whom.
            model: its row of the catalogue.
            parameters: the body of the call.
            judge: the truth gate; its findings decide how the ledger names the reply.

        Raises:
            WriterUnavailable, WriterRefused, WriterStopped, BudgetReached.
        """
        call = _Call(intent, item, model, parameters, safely(judge))
        try:
            return self._patiently(call)
        except (WriterStopped, BudgetReached) as stop:
            self.stops.setdefault(call.run, stop)
            raise

    def _patiently(self, call: _Call) -> Judged:
        for patience in reversed(range(PATIENCE)):
            try:
                return self._once(call)
            except CallFailed as failed:
                if not patience or failed.failure.verdict not in PASSING:
                    raise failed.as_error() from None
            call = replace(call, intent=again(call.intent))
        raise AssertionError("patience is at least one turn")

    def _once(self, call: _Call) -> Judged:
        self._refuse_if_over(call.run)
        ticket = self.turns.wait(call.model, call.parameters, call.run)
        self._refuse_if_over(call.run)
        reservation = Reservation()
        if self.purse is not None:
            reservation = self.purse.reserve(
                call.item, call.run, call.model, call.parameters, attempt_id=call.intent.attempt_id
            )
        cost: int | None = 0  # what is not written down is not called
        try:
            call = self._begun(call)
            cost = None  # unknown, if we never get to know
            judged = self._accounted(call, ticket)
            cost = judged.cost_nano_usd
        except CallFailed as failed:
            cost = cost_of_failure(failed.failure)
            raise
        finally:
            if self.purse is not None:
                self.purse.settle(reservation, cost)
        return judged

    def _refuse_if_over(self, flow_run_id: str) -> None:
        if (stop := self.stops.get(flow_run_id)) is not None:
            raise type(stop)(*stop.args, remedy=stop.remedy)

    def _begun(self, call: _Call) -> _Call:
        intent = call.intent.model_copy(update={"started_at": self.now()})
        self.ledger.begin_attempts([intent])
        return replace(call, intent=intent)

    def _accounted(self, call: _Call, ticket: Ticket) -> Judged:
        intent = call.intent
        clock = time.perf_counter()
        try:
            answer = self.api.create(call.parameters)
        except CallFailed as failed:
            self.turns.failed(call.model, ticket, failed.headers, failed.failure)
            self._end(failed_attempt(intent, failed.failure), clock)
            raise
        reply = read_reply(answer.body, intent.kind)
        self.turns.answered(call.model, ticket, answer.headers, reply.usage)
        judged = judge_reply(reply, call.model, call.judge)
        self._end(answered_attempt(intent, judged, answer.request_id, call.model), clock)
        return judged

    def _end(self, attempt: Attempt, clock: float) -> None:
        latency_ms = round((time.perf_counter() - clock) * 1000)
        closed = {"ended_at": self.now(), "latency_ms": latency_ms}
        self.ledger.end_attempts([attempt.model_copy(update=closed)])


def new_attempt_id() -> str:
    """An id that says nothing about anybody."""
    return str(uuid4())


def again(intent: Attempt) -> Attempt:
    """The row of the next try of the same call."""
    return intent.model_copy(update={"attempt_id": new_attempt_id()})


def judge_reply(reply: Reply, model: Model, judge: Judge, mode: Mode = "live") -> Judged:
    """Price a reply and put it before the judge, or name what made it unusable."""
    findings = tuple(judge(reply)) if reply.is_usable else (unusable(reply),)
    return Judged(
        reply=reply,
        findings=findings,
        usage=reply.usage or Usage(),
        cost_nano_usd=cost_nano_usd(model, reply.usage, mode=mode) if reply.usage else None,
    )


def safely(judge: Judge) -> Judge:
    """A judge whose own failure rejects the text: it was paid, and the books come first."""

    def judged(reply: Reply) -> Sequence[Fault]:
        try:
            return judge(reply)
        except Exception as error:  # noqa: BLE001 - whatever it is, the bill is written down
            _LOG.exception("The truth gate failed; the text is rejected.")
            return ({"rule": "gate_failed", "message": f"it could not be checked ({error})"},)

    return judged


def unusable(reply: Reply) -> Fault:
    """The finding about a reply that never reached the truth gate."""
    return {"rule": reply.outcome, "severity": "reject", "message": reply.detail}


def failed_attempt(intent: Attempt, failure: Failure) -> Attempt:
    """The row of a call without a reply."""
    names: Mapping[str, AttemptOutcome] = {"timeout": "timeout", "connection": "connection"}
    is_silent = failure.status is None
    return intent.model_copy(
        update={
            "outcome": names.get(failure.error_type, "failed") if is_silent else "failed",
            "error_type": failure.error_code or failure.error_type,
            "error": failure.message or None,
            "request_id": failure.request_id,
            "cost_nano_usd": cost_of_failure(failure),
        }
    )


def answered_attempt(
    intent: Attempt, judged: Judged, request_id: str | None, model: Model
) -> Attempt:
    """The row of a call with a reply, whatever the reply was worth."""
    reply, usage = judged.reply, judged.usage
    first = next(filter(is_blocking, judged.findings), None)
    return intent.model_copy(
        update={
            **usage.model_dump(),
            "outcome": judged.in_ledger,
            "cost_nano_usd": judged.cost_nano_usd,
            "price_as_of": model.as_of.isoformat() if model.as_of else None,
            "stop_reason": reply.stop_reason,
            "request_id": request_id,
            "error_type": str(first.get("rule", "truth_gate")) if first else None,
            "error": fault_lines(judged.findings) or None,
            "reply": kept_json(reply),
            "findings": tuple(dict(each) for each in judged.findings),
        }
    )


def cost_of_failure(failure: Failure) -> int | None:
    """Nothing for an error answer, unknown where none came."""
    return 0 if failure.billing == "none" else None
