"""The fields of an insight: the class by rule, every field inside the text or checked with it.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from runletters.facts import FactSheet
from runletters.grounding.findings import Finding, reject
from runletters.grounding.sensors import is_recorded

_HEART_FIELDS = ("heart_rate", "heart_rate_analysis", "hr_analysis")


def leaves(value: Any) -> Iterator[str]:
    """Every text inside a nested value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in cast("Mapping[str, object]", value).values():
            yield from leaves(inner)
    elif isinstance(value, Sequence):
        for inner in cast("Sequence[object]", value):
            yield from leaves(inner)


def hidden_text(text: str, structured: Mapping[str, Any]) -> str:
    """Sentences of the fields that the prose does not contain, for the same rules."""
    said = " ".join(text.split()).lower()
    fields = [
        leaf for key, v in structured.items() if key != "classification" for leaf in leaves(v)
    ]
    missing = [leaf for leaf in fields if leaf.strip().rstrip(".").lower() not in said]
    return " ".join(f"{leaf.strip().rstrip('.')}." for leaf in missing if leaf.strip())


def check_fields(structured: Mapping[str, Any], sheet: FactSheet) -> Iterator[Finding]:
    """The class is the rule's, and heart rate is analysed only where it was measured."""
    found = structured.get("classification")
    if found != sheet.classification:
        yield reject(
            "classification",
            (0, 0),
            str(found),
            sheet.classification,
            "is not the class the rule gave",
        )
    for field in _HEART_FIELDS:
        if structured.get(field) and not is_recorded(sheet, "heart"):
            yield reject(
                "sensor", (0, 0), field, "null", "analyses a heart rate that was not recorded"
            )
