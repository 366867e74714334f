"""The offline writer: deterministic, free, honest, no key.

Pure: no clock, no network, no database. The same sheet gives the same text.
"""

from __future__ import annotations

from collections.abc import Sequence

from runletters.content import Text
from runletters.facts import FactSheet
from runletters.writing.compose import compose
from runletters.writing.insight import render_insight
from runletters.writing.offline_coaching import insight_of
from runletters.writing.overlap import overlap
from runletters.writing.phrasebook import coaching_phrases, letter_phrases

MODEL = "offline-1"
SHIFTS = (0, 7, 19, 31)  # other turns through the phrases, tried when recent letters are known


def write_letter(sheet: FactSheet, recent: Sequence[str] = ()) -> Text:
    """A letter of 100 to 150 words about one run.

    Args:
        sheet: The facts; nothing else is told.
        recent: The runner's last letters, if known: of a few versions the one that
            repeats them least is taken.
    """
    book = letter_phrases(sheet.language)
    shifts = SHIFTS if recent else SHIFTS[:1]
    drafts = [compose(sheet, book, shift=shift) for shift in shifts]
    body = min(drafts, key=lambda draft: overlap(draft, recent))
    return Text(body=body, writer="offline", model=MODEL, prompt_sha256=book.sha256)


def write_coaching(sheet: FactSheet) -> Text:
    """An insight about one run: class, heart rate, pacing, what follows, what to do next."""
    insight = insight_of(sheet)
    return Text(
        body=render_insight(insight, sheet.language),
        structured=insight.model_dump(mode="json"),
        writer="offline",
        model=MODEL,
        prompt_sha256=coaching_phrases(sheet.language).sha256,
    )
