"""Message batches: intended before they are created, found again after a crash, read once.

`create` is never repeated: a submission whose answer was lost is looked for in the list of
batches, and counted as never taken only after every call has long ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from runletters.api_failures import Failure
from runletters.batching import (
    IN_DOUBT,
    Listed,
    candidates,
    chunked,
    custom_id,
    line_error,
    line_verdict,
    request_line,
)
from runletters.budgeting import Reservation
from runletters.content import WorkItem
from runletters.edges.batch_rows import BatchRow, BatchRows, LineRow
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
from runletters.errors import BudgetReached
from runletters.ledger import Attempt, AttemptOutcome
from runletters.pricing import find_model
from runletters.replies import read_message

_ENDED: Mapping[str, AttemptOutcome] = {"canceled": "canceled", "expired": "expired"}
Verdict: TypeAlias = Literal["read", "again", "fail"]


@dataclass(frozen=True, kw_only=True)
class Result:
    """One line of a batch. `item` is None where its user was forgotten meanwhile.

    read: `draft` holds the judged reply; `ClaudeWriter.take_up` makes a text of it.
    again: put the item into a following batch, or write it live. fail: `error` says why.
    """

    item: WorkItem | None
    verdict: Verdict
    draft: Judged | None = None
    error: str = ""


class BatchClient:
    """Submits, adopts, watches and reads batches; holds nothing that the store does not."""

    def __init__(self, writer: ClaudeWriter, rows: BatchRows) -> None:
        self._writer = writer
        self._calls = writer.calls
        self._rows = rows
        self._wire = BatchWire(writer.calls.api)

    def submit(self, items: Sequence[WorkItem], flow_run_id: str) -> list[BatchRow]:
        """Write down and create the batches for these items, in order.

        Raises:
            BudgetReached: before the chunk that does not fit; earlier ones are on their way.
            WriterUnavailable, WriterRefused, WriterStopped: the API did not take a chunk.
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
        return [self._submit(chunk, by_line, flow_run_id) for chunk in chunked(lines)]

    def adopt(self) -> list[BatchRow]:
        """Find submissions whose answer was lost; call this first when a flow starts.

        Returns:
            Those that were found, or known by now never to have been taken.
        """
        doubtful = self._rows.in_state("intended")
        if not doubtful:
            return []
        listed, known = self._wire.listed(), self._rows.provider_ids()
        found = [self._adopted(row, listed, known) for row in doubtful]
        return [row for row in found if row is not None]

    def ended(self) -> list[BatchRow]:
        """Submitted batches that have ended and wait to be read."""
        waiting = self._rows.in_state("submitted")
        return [row for row in waiting if self._wire.status(str(row.provider_id)) == "ended"]

    def read(self, row: BatchRow) -> Iterator[Result]:
        """Stream the results of an ended batch, in any order; each is settled as it comes.

        Reading again after a crash settles nothing twice and gives the same results.
        """
        for line in self._wire.lines(str(row.provider_id)):
            kept = self._rows.line(str(line.get("custom_id")))
            if kept is not None and kept.batch_key == row.batch_key:
                yield self._result(row, kept, cast("dict[str, Any]", line["result"]))

    def close(self, row: BatchRow) -> None:
        """Mark a batch as read, once everything that came of it is recorded."""
        self._rows.ended(row.batch_key, now=self._calls.now())

    def _intent(self, item: WorkItem, flow_run_id: str) -> Attempt:
        intent = intended(item, flow_run_id, self._calls.now())
        return intent.model_copy(update={"mode": "batch"})

    def _submit(
        self,
        chunk: Sequence[Mapping[str, Any]],
        by_line: Mapping[str, tuple[WorkItem, Attempt]],
        flow_run_id: str,
    ) -> BatchRow:
        members = [by_line[line["custom_id"]] for line in chunk]
        lines = self._reserved(members, flow_run_id)
        attempts = [attempt for _, attempt in members]
        self._calls.ledger.begin_attempts(attempts)
        row = self._rows.intend(lines, flow_run_id, members[0][0].model, now=self._calls.now())
        try:
            provider_id = self._wire.create(chunk)
        except CallFailed as failed:
            if failed.failure.billing == "none":
                self._not_taken(row, failed.failure)
            raise failed.as_error() from None
        return self._rows.submitted(row, provider_id, now=self._calls.now())

    def _reserved(
        self, members: Sequence[tuple[WorkItem, Attempt]], flow_run_id: str
    ) -> list[LineRow]:
        """Lines with their worst cases set aside: all of the chunk, or none."""
        lines: list[LineRow] = []
        try:
            for item, attempt in members:
                lines.append(self._line(item, attempt, flow_run_id))
        except BudgetReached:
            for line in lines:
                self._settle(line, 0)
            raise
        return lines

    def _settle(self, line: LineRow, cost_nano_usd: int | None) -> None:
        if self._calls.purse is not None:
            self._calls.purse.settle(line.reservation, cost_nano_usd)

    def _line(self, item: WorkItem, attempt: Attempt, flow_run_id: str) -> LineRow:
        reservation = Reservation()
        if self._calls.purse is not None:
            reservation = self._calls.purse.reserve(
                item, flow_run_id, find_model(item.model), sent_parameters(item), "batch"
            )
        return LineRow(
            custom_id=custom_id(attempt.attempt_id),
            attempt_id=attempt.attempt_id,
            item=item,
            reservation=reservation,
        )

    def _not_taken(self, row: BatchRow, failure: Failure) -> None:
        """Close every attempt of a batch the API did not take; none of it is billed."""
        for line in self._rows.lines(row.batch_key):
            attempt = self._rows.attempt(line.attempt_id)
            self._end(failed_attempt(attempt, failure), line, failure.error_type, 0)
        self._rows.given_up(row.batch_key, now=self._calls.now())

    def _adopted(self, row: BatchRow, listed: Sequence[Listed], known: set[str]) -> BatchRow | None:
        fitting = candidates(
            listed, request_count=row.request_count, created_at=row.created_at, known=known
        )
        for each in fitting:
            if each.has_ended and self._is_ours(row, each):
                known.add(each.provider_id)
                return self._rows.submitted(row, each.provider_id, now=self._calls.now())
        is_open = any(not each.has_ended for each in fitting)
        if is_open or self._calls.now() - row.created_at < IN_DOUBT:
            return None  # its ids can be read only once it has ended
        self._not_taken(row, Failure(error_type="not_taken", message="the API lists no such batch"))
        return row

    def _is_ours(self, row: BatchRow, listed: Listed) -> bool:
        first = next(self._wire.lines(listed.provider_id), None)
        kept = self._rows.line(str(first.get("custom_id"))) if first else None
        return kept is not None and kept.batch_key == row.batch_key

    def _result(self, row: BatchRow, kept: LineRow, result: Mapping[str, Any]) -> Result:
        verdict = line_verdict(result)
        attempt = self._rows.attempt(kept.attempt_id)
        if verdict != "read":
            return self._without_reply(kept, attempt, result, verdict)
        model = find_model(row.model)
        reply = read_message(cast("dict[str, Any]", result["message"]), attempt.kind)
        item = kept.item
        judge = safely(lambda it: self._writer.judge(item, it) if item is not None else ())
        judged = judge_reply(reply, model, judge, "batch")
        closed = answered_attempt(attempt, judged, None, model)
        self._end(closed, kept, "succeeded", judged.cost_nano_usd)
        return Result(item=item, verdict="read", draft=judged)

    def _without_reply(
        self, kept: LineRow, attempt: Attempt, result: Mapping[str, Any], verdict: Verdict
    ) -> Result:
        kind = str(result.get("type"))
        error_type, message = line_error(result) if kind == "errored" else (kind, kind)
        closed = attempt.model_copy(
            update={
                "outcome": _ENDED.get(kind, "failed"),
                "error_type": error_type,
                "error": message,
                "cost_nano_usd": 0,
            }
        )
        self._end(closed, kept, kind, 0)
        return Result(item=kept.item, verdict=verdict, error=f"{error_type}: {message}")

    def _end(self, attempt: Attempt, kept: LineRow, result: str, cost: int | None) -> None:
        ended = attempt.model_copy(update={"ended_at": self._calls.now()})
        self._calls.ledger.end_attempts([ended])
        if self._rows.settle(kept.custom_id, result):
            self._settle(kept, cost)
