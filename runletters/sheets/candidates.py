"""A fact that might be told, and how telling it is; the best of each subject go on the sheet.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from runletters.facts import Fact

Row: TypeAlias = Mapping[str, Any]
"""One run: columns of the activity, its metrics and its comparisons; absent is None."""

MOST_TOLD = 8  # more than a letter of 150 words can hold, few enough to read at a glance
PER_SUBJECT = {"volume": 2}
JITTER = 0.12  # runs with like facts do not always tell the same one


@dataclass(frozen=True)
class Candidate:
    """A fact with its subject (one fact per subject is told) and its weight from 0 to 1."""

    fact: Fact
    subject: str
    weight: float


def _jitter(activity_id: str, name: str) -> float:
    digest = hashlib.sha256(f"{activity_id}/{name}".encode()).digest()
    return digest[0] / 255 * JITTER


def most_telling(candidates: Iterable[Candidate], activity_id: str) -> tuple[Fact, ...]:
    """The facts worth telling, most telling first, a limited number per subject."""
    ordered = sorted(
        candidates, key=lambda c: -c.weight - _jitter(activity_id, c.fact.name) * (c.weight < 1)
    )
    told: Counter[str] = Counter()
    facts: list[Fact] = []
    for candidate in ordered:
        if told[candidate.subject] < PER_SUBJECT.get(candidate.subject, 1):
            told[candidate.subject] += 1
            facts.append(candidate.fact)
    return tuple(facts[:MOST_TOLD])
