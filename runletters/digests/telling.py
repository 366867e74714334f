"""What a digest says offline: subject, text and the one thing to do next.

Pure: no clock, no network, no database. Deterministic and free; every figure is a fact of
the sheet.
"""

from __future__ import annotations

from collections.abc import Sequence

from runletters.digests.building import turn_of
from runletters.digests.periods import Window
from runletters.digests.sheet import DigestSheet
from runletters.digests.totals import SAME_PERCENT
from runletters.digests.words import Words, opened, words_for


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


def greeted(sheet: DigestSheet, body: str) -> str:
    """The text under the reader's name, where one is known."""
    if not sheet.reader_name:
        return body
    return f"{_words(sheet).say('text', 'hello', name=sheet.reader_name)}\n\n{body}"


def offline_text(sheet: DigestSheet) -> str:
    """Two short paragraphs: what the period was, and what it did to the form."""
    words = _words(sheet)
    first = [_opening(sheet, words), comparison(sheet, words)]
    paragraphs = [_joined(first), _form(sheet, words)]
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


def comparison(sheet: DigestSheet, words: Words) -> str:
    """The period beside earlier ones: the biggest, more, less or about the same."""
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
