"""What stands between a written text and its reader: the truth gate, for kept texts.

Pure: no clock, no network, no database. Findings travel as plain dictionaries with the
fields of `grounding.Finding`, so that they can cross task borders and be stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from runletters.content import Kind, Text
from runletters.errors import TextRejected
from runletters.facts import FactSheet
from runletters.grounding import check
from runletters.grounding.truths import fact_language

Fault: TypeAlias = Mapping[str, Any]
"""One finding: `rule`, `severity` (reject or note), `span`, `found`, `expected`, `message`."""
Stage: TypeAlias = Literal["draft", "repair", "fallback", "offline"]
"""Which version of a text a finding is about."""


def faults_of(text: Text, sheet: FactSheet, recent: Sequence[str] = ()) -> tuple[Fault, ...]:
    """What the truth gate has to say about a text.

    Args:
        text: A letter, or an insight with its fields.
        sheet: The facts it was written from.
        recent: The runner's last texts of this kind, newest first.
    """
    kind = _kind_of(text, sheet)
    if text.writer == "offline":  # it writes English where it has no phrases
        sheet = sheet.model_copy(update={"language": fact_language(sheet)})
    found = check(text.body, sheet, kind=kind, recent=recent, structured=text.structured)
    return tuple(finding.model_dump(mode="json") for finding in found)


def _kind_of(text: Text, sheet: FactSheet) -> Kind:
    if sheet.classification in {"plan", "digest"}:
        return "plan" if sheet.classification == "plan" else "digest"
    return "letter" if text.structured is None else "coaching"


def is_blocking(fault: Fault) -> bool:
    """Whether a finding rejects the text it is about; one that does not say so does."""
    return fault.get("severity") != "note"


def blocking(faults: Iterable[Fault]) -> list[Fault]:
    """Those that reject."""
    return [each for each in faults if is_blocking(each)]


def staged(faults: Iterable[Fault], stage: Stage) -> tuple[dict[str, Any], ...]:
    """Findings that say which version of the text they are about."""
    return tuple({**each, "stage": stage} for each in faults)


def fault_line(fault: Fault) -> str:
    """One finding as the writer is told it: what was found, why not, what is true."""
    found = f'"{fault["found"]}": ' if fault.get("found") else ""
    expected = f" (expected: {fault['expected']})" if fault.get("expected") else ""
    return f"{found}{fault.get('message') or fault.get('rule', 'not usable')}{expected}"


def fault_lines(faults: Iterable[Fault]) -> str:
    """The blocking findings in one line."""
    return "; ".join(map(fault_line, blocking(faults)))


def approved(text: Text, sheet: FactSheet, stage: Stage, recent: Sequence[str] = ()) -> Text:
    """The text with its remarks.

    Raises:
        TextRejected: the gate rejects it.
    """
    faults = faults_of(text, sheet, recent)
    if refused := blocking(faults):
        kind = _kind_of(text, sheet)
        what = "insight" if kind == "coaching" else kind
        raise TextRejected(f"The {stage} {what} is not true to its facts: {fault_lines(refused)}.")
    return text.model_copy(update={"findings": (*text.findings, *staged(faults, stage))})
