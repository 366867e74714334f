"""The paid writer: looks for a reply that was paid already, else asks, checks, repairs once.

Every text is checked against its facts, the fallback too, before it is handed on; a text
that does not pass twice gives way to the fallback's, marked as such.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from runletters.content import Kind, Outcome, Text, Usage, WorkItem
from runletters.edges.claude import ClaudeApi, require_key
from runletters.edges.claude_calls import (
    Judged,
    PaidCalls,
    judge_reply,
    utc_now,
)
from runletters.edges.claude_given import (
    budget_limits,
    hand,
    intended,
    say_if_unpriced,
    sent_parameters,
)
from runletters.edges.claude_purse import StoredPurse
from runletters.edges.claude_shared_ledger import SharedLedger
from runletters.edges.claude_turns import Turnstile
from runletters.edges.live_runs import LiveRuns
from runletters.edges.recent_texts import RecentTexts
from runletters.edges.store import Store
from runletters.errors import TextRejected, WriterRefused, WriterUnavailable
from runletters.facts import FactSheet
from runletters.gatekeeping import (
    Fault,
    approved,
    blocking,
    fault_line,
    fault_lines,
    faults_of,
    staged,
)
from runletters.pricing import Model, find_model
from runletters.prompting import prompt_sha256, repair_parameters
from runletters.replies import FAULTY_BODIES, Reply, plain_text, read_message
from runletters.settings import Settings
from runletters.writing.insight import render_insight
from runletters.written_by_rule import offline_writer_of

__all__ = ["ClaudeWriter", "hand", "sent_parameters"]

Gate: TypeAlias = Callable[[Text, FactSheet, Sequence[str]], Sequence[Fault]]
"""Says what is untrue, unsafe or badly formed about a text, beside the runner's last texts."""
Fallback: TypeAlias = Callable[[Kind, FactSheet], Text]
"""Writes the text that takes the place of one that was rejected twice."""


def offline_text(kind: Kind, sheet: FactSheet) -> Text:
    """What the free writer makes of the same facts."""
    return offline_writer_of(kind)(sheet)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One text to be written, with everything that is known before the first call."""

    item: WorkItem
    flow_run_id: str
    sheet: FactSheet
    model: Model
    parameters: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str, str]:
        return _key(self.item)


class ClaudeWriter:
    """Turns work items into outcomes; shared by the threads of a process."""

    def __init__(
        self,
        calls: PaidCalls,
        *,
        gate: Gate = faults_of,
        fallback: Fallback | None = None,
        recent: RecentTexts | None = None,
    ) -> None:
        self.calls = calls
        self._gate = gate
        self._recent = recent
        self._fallback = fallback
        # Drafts that were paid and rejected while their repair could not be had yet: when
        # the item is tried again it goes on with the repair and does not pay the draft twice.
        self._drafts: dict[tuple[str, str, str], Judged] = {}

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """The writer as the settings name it.

        Raises:
            SettingsError: there is no key; nothing else was done.
        """
        require_key(settings)
        say_if_unpriced(find_model(settings.model))
        store = Store.open(settings.store)
        limits = budget_limits(settings)
        calls = PaidCalls(
            api=ClaudeApi.open(settings),
            ledger=SharedLedger(store),
            turns=Turnstile(shares=LiveRuns(store, utc_now).share),
            purse=StoredPurse(store, limits, utc_now),
        )
        return cls(calls, fallback=offline_text, recent=RecentTexts(store))

    def begin(self, flow_run_id: str, limit_nano_usd: int | None) -> None:
        """A run starts, with at most that much to spend; None: as the settings say."""
        self.calls.begin(flow_run_id, limit_nano_usd)

    def write(self, item: WorkItem, flow_run_id: str) -> Outcome:
        """Write one text.

        Raises:
            WriterUnavailable: try again later.
            WriterRefused: this item cannot be written.
            WriterStopped: nothing can be written until somebody acts.
            TextRejected: what came was not true or not well formed, and no fallback passed.
            BudgetReached: the next call could cost more than is left.
        """
        clock = time.perf_counter()
        job = _job(item, flow_run_id)
        judged: list[Judged] = []
        text = self._written(job, judged)
        if self._recent is not None:
            self._recent.keep(item, text.body)
        return _outcome(item, text, judged, seconds=time.perf_counter() - clock)

    def judge(self, item: WorkItem, reply: Reply) -> Sequence[Fault]:
        """What the truth gate says about a reply that came by another way, as in a batch."""
        return self._faults(_job(item, ""), reply)

    def take_up(self, item: WorkItem, flow_run_id: str, draft: Judged) -> Outcome:
        """Go on from a draft that came in a batch: keep it, repair it live, or give way.

        The draft's own cost is in the ledger and not in this outcome's figures again.

        Raises:
            What `write` raises.
        """
        self.remember(item, draft)
        return self.write(item, flow_run_id)

    def remember(self, item: WorkItem, draft: Judged) -> None:
        """Keep a rejected draft for the `write` that follows.

        An accepted one is in the ledger, and one that is no reply is worth nothing.
        """
        if not draft.is_accepted and draft.reply.outcome not in FAULTY_BODIES:
            self._drafts[_key(item)] = draft

    def _written(self, job: _Job, judged: list[Judged]) -> Text:
        draft = self._drafts.get(job.key) or self._paid(job)
        if draft is None:
            draft = self._ask(job, job.parameters)
            judged.append(draft)
        if draft.is_accepted:
            self._drafts.pop(job.key, None)
            return _text(job, draft.reply, staged(draft.findings, "draft"))
        _refuse_faulty(draft)
        found = staged(draft.findings, "draft")
        if draft.reply.outcome == "refused":
            self._drafts.pop(job.key, None)
            return self._given_way(job, found)
        self._drafts[job.key] = draft
        repaired = self._repaired(job, draft)
        judged.append(repaired)
        _refuse_faulty(repaired)
        del self._drafts[job.key]
        found += staged(repaired.findings, "repair")
        if repaired.is_accepted:
            return _text(job, repaired.reply, found)
        return self._given_way(job, found)

    def _paid(self, job: _Job) -> Judged | None:
        """The reply that was paid already, judged again: the facts or the gate are today's."""
        item = job.item
        kept = self.calls.ledger.paid_reply(item.user_id, item.kind, item.fingerprint)
        reply = read_message(json.loads(kept), item.kind) if kept else None
        if reply is None or not reply.is_usable:
            return None
        return judge_reply(reply, job.model, lambda it: self._faults(job, it))

    def _repaired(self, job: _Job, draft: Judged) -> Judged:
        faults = list(map(fault_line, blocking(draft.findings)))
        text = "" if draft.reply.outcome == "truncated" else draft.reply.text
        return self._ask(job, repair_parameters(job.item.kind, job.parameters, text, faults))

    def _ask(self, job: _Job, parameters: Mapping[str, Any]) -> Judged:
        return self.calls.ask(
            intended(job.item, job.flow_run_id, self.calls.now()),
            job.item,
            job.model,
            parameters,
            judge=lambda reply: self._faults(job, reply),
        )

    def _faults(self, job: _Job, reply: Reply) -> Sequence[Fault]:
        recent = self._recent.before(job.item) if self._recent else ()
        return self._gate(_text(job, reply), job.sheet, recent)

    def _given_way(self, job: _Job, found: tuple[dict[str, Any], ...]) -> Text:
        if self._fallback is not None:
            text = self._fallback(job.item.kind, job.sheet)
            kept = text.model_copy(update={"is_fallback": True, "findings": found})
            return approved(kept, job.sheet, "fallback")
        kind = job.item.kind
        if any(each.get("rule") == "refused" for each in found):
            raise WriterRefused(f"Claude declined to write the {kind}: {fault_lines(found)}.")
        raise TextRejected(f"The {kind} was rejected twice: {fault_lines(found)}.")


def _refuse_faulty(judged: Judged) -> None:
    if judged.reply.outcome in FAULTY_BODIES:
        raise WriterUnavailable(
            f"Claude API: no reply in the answer: {fault_lines(judged.findings)}."
        )


def _key(item: WorkItem) -> tuple[str, str, str]:
    return item.user_id, item.kind, item.fingerprint


def _job(item: WorkItem, flow_run_id: str) -> _Job:
    return _Job(
        item=item,
        flow_run_id=flow_run_id,
        sheet=FactSheet.model_validate_json(item.facts_json),
        model=find_model(item.model),
        parameters=sent_parameters(item),
    )


def _text(job: _Job, reply: Reply, findings: Iterable[Fault] = ()) -> Text:
    insight = reply.insight
    return Text(
        body=plain_text(reply.text)
        if insight is None
        else render_insight(insight, job.sheet.language),
        structured=None if insight is None else insight.model_dump(mode="json"),
        writer="claude",
        model=job.item.model,
        prompt_sha256=prompt_sha256(job.item.kind),
        findings=tuple(dict(each) for each in findings),
    )


def _outcome(item: WorkItem, text: Text, judged: Sequence[Judged], *, seconds: float) -> Outcome:
    costs = [each.cost_nano_usd for each in judged]
    known = [cost for cost in costs if cost is not None]
    return Outcome(
        user_id=item.user_id,
        activity_id=item.activity_id,
        kind=item.kind,
        fingerprint=item.fingerprint,
        text=text,
        usage=_sum(each.usage for each in judged),
        cost_nano_usd=sum(known) if len(known) == len(costs) else None,
        seconds=seconds,
    )


def _sum(usages: Iterable[Usage]) -> Usage:
    total = dict.fromkeys(Usage.model_fields, 0)
    for usage in usages:
        for name, tokens in usage.model_dump().items():
            total[name] += tokens
    return Usage(**total)
