"""All rules, in the order in which their findings are most useful to a repair.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from runletters.content import Kind
from runletters.facts import FactSheet
from runletters.grounding.advice import check_advice
from runletters.grounding.calendar import (
    check_dates,
    check_hours,
    check_seasons,
    check_weather,
    check_weekdays,
    check_windows,
)
from runletters.grounding.copies import check_copies
from runletters.grounding.directions import check_directions
from runletters.grounding.draft import Draft, draft_of
from runletters.grounding.figures import check_figures
from runletters.grounding.findings import Finding
from runletters.grounding.insights import check_fields, hidden_text
from runletters.grounding.manners import (
    check_cliches,
    check_coverage,
    check_language,
    check_length,
    check_machine,
    check_markup,
    check_medical,
    check_person,
    check_tone,
)
from runletters.grounding.period_rules import check_changes, check_since
from runletters.grounding.plan_order import check_plan
from runletters.grounding.privacy import check_leaks, check_names
from runletters.grounding.sensors import check_sensors
from runletters.grounding.superlatives import check_firsts, check_superlatives

Rule = Callable[[Draft], Iterator[Finding]]

ON_FIELDS: tuple[Rule, ...] = (
    check_figures, check_dates, check_windows, check_weekdays, check_directions,
    check_superlatives, check_firsts,
    check_sensors, check_advice, check_medical, check_tone, check_hours, check_seasons,
    check_weather, check_leaks, check_names, check_machine, check_markup,
)  # fmt: skip
"""Rules for any piece of text, be it one field."""

RULES: tuple[Rule, ...] = (
    *ON_FIELDS, check_person, check_language, check_length, check_copies, check_cliches,
    check_coverage, check_changes, check_since, check_plan,
)  # fmt: skip
"""Rules for a whole text."""


def check(
    text: str,
    sheet: FactSheet,
    *,
    kind: Kind,
    recent: Sequence[str] = (),
    structured: dict[str, Any] | None = None,
) -> tuple[Finding, ...]:
    """What is wrong with a text, or worth a remark.

    Args:
        text: The letter, or the prose of an insight.
        sheet: The facts it was written from; nothing else counts as true.
        kind: letter, coaching, plan or digest; decides length and person.
        recent: The runner's latest texts of this kind, newest first; 20 are looked at.
        structured: The insight's fields, where there are any.

    Returns:
        Findings in the order of the rules; an empty tuple for a faultless text.
    """
    with _first_alone((sheet.language, kind)):
        draft = draft_of(text, sheet, kind, recent)
        findings = [finding for rule in RULES for finding in rule(draft)]
        if structured is not None:
            findings += check_fields(structured, sheet)
            findings += _in_fields(text, sheet, kind, structured)
        return tuple(findings)


_FIRST = Lock()
_known: set[tuple[str, Kind]] = set()


@contextmanager
def _first_alone(texts: tuple[str, Kind]) -> Generator[None]:
    """Check the first text of a language and kind alone.

    Word lists, number words and the language model are made at first use, by every thread
    that finds them missing: the first wave of 400 threads took a gigabyte and a minute of CPU.
    """
    if texts in _known:
        yield
        return
    with _FIRST:
        yield
        _known.add(texts)


def _in_fields(
    text: str, sheet: FactSheet, kind: Kind, structured: Mapping[str, Any]
) -> Iterator[Finding]:
    """Findings of the fields' own words, without a place in the text."""
    rest = hidden_text(text, structured)
    if rest:
        draft = draft_of(rest, sheet, kind, ())
        for finding in (finding for rule in ON_FIELDS for finding in rule(draft)):
            yield finding.model_copy(update={"span": (0, 0)})
