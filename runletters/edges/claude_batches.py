"""Message batches: intended before they are created, found again after a crash, read once.

`create` is never repeated: a submission whose answer was lost is looked for in the list of
batches, and counted as never taken only after every call has long ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from runletters.api_failures import Failure
from runletters.batching import (
    MOST_REQUESTS,
    LineVerdict,
    Listed,
    candidates,
    chunked,
    custom_id,
    is_in_doubt,
    line_failure,
    line_verdict,
    request_line,
)
from runletters.budgeting import Reservation
from runletters.content import WorkItem
from runletters.edges.batch_rows import BatchRow, BatchRows, LineRow, lease_until
from runletters.edges.claude import CallFailed
from runletters.edges.claude_batch_wire import BatchWire
from runletters.edges.claude_calls import (
    Judged,
    answered_attempt,
    failed_attempt,
    judge_reply,
    safely,
)
from runletters.edges.claude_given import intended, sent_parameters
from runletters.edges.claude_writer import ClaudeWriter
from runletters.edges.processes import is_dead
from runletters.errors import BudgetReached, RunlettersError, WriterUnavailable
from runletters.ledger import Attempt, AttemptOutcome
from runletters.pricing import find_model
from runletters.replies import read_message

_ENDED: Mapping[str, AttemptOutcome] = {"canceled": "canceled", "expired": "expired"}
PATIENCE = 5
BREATH_S = 2.0
LONG_PAUSE_S = 60.0
READ_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class Result:
    """One line of a batch. `item` is None where its user was forgotten meanwhile.

    read: `draft` holds the judged reply; `ClaudeWriter.take_up` makes a text of it.
    again: put the item into a following batch, or write it live. fail: `error` says why.
    stop: `error` says why nothing can be written now, and `remedy` what to do.
    """

    item: WorkItem | None
    verdict: LineVerdict
    draft: Judged | None = None
    error: str = ""
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What is on its way, what is not, and why not."""

    batches: tuple[BatchRow, ...] = ()
    left: tuple[WorkItem, ...] = ()
    error: RunlettersError | None = None


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who submits and reads: the owner of the items, and for how long unless renewed."""

    owner: str
    lease_s: float = 900.0
    in_doubt_s: float = 900.0  # what nobody lists after so long was never taken


class BatchClient:
    """Submits, adopts, watches and reads batches; holds nothing that the store does not."""

    def __init__(
        self,
        writer: ClaudeWriter,
        rows: BatchRows,
        holder: Holder,
        *,
        most_requests: int = MOST_REQUESTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._writer = writer
        self._calls = writer.calls
        self._rows = rows
        self._holder = holder
        self._most_requests = most_requests
        self._sleep = sleep
        self._wire = BatchWire(writer.calls.api)

    def submit(self, items: Sequence[WorkItem], flow_run_id: str) -> Submission:
        """Write down and create the batches for these items, in order.

        The items must be claimed by the holder. What the budget does not hold, or the API
        does not take, is left; what was submitted before stays on its way.
        """
        by_line = {
            custom_id(attempt.attempt_id): (item, attempt)
            for item in items
            for attempt in [self._intent(item, flow_run_id)]
        }
        lines = (
            request_line(attempt.attempt_id, sent_parameters(item))
            for item, attempt in by_line.values()
        )
        made, sent, error = list[BatchRow](), set[str](), None
        for chunk in chunked(lines, most_requests=self._most_requests):
            row, taken, error = self._submit(chunk, by_line, flow_run_id)
            made += [row] if row else []
            sent |= taken
            if error is not None:
                break
        left = tuple(item for name, (item, _) in by_line.items() if name not in sent)
        return Submission(batches=tuple(made), left=left, error=error)

    def take_over(self, user_id: str) -> list[BatchRow]:
        """Become the holder of the user's open batches whose flow run is gone."""
        now = self._calls.now()
        until = lease_until(now, self._holder.lease_s)
        return self._rows.take_over(user_id, self._holder.owner, is_dead, until=until, now=now)

    def under_way(self) -> list[BatchRow]:
        """Batches of this holder that were not read to their end."""
        return self._rows.held_by(self._holder.owner)

    def ended(self) -> list[BatchRow]:
        """Batches of this holder that can be read now, those given up included.

        Raises:
            WriterError: the API does not say.
        """
        found = self.under_way()
        adopted = self.adopt([row for row in found if row.state == "intended"])
        # Asked again: an adopted batch has ended already.
        submitted = [row for row in self.under_way() if row.state == "submitted"]
        looked = [(row, self._wire.status(str(row.provider_id))) for row in submitted]
        gone = [self._gone(row) for row, status in looked if status == "gone"]
        never = [row for row in adopted if row.state == "given_up"]
        return [row for row, status in looked if status == "ended"] + gone + never

    def adopt(self, doubtful: Sequence[BatchRow]) -> list[BatchRow]:
        """Find submissions whose answer was lost, among what the API lists.

        Returns:
            Those that were found, and those known by now never to have been taken.
        """
        if not doubtful:
            return []
        listed, known = self._wire.listed(), self._rows.provider_ids()
        found = [self._adopted(row, listed, known) for row in doubtful]
        return [row for row in found if row is not None]

    def read(self, row: BatchRow) -> Iterator[list[Result]]:
        """Stream the results of an ended batch, in any order, some at a time, each settled.

        Reading again after a crash settles nothing twice and gives the same results.

        Raises:
            WriterError: the results cannot be had; nothing is lost by reading again.
        """
        if row.state == "given_up":
            yield self._never_came(row)
            return
        seen: set[str] = set()
        for patience in reversed(range(PATIENCE)):
            try:
                for some in _batched(self._wire.lines(str(row.provider_id)), READ_AT_ONCE):
                    new = {str(line.get("custom_id")): line for line in some}
                    fresh = {name: line for name, line in new.items() if name not in seen}
                    yield self._results(row, fresh)
                    seen |= fresh.keys()
            except WriterUnavailable:
                if not patience:
                    raise
                self._sleep(BREATH_S)
            else:
                break
        missing = [line for line in self._rows.lines(row.batch_key) if line.custom_id not in seen]
        yield self._without_result(missing)

    def remember(self, item: WorkItem, draft: Judged) -> None:
        """Have the writer go on from a reply that came in a batch, not from the beginning."""
        self._writer.remember(item, draft)

    def close(self, row: BatchRow) -> None:
        """Mark a batch as read, once everything that came of it is recorded."""
        if row.state != "given_up":
            self._rows.ended(row.batch_key, now=self._calls.now())

    def _intent(self, item: WorkItem, flow_run_id: str) -> Attempt:
        intent = intended(item, flow_run_id, self._calls.now())
        return intent.model_copy(update={"mode": "batch"})

    def _submit(
        self,
        chunk: Sequence[Mapping[str, Any]],
        by_line: Mapping[str, tuple[WorkItem, Attempt]],
        flow_run_id: str,
    ) -> tuple[BatchRow | None, set[str], RunlettersError | None]:
        fitting, over = self._reserved([by_line[line["custom_id"]] for line in chunk], flow_run_id)
        if not fitting:
            return None, set(), over
        now = self._calls.now()
        until = lease_until(now, self._holder.lease_s)
        row, lost = self._rows.intend(
            fitting, flow_run_id, owner=self._holder.owner, until=until, now=now
        )
        self._settle_all({line.custom_id: (line, 0) for line in lost})
        if row is None:
            return None, set(), over
        names = {line.custom_id for line, _ in fitting} - {line.custom_id for line in lost}
        row, error = self._create(row, [line for line in chunk if line["custom_id"] in names])
        return (None, set(), error) if error else (row, names, over)

    def _create(
        self, row: BatchRow, chunk: Sequence[Mapping[str, Any]]
    ) -> tuple[BatchRow, RunlettersError | None]:
        """Create a batch; once only, unless the API says that it did not take it."""
        for patience in reversed(range(PATIENCE)):
            try:
                provider_id = self._wire.create(chunk)
            except CallFailed as failed:
                failure = failed.failure
            else:
                return self._rows.submitted(row, provider_id, now=self._calls.now()), None
            if is_in_doubt(failure):
                return row, None  # it is looked for in the list, never created again
            wait_s = failure.retry_after_s or BREATH_S
            if not patience or failure.verdict in {"stop", "give_up"} or wait_s > LONG_PAUSE_S:
                self._not_taken(row, failure)
                return row, failure.as_error()
            self._sleep(wait_s)
        raise AssertionError("patience is at least one try")

    def _reserved(
        self, members: Sequence[tuple[WorkItem, Attempt]], flow_run_id: str
    ) -> tuple[list[tuple[LineRow, Attempt]], BudgetReached | None]:
        """The lines whose worst cases fit into the budget, and what it says to the next."""
        lines: list[tuple[LineRow, Attempt]] = []
        for item, attempt in members:
            try:
                lines.append((self._line(item, attempt, flow_run_id), attempt))
            except BudgetReached as over:
                return lines, over
        return lines, None

    def _line(self, item: WorkItem, attempt: Attempt, flow_run_id: str) -> LineRow:
        reservation = Reservation()
        if self._calls.purse is not None:
            reservation = self._calls.purse.reserve(
                item,
                flow_run_id,
                find_model(item.model),
                sent_parameters(item),
                "batch",
                attempt_id=attempt.attempt_id,
            )
        return LineRow(
            custom_id=custom_id(attempt.attempt_id),
            attempt_id=attempt.attempt_id,
            item=item,
            reservation=reservation,
        )

    def _not_taken(self, row: BatchRow, failure: Failure) -> BatchRow:
        """Close every call of a batch that brings nothing."""
        lines = self._rows.lines(row.batch_key)
        calls = self._rows.calls([line.attempt_id for line in lines])
        self._end(
            [
                (line, failed_attempt(calls[line.attempt_id], failure), failure.error_type)
                for line in lines
            ]
        )
        return self._rows.given_up(row, now=self._calls.now())

    def _gone(self, row: BatchRow) -> BatchRow:
        message = f"the API has batch {row.provider_id} or its results no longer"
        return self._not_taken(
            row, Failure(error_type="batch_gone", message=message, billing="unknown")
        )

    def _never_came(self, row: BatchRow) -> list[Result]:
        """What a batch that was given up leaves: nobody may have paid for what nobody took."""
        lines = self._rows.lines(row.batch_key)
        if row.provider_id is None:
            return [Result(item=line.item, verdict="again") for line in lines]
        error = f"batch_gone: the API has batch {row.provider_id} or its results no longer"
        return [Result(item=line.item, verdict="fail", error=error) for line in lines]

    def _adopted(self, row: BatchRow, listed: Sequence[Listed], known: set[str]) -> BatchRow | None:
        fitting = candidates(
            listed, request_count=row.request_count, created_at=row.created_at, known=known
        )
        for each in fitting:
            if each.has_ended and self._is_ours(row, each):
                known.add(each.provider_id)
                return self._rows.submitted(row, each.provider_id, now=self._calls.now())
        is_open = any(not each.has_ended for each in fitting)
        if is_open or self._age_s(row) < self._holder.in_doubt_s:
            return None  # its ids can be read only once it has ended
        message = "the API lists no such batch"
        return self._not_taken(row, Failure(error_type="not_taken", message=message))

    def _age_s(self, row: BatchRow) -> float:
        return (self._calls.now() - row.created_at).total_seconds()

    def _is_ours(self, row: BatchRow, listed: Listed) -> bool:
        first = next(self._wire.lines(listed.provider_id), None)
        name = str(first.get("custom_id")) if first else ""
        kept = self._rows.known([name]).get(name)
        return kept is not None and kept.batch_key == row.batch_key

    def _results(self, row: BatchRow, by_id: Mapping[str, Mapping[str, Any]]) -> list[Result]:
        ours = {
            name: line
            for name, line in self._rows.known(list(by_id)).items()
            if line.batch_key == row.batch_key
        }
        calls = self._rows.calls([line.attempt_id for line in ours.values()])
        read = [
            self._result(line, calls[line.attempt_id], by_id[name]["result"])
            for name, line in ours.items()
        ]
        self._end([(line, call, kind) for line, call, kind, _ in read])
        return [result for *_, result in read]

    def _result(
        self, line: LineRow, attempt: Attempt, result: Mapping[str, Any]
    ) -> tuple[LineRow, Attempt, str, Result]:
        verdict, kind = line_verdict(result), str(result.get("type"))
        if verdict != "read":
            plain = Failure(error_type=kind, message=kind)
            failure = line_failure(result) if kind == "errored" else plain
            closed = _without_reply(attempt, kind, failure.error_type, failure.message)
            error = f"{failure.error_type}: {failure.message}"
            remedy = failure.as_error().remedy if verdict == "stop" else ""
            found = Result(item=line.item, verdict=verdict, error=error, remedy=remedy)
            return line, closed, kind, found
        model, item = find_model(attempt.model), line.item
        reply = read_message(result.get("message"), attempt.kind)
        judge = safely(lambda it: self._writer.judge(item, it) if item is not None else ())
        judged = judge_reply(reply, model, judge, "batch")
        closed = answered_attempt(attempt, judged, None, model)
        return line, closed, kind, Result(item=item, verdict="read", draft=judged)

    def _without_result(self, lines: Sequence[LineRow]) -> list[Result]:
        """Lines that an ended batch does not speak of: not billed, as far as anybody knows."""
        calls = self._rows.calls([line.attempt_id for line in lines])
        closed = [
            (line, _without_reply(calls[line.attempt_id], "missing", "missing", "no result"))
            for line in lines
        ]
        self._end([(line, call, "missing") for line, call in closed])
        return [Result(item=line.item, verdict="again") for line in lines]

    def _end(self, closing: Sequence[tuple[LineRow, Attempt, str]]) -> None:
        now = self._calls.now()
        closed = [(line, call.model_copy(update={"ended_at": now})) for line, call, _ in closing]
        self._calls.ledger.end_attempts([call for _, call in closed])
        new = self._rows.settle({line.custom_id: kind for line, _, kind in closing})
        self._settle_all(
            {
                line.custom_id: (line, call.cost_nano_usd)
                for line, call in closed
                if line.custom_id in new
            }
        )

    def _settle_all(self, lines: Mapping[str, tuple[LineRow, int | None]]) -> None:
        if self._calls.purse is not None:
            for line, cost_nano_usd in lines.values():
                self._calls.purse.settle(line.reservation, cost_nano_usd)


def _without_reply(attempt: Attempt, kind: str, error_type: str, message: str) -> Attempt:
    return attempt.model_copy(
        update={
            "outcome": _ENDED.get(kind, "failed"),
            "error_type": error_type,
            "error": message,
            "cost_nano_usd": 0,
        }
    )


def _batched(lines: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    while some := list(islice(lines, size)):
        yield some
