"""A digest's sheet as the facts a writer gets and the truth gate reads, and back.

Pure: no clock, no network, no database. Names say of what a figure is: `digest_distance` is the
period's own, `usual_distance` what stands beside it, so that one is not taken for the other.
"""

from __future__ import annotations

from datetime import datetime, time

from runletters.content import Text
from runletters.digests.advice import feeling
from runletters.digests.building import turn_of
from runletters.digests.periods import Period
from runletters.digests.sheet import BestMoment, DigestSheet, NextStep
from runletters.digests.telling import against, comparison, offline_text
from runletters.digests.words import Words, phrases_sha256, words_for
from runletters.facts import Fact, FactSheet

OFFLINE_MODEL = "offline-digest-1"
_OWN, _USUAL, _BIGGEST = "digest_", "usual_", "biggest_"
_HELD_BY_PLAIN_REASONS = {"longest": "longest_of_period", "only": "only_run", "race": "race"}


def as_fact_sheet(sheet: DigestSheet) -> FactSheet:
    """Everything words about the period may mention; best moment and next step are facts too."""
    words = words_for(sheet.language, sheet.units, turn_of(sheet.period))
    return FactSheet(
        activity_id=sheet.period.item,
        language=sheet.language,
        units=sheet.units,
        reader_name=sheet.reader_name,
        started_local=datetime.combine(sheet.period.last, time(23, 59)),
        local_time_known=False,
        sport="running",
        classification="digest",
        classification_reason=f"a {sheet.period.window} of runs",
        tone=sheet.tone,
        facts=(
            *_of_period(sheet, words),
            *(_named(fact, sheet, words) for fact in sheet.facts),
            *(_told_of_best(sheet.best) if sheet.best else ()),
            *(_told_of_step(sheet.next_step) if sheet.next_step else ()),
        ),
        caveats=sheet.caveats,
    )


def digest_of(sheet: FactSheet) -> DigestSheet:
    """What the offline text needs, from the facts alone."""
    window, _, days = sheet.activity_id.partition(" ")
    first, _, last = days.partition("/")
    facts = [_unnamed(fact) for fact in sheet.facts if fact.name.startswith((_OWN, _USUAL))]
    form = next((float(fact.value) for fact in facts if fact.name == "form"), None)
    return DigestSheet(
        user_id="",
        language=sheet.language,
        units=sheet.units,
        period=Period.model_validate({"window": window, "first": first, "last": last}),
        tone=sheet.tone,
        facts=(*facts, *(fact for fact in sheet.facts if fact.name.startswith(_BIGGEST))),
        feeling=feeling(form),
    )


def write_text(sheet: FactSheet) -> Text:
    """The deterministic text, from the facts alone."""
    words = words_for(sheet.language, sheet.units)
    return Text(
        body=offline_text(digest_of(sheet)),
        writer="offline",
        model=OFFLINE_MODEL,
        prompt_sha256=phrases_sha256(words.wording.language),
    )


def _of_period(sheet: DigestSheet, words: Words) -> list[Fact]:
    """The days themselves; as text, so no count of days follows from a date."""
    period, wording = sheet.period, words.wording
    first, last = wording.day(period.first), wording.day(period.last)
    length = wording.days(period.days)
    return [
        Fact(name="digest_days", value=period.key, unit="text", text=f"{first} – {last}"),
        Fact(name="digest_length", value=period.days, unit="days", text=length),
    ]


def _named(fact: Fact, sheet: DigestSheet, words: Words) -> Fact:
    if fact.name.startswith(_BIGGEST):
        return fact.model_copy(update={"window": comparison(sheet, words)})
    if fact.name.endswith("_usual"):
        name = _USUAL + fact.name.removesuffix("_usual")
        window = against(sheet, "text", words) or None
        return fact.model_copy(update={"name": name, "window": window})
    return fact.model_copy(update={"name": _OWN + fact.name})


def _unnamed(fact: Fact) -> Fact:
    if fact.name.startswith(_USUAL):
        name = fact.name.removeprefix(_USUAL) + "_usual"
        return fact.model_copy(update={"name": name, "window": None})
    return fact.model_copy(update={"name": fact.name.removeprefix(_OWN)})


def _told_of_best(best: BestMoment) -> list[Fact]:
    reason = best.reason_fact or Fact(
        name=_HELD_BY_PLAIN_REASONS.get(best.reason, f"best_{best.reason}"),
        value=best.reason_text,
        unit="text",
        text=best.reason_text,
    )
    said = [("best_day", best.day_text), ("best_distance", best.distance_text),
            ("best_pace", best.pace_text or "")]  # fmt: skip
    return [reason, *(Fact(name=n, value=text, unit="text", text=text) for n, text in said if text)]


def _told_of_step(step: NextStep) -> list[Fact]:
    if step.distance_m is None or step.distance_text is None:
        return []
    return [Fact(name="advised_distance", value=step.distance_m, unit="m", text=step.distance_text)]
