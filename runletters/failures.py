"""Many failures as few reasons, each with what to do about it.

Pure: counts by reason in, groups out. Reasons that differ only in their numbers, ids and
quoted names are one reason: a thousand runs must not fill a page with one trouble.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SHOWN = 12
"""Groups a person reads; the others are counted."""
WHAT_TO_DO: Mapping[str, str] = {
    "WriterPaused": "The model service asked for a pause: start the backfill again after it.",
    "WriterUnavailable": "Passing trouble of the model service: start the backfill again.",
    "WriterRefused": "The model declined this text: asking again does not help; the offline "
    "writer can write it (--writer offline).",
    "TextRejected": "The text was not true twice: start the backfill again, or let the offline "
    "writer write it.",
    "BudgetReached": "Raise the budget, or start again when its day is over.",
    "SettingsError": "Set what the message names, then start the backfill again; "
    "`runletters doctor` checks all settings.",
    "HistoryError": "Look at the activity's data: ingest it again, or leave it out.",
    "UnknownActivity": "The activity is gone from the history: ingest it again.",
    "StoreError": "Check the store (`runletters doctor`), then start the backfill again.",
    "Busy": "Another run holds it: wait for that run's end, then start again.",
}
OTHERWISE = "Start the backfill again; if it stays, look at the log of the text's task run."
_VARIABLE = re.compile(r"""'[^']*'|"[^"]*"|\b(?=[\w-]*\d)[\w-]{6,}\b|\d+(?:[.,:]\d+)*""", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class FailureGroup:
    """One reason: an example as it was said, how many texts, and what to do."""

    kind: str  # name of the error
    example: str
    texts: int
    what_to_do: str


def grouped(failures: Mapping[str, int]) -> list[FailureGroup]:
    """Groups of reasons, the most frequent first.

    Args:
        failures: texts by reason, each "ErrorName: message".
    """
    found: dict[str, list[tuple[str, int]]] = {}
    for reason, texts in failures.items():
        found.setdefault(_VARIABLE.sub("…", reason), []).append((reason, texts))
    groups = [_group(members) for members in found.values()]
    return sorted(groups, key=lambda group: (-group.texts, group.kind, group.example))


def shown(failures: Mapping[str, int]) -> tuple[list[FailureGroup], int]:
    """The groups worth a line each, and the number of texts in the others."""
    groups = grouped(failures)
    return groups[:SHOWN], sum(group.texts for group in groups[SHOWN:])


def _group(members: list[tuple[str, int]]) -> FailureGroup:
    example = max(members, key=lambda member: (member[1], member[0]))[0]
    kind, _, message = example.partition(": ")
    return FailureGroup(
        kind=kind,
        example=message or kind,
        texts=sum(texts for _, texts in members),
        what_to_do=WHAT_TO_DO.get(kind, OTHERWISE),
    )
