"""What the truth gate has to say about a text: typed, small, ready for JSON.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

Severity: TypeAlias = Literal["reject", "note"]


class Finding(BaseModel):
    """One thing a text says that it may not say, or that deserves a remark."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str  # number, role, date, direction, superlative, sensor, medical, length …
    severity: Severity
    span: tuple[int, int]  # characters of the checked text, end excluded; (0, 0): the whole text
    found: str
    expected: str
    message: str


def reject(rule: str, span: tuple[int, int], found: str, expected: str, message: str) -> Finding:
    """A finding that keeps the text from being shown."""
    return Finding(
        rule=rule, severity="reject", span=span, found=found, expected=expected, message=message
    )


def note(rule: str, span: tuple[int, int], found: str, expected: str, message: str) -> Finding:
    """A remark that is stored and does not keep the text from being shown."""
    return Finding(
        rule=rule, severity="note", span=span, found=found, expected=expected, message=message
    )


def is_acceptable(findings: Iterable[Finding]) -> bool:
    """Whether nothing among the findings rejects the text."""
    return all(finding.severity != "reject" for finding in findings)


def describe(findings: Iterable[Finding]) -> str:
    """The rejections as a list for the repair prompt, one line each; empty if there are none."""
    rejections = [finding for finding in findings if finding.severity == "reject"]
    return "\n".join(f"- {_line(finding)}" for finding in rejections)


def _line(finding: Finding) -> str:
    found = f'"{finding.found}": ' if finding.found else ""
    expected = f" Expected: {finding.expected}." if finding.expected else ""
    return f"[{finding.rule}] {found}{finding.message}{expected}"
