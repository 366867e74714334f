"""Who writes a digest, who checks it, and what is kept of it.

Pure: no clock, no network, no database. The offline text is in `telling`; the facts that every
writer gets and the truth gate reads are in `grounds`.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from runletters.assignments import Hand, work_item
from runletters.content import Text, Usage, WorkItem
from runletters.digests.grounds import OFFLINE_MODEL, as_fact_sheet, write_text
from runletters.digests.periods import Period, Window
from runletters.digests.sending import Due
from runletters.digests.sheet import DigestSheet
from runletters.digests.telling import greeted, subject
from runletters.digests.words import Words, phrases_sha256, words_for
from runletters.gatekeeping import approved

NO_USAGE = Usage()


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


class DrawnDigest(_Frozen):
    """A digest that is due: the text still to be written, or the reason why there is none.

    Without either the digest is kept already, or the period had nothing to say.
    """

    due: Due
    sheet: DigestSheet | None = None
    item: WorkItem | None = None
    unwanted: str = ""  # why it is not sent to this runner at all
    problem: str = ""  # why its facts could not be drawn
    is_held: bool = False  # another run is writing it at this moment


def digest_item(user_id: str, sheet: DigestSheet, hand: Hand) -> WorkItem:
    """The text that is to be written about a period."""
    return work_item(user_id, as_fact_sheet(sheet), "digest", hand)


def offline_hand(language: str) -> Hand:
    """The free writer, as far as the fingerprint is concerned."""
    known = words_for(language, "metric").wording.language
    return Hand(writer="offline", model=OFFLINE_MODEL, prompt_sha256=phrases_sha256(known))


def write_digest(sheet: DigestSheet) -> WrittenDigest:
    """The digest with the deterministic text, which the gate accepted.

    Raises:
        TextRejected: the text is not true to the facts; a mistake of ours.
    """
    facts = as_fact_sheet(sheet)
    return told(sheet, approved(write_text(facts), facts, "offline"))


def told(
    sheet: DigestSheet, text: Text, usage: Usage = NO_USAGE, cost_nano_usd: int | None = 0
) -> WrittenDigest:
    """The digest of a period with its text, whoever wrote it.

    The greeting is put above by rule, so a name is nothing a writer or the gate deals with.
    """
    return WrittenDigest(
        window=sheet.period.window,
        period=sheet.period,
        subject=subject(sheet),
        text=text.model_copy(update={"body": greeted(sheet, text.body)}),
        sheet=sheet,
        usage=usage,
        cost_nano_usd=cost_nano_usd,
    )


def nothing_to_say(period: Period, words: Words) -> WrittenDigest:
    """The digest of a period without a run: a note and no mail."""
    first, last = words.wording.day(period.first), words.wording.day(period.last)
    note = words.say("skip", "no_run", first=first, last=last)
    return WrittenDigest(window=period.window, period=period, note=note)


def _ends(key: str) -> dict[str, str]:
    first, _, last = key.partition("/")
    return {"first": first, "last": last}
