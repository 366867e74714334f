"""How far a backfill is, what it cost so far, and when it will be done.

Pure: seconds and outcomes are passed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from runletters.content import Kind, Outcome, WorkItem
from runletters.errors import WriterPaused


class Tally(BaseModel):
    """What came of the items so far. Adding two tallies adds everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    done: int = 0
    failed: int = 0
    released: int = 0  # given back unwritten: the run stopped before them
    fallback: int = 0  # done, with the offline text in place of a rejected one
    unchanged: int = 0  # refresh asked, fingerprint equal: nothing to do
    taken_over: int = 0  # came of batches that another run had handed in
    activities: int = 0
    reasons: dict[str, int] = {}
    stopped: str | None = None  # why the run ended before its end
    stopped_by: str | None = None  # the type of that error

    def __add__(self, other: Tally) -> Tally:
        counts = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        reasons = dict(Counter(self.reasons) + Counter(other.reasons))
        return Tally(
            **counts,
            reasons=reasons,
            stopped=self.stopped or other.stopped,
            stopped_by=self.stopped_by or other.stopped_by,
        )

    @property
    def is_paused(self) -> bool:
        """Whether the run ended early because the service asked for a long pause."""
        return self.stopped_by == WriterPaused.__name__

    def inherited(self, again: int) -> Tally:
        """The same of a batch that another run handed in; `again` of its texts are asked anew."""
        return self.model_copy(update={"taken_over": self.done + self.failed + again})

    def taken_up(self, later: Tally) -> Tally:
        """This round and the one after the pause that ended it, which found everything again.

        What was given back here is in the later one; what was written here is unchanged there.
        """
        unchanged = max(0, later.unchanged - self.done)
        over = {"released": 0, "unchanged": 0, "stopped": None, "stopped_by": None}
        return self.model_copy(update=over) + later.model_copy(update={"unchanged": unchanged})

    @property
    def success_rate(self) -> float | None:
        """Share of finished texts that came out; None where nothing was tried."""
        tried = self.done + self.failed
        return self.done / tried if tried else None


_COUNTS = tuple(name for name, field in Tally.model_fields.items() if field.annotation is int)


def tally(outcomes: Iterable[Outcome]) -> Tally:
    """Count outcomes: texts, failures with their reasons, and why."""
    kept = list(outcomes)
    done = [outcome for outcome in kept if outcome.is_done]
    failed = [outcome for outcome in kept if not outcome.is_done and not is_stop(outcome)]
    return Tally(
        done=len(done),
        failed=len(failed),
        released=len(kept) - len(done) - len(failed),
        fallback=sum(1 for outcome in done if outcome.text and outcome.text.is_fallback),
        activities=len({outcome.activity_id for outcome in kept}),
        reasons=dict(Counter(f"{o.error_type}: {o.error}" for o in failed)),
        stopped=next((o.error for o in kept if is_stop(o)), None),
        stopped_by=next((o.error_type for o in kept if is_stop(o)), None),
    )


def stopped_tally(error: Exception | None, *, released: int = 0) -> Tally:
    """The tally of a run that ends here because of that error, if there was one."""
    if error is None:
        return Tally(released=released)
    return Tally(released=released, stopped=str(error), stopped_by=type(error).__name__)


STOPPING = frozenset({"WriterStopped", "WriterPaused", "BudgetReached", "SettingsError"})
"""Errors that end the whole run, or its round: their items go back to pending, unharmed."""


def is_stop(outcome: Outcome) -> bool:
    """Whether this outcome is the end of the run rather than a failure of the item."""
    return outcome.error_type in STOPPING


def pair_of(item: Outcome | WorkItem) -> tuple[str, Kind]:
    """The activity and the kind that an outcome or an item is about."""
    return item.activity_id, item.kind


def eta_s(*, finished: int, total: int, elapsed_s: float) -> float | None:
    """Seconds until the end at the rate so far; None before the first item is finished."""
    if finished <= 0 or total <= 0:
        return None
    return elapsed_s / finished * max(total - finished, 0)


def duration_text(seconds: float) -> str:
    """Seconds as people say them: 48 s, 3 min 20 s, 1 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
