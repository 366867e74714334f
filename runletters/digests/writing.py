"""The words of a digest: the offline text, and the seam where another writer comes in.

Pure: no clock, no network, no database. The offline text is deterministic and free; every
figure in it is a fact of the sheet.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict

from runletters.content import Text, Usage
from runletters.digests.building import turn_of
from runletters.digests.periods import Period, Window
from runletters.digests.sheet import DigestSheet, as_fact_sheet
from runletters.digests.totals import SAME_PERCENT
from runletters.digests.words import Words, opened, words_for
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


def subject(sheet: DigestSheet) -> str:
    """What the mail is called: the sum, and the one thing that makes the period special."""
    words, period = _words(sheet), sheet.period
    base = words.say("subject", period.window, **_counts(sheet, words), **_calendar(sheet, words))
    if not period.is_whole and period.window != "week":
        base = words.say(
            "subject", "partial", subject=base, day=words.wording.day_short(period.last)
        )
    for name in ("ever", "since"):
        fact = sheet.fact(f"biggest_{name}")
        if fact:
            return words.say("subject", name, subject=base, day=fact.text)
    change = sheet.fact("distance_change")
    if change and float(change.value) >= 2 * SAME_PERCENT:
        return words.say("subject", f"more_{period.window}", subject=base, percent=change.text)
    if sheet.best and sheet.best.reason not in {"longest", "only"}:
        return words.say("subject", "best", subject=base)
    return base


def offline_text(sheet: DigestSheet) -> str:
    """Two short paragraphs: what the period was, and what it did to the form."""
    words = _words(sheet)
    hello = words.say("text", "hello", name=sheet.reader_name) if sheet.reader_name else ""
    first = [_opening(sheet, words), _comparison(sheet, words)]
    paragraphs = [hello, _joined(first), _form(sheet, words)]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def step_text(sheet: DigestSheet) -> str | None:
    """The one thing to do next, in words."""
    step, words = sheet.next_step, _words(sheet)
    if step is None:
        return None
    return words.say("step", step.kind, distance=step.distance_text or "", day=step.day_text or "")


def counted(name: str, number: float, words: Words) -> str:
    """4 runs, 1 run; in the case the phrase asks for."""
    return words.say("count", f"{name}_one" if number == 1 else name, n=words.wording.count(number))


def against(sheet: DigestSheet, section: str, words: Words) -> str:
    """What the period is compared with, in words; "" without a comparison."""
    usual = sheet.fact("distance_usual")
    if usual is None:
        return ""
    n = words.wording.count(usual.n or 0)
    return words.say(section, f"against_{sheet.period.window}", n=n)


def _words(sheet: DigestSheet) -> Words:
    return words_for(sheet.language, sheet.units, turn_of(sheet.period))


def _ends(key: str) -> dict[str, str]:
    first, _, last = key.partition("/")
    return {"first": first, "last": last}


def _joined(sentences: Sequence[str]) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _counts(sheet: DigestSheet, words: Words) -> dict[str, str]:
    runs, days = sheet.value("runs") or 0, sheet.value("days_run") or 0
    distance = sheet.fact("distance")
    return {
        "distance": distance.text if distance else words.wording.distance(0.0),
        "runs": counted("runs", runs, words),
        "in_runs": counted("in_runs", runs, words),
        "days": counted("on_days", days, words),
    }


def _calendar(sheet: DigestSheet, words: Words) -> dict[str, str]:
    return {"month": words.wording.month(sheet.period.first), "year": f"{sheet.period.first:%Y}"}


def _opening(sheet: DigestSheet, words: Words) -> str:
    once_a_day = sheet.value("runs") == sheet.value("days_run")
    name = f"open_{sheet.period.window}{'_plain' if once_a_day else ''}"
    return opened(words.say("text", name, **_counts(sheet, words), **_calendar(sheet, words)))


def _comparison(sheet: DigestSheet, words: Words) -> str:
    for name in ("ever", "since"):
        fact = sheet.fact(f"biggest_{name}")
        if fact:
            names = _names_of_window(sheet.period.window, fact.text, words)
            return words.say("text", name, day=fact.text, n=fact.text, **names)
    return _change(sheet, words)


def _names_of_window(window: Window, n: str, words: Words) -> dict[str, str]:
    """The word for the period in the forms this language has."""
    forms = ("window", "windows", "one_window", "that_window", "none_of")
    known = [form for form in forms if words.has("text", f"{form}_{window}")]
    return {form: words.say("text", f"{form}_{window}", n=n) for form in known}


def _change(sheet: DigestSheet, words: Words) -> str:
    change, usual = sheet.fact("distance_change"), sheet.fact("distance_usual")
    if change is None or usual is None:
        return words.say("caveat", "short_history")
    percent = float(change.value)
    name = "same" if abs(percent) < SAME_PERCENT else "more" if percent > 0 else "less"
    told = against(sheet, "text", words)
    return words.say("text", name, percent=change.text, usual=usual.text, against=told)


def _form(sheet: DigestSheet, words: Words) -> str:
    fitness, change = sheet.fact("fitness"), sheet.fact("fitness_change")
    if fitness is None or sheet.feeling is None:
        return ""
    moved = float(change.value) if change else 0.0
    return words.say(
        "text",
        "form_up" if moved > 0 else "form_down" if moved < 0 else "form_flat",
        fitness=fitness.text,
        change=change.text if change else "",
        span=words.say("text", f"span_{sheet.period.window}"),
        feeling=words.say("feelings", sheet.feeling),
    )
