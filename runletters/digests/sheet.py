"""The fact sheet of a digest: everything it may mention, and nothing else.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from runletters.digests.periods import Period
from runletters.facts import Fact, Tone, Units

StepKind: TypeAlias = Literal["long", "easy", "lighter", "return", "gentle"]
Feeling: TypeAlias = Literal["fresh", "balanced", "tired", "worn"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bar(_Frozen):
    """One bar of the period: a day of a week or month, a month of a year."""

    first: date
    label: str  # under the bar: Mon, 17, Mar
    name: str  # in words: Monday, 17 March, March
    distance_m: float
    text: str  # of the distance; "" without a run
    zone_shares: tuple[float, ...] = ()  # of zones 0..5, sum 1; () without a heart rate


class TrendPoint(_Frozen):
    """One week (in a year: four weeks) of the picture of load and fitness."""

    last: date
    label: str
    load: float
    load_text: str
    fitness: float  # CTL at the end of its last day
    fitness_text: str


class BestMoment(_Frozen):
    """The one run of the period that is told."""

    activity_id: str
    day: date
    day_text: str
    distance_text: str
    reason: str  # the name of the fact that makes it the best
    reason_text: str
    reason_fact: Fact | None = (
        None  # as on the run's own sheet; None where nothing but length tells
    )
    pace_text: str | None = None
    excerpt: str | None = None  # the beginning of its letter


class NextStep(_Frozen):
    """One thing to do next, inside the limits of `runletters.metrics.plan_rules`."""

    kind: StepKind
    distance_m: float | None = None
    distance_text: str | None = None
    day: date | None = None
    day_text: str | None = None


class DigestSheet(_Frozen):
    """What one digest may be made of."""

    user_id: str
    language: str = "en"
    units: Units = "metric"
    reader_name: str | None = None
    period: Period
    tone: Tone = "ordinary"
    facts: tuple[Fact, ...]
    feeling: Feeling | None = None  # what the form is called
    bars: tuple[Bar, ...] = ()
    trend: tuple[TrendPoint, ...] = ()
    best: BestMoment | None = None
    next_step: NextStep | None = None
    caveats: tuple[str, ...] = ()  # in the reader's language
    may_be_sent_to_a_model: bool = True  # every activity behind it has full rights

    def fact(self, name: str) -> Fact | None:
        """The fact of that role, or None where the evidence is missing."""
        return next((fact for fact in self.facts if fact.name == name), None)

    def has(self, name: str) -> bool:
        """Whether the sheet holds a fact of that role."""
        return self.fact(name) is not None

    def value(self, name: str) -> float | None:
        """The number of that role, or None."""
        fact = self.fact(name)
        return float(fact.value) if fact and not isinstance(fact.value, str) else None
