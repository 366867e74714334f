"""Who writes a digest, who checks it, and what is kept of it.

Pure: no clock, no network, no database. The offline text is in `telling`; this is the seam
where another writer and the truth gate come in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict

from runletters.content import Text, Usage
from runletters.digests.periods import Period, Window
from runletters.digests.sheet import DigestSheet, as_fact_sheet
from runletters.digests.telling import offline_text, subject
from runletters.digests.words import Words
from runletters.facts import FactSheet
from runletters.grounding.findings import Finding, is_acceptable

OFFLINE_MODEL = "offline-digest-1"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WrittenDigest(_Frozen):
    """What became of one period: a text with its sheet, or the reason for none."""

    window: Window
    period: Period
    note: str | None = None  # why nothing was written
    subject: str | None = None
    text: Text | None = None
    sheet: DigestSheet | None = None
    usage: Usage = Usage()
    cost_nano_usd: int | None = 0  # None: the price is not known

    @property
    def is_skipped(self) -> bool:
        """Whether there was nothing to say."""
        return self.text is None

    def as_row(self) -> dict[str, Any]:
        """The columns of the table of digests, without user and time."""
        text = self.text
        return {
            "window_kind": self.window,
            "period": self.period.key,
            "state": "skipped" if text is None else "written",
            "note": self.note,
            "subject": self.subject,
            "body": text.body if text else None,
            "sheet": self.sheet.model_dump_json() if self.sheet else None,
            "writer": text.writer if text else None,
            "model": text.model if text else None,
            "prompt_sha256": text.prompt_sha256 if text else None,
            "is_fallback": text.is_fallback if text else False,
            "findings": json.dumps(list(text.findings) if text else []),
            **self.usage.model_dump(),
            "cost_nano_usd": self.cost_nano_usd,
        }

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> WrittenDigest:
        """What `as_row` wrote down."""
        last = Period.model_validate(
            {"window": row["window_kind"], **_ends(row["period"])}
        )  # fmt: skip
        text = {name: row[name] for name in ("body", "writer", "model", "prompt_sha256")}
        is_written = row["state"] == "written"
        return cls(
            window=row["window_kind"],
            period=last,
            note=row["note"],
            subject=row["subject"],
            text=Text(
                **text, is_fallback=row["is_fallback"], findings=tuple(json.loads(row["findings"]))
            )
            if is_written
            else None,
            sheet=DigestSheet.model_validate_json(row["sheet"]) if is_written else None,
            usage=Usage(**{name: row[name] for name in Usage.model_fields}),
            cost_nano_usd=row["cost_nano_usd"],
        )


class Draft(_Frozen):
    """What a writer gives: a text and what it cost."""

    text: Text
    usage: Usage = Usage()
    cost_nano_usd: int | None = 0


class DigestWriter(Protocol):
    """Writes the prose of a digest; raises a WriterError where it cannot."""

    def __call__(self, sheet: DigestSheet, /) -> Draft:
        """A draft made of the facts of the sheet and nothing else."""
        ...


Gate: TypeAlias = Callable[[str, FactSheet], Sequence[Finding]]
"""The truth gate for this kind of text: `lambda text, sheet: check(text, sheet, kind=…)`."""


def offline_writer(sheet: DigestSheet) -> Draft:
    """The deterministic draft."""
    return Draft(text=Text(body=offline_text(sheet), writer="offline", model=OFFLINE_MODEL))


def write_digest(
    sheet: DigestSheet, *, writer: DigestWriter = offline_writer, gate: Gate | None = None
) -> WrittenDigest:
    """Write a digest; a text the gate rejects gives way to the offline one, marked as such.

    Args:
        sheet: the facts.
        writer: who writes.
        gate: what checks the text; the offline text is made of facts and is not checked.
    """
    draft = writer(sheet)
    findings = tuple(gate(draft.text.body, as_fact_sheet(sheet))) if gate else ()
    text = draft.text
    if not is_acceptable(findings):
        text = offline_writer(sheet).text.model_copy(update={"is_fallback": True})
    told = tuple(finding.model_dump(mode="json") for finding in findings)
    return WrittenDigest(
        window=sheet.period.window,
        period=sheet.period,
        subject=subject(sheet),
        text=text.model_copy(update={"findings": told}),
        sheet=sheet,
        usage=draft.usage,
        cost_nano_usd=draft.cost_nano_usd,
    )


def nothing_to_say(period: Period, words: Words) -> WrittenDigest:
    """The digest of a period without a run: a note and no mail."""
    first, last = words.wording.day(period.first), words.wording.day(period.last)
    note = words.say("skip", "no_run", first=first, last=last)
    return WrittenDigest(window=period.window, period=period, note=note)


def _ends(key: str) -> dict[str, str]:
    first, _, last = key.partition("/")
    return {"first": first, "last": last}
