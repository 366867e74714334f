"""A digest as a mail: everything the templates need, laid out, then HTML and plain text.

Pure: no clock, no network, no database. Templates are files in `runletters/templates/digest`;
a name that is missing in them is an error, and every text of a person is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from pydantic import BaseModel, ConfigDict

from runletters.digests.links import Links
from runletters.digests.pictures import pictures
from runletters.digests.sheet import DigestSheet
from runletters.digests.telling import against, step_text
from runletters.digests.totals import SAME_PERCENT
from runletters.digests.words import Words, words_for
from runletters.digests.writing import WrittenDigest


class Page(BaseModel):
    """A mail in both forms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    html: str
    plain: str
    pictures: tuple[str, ...] = ()  # names of the pictures the HTML shows


def digest_page(digest: WrittenDigest, links: Links, sources: Mapping[str, str]) -> Page:
    """The mail of one digest.

    Args:
        digest: one that was written, not skipped.
        links: where it points.
        sources: address of each picture by name: `cid:…` in a mail, `data:…` in a preview.
            A picture without one is left out of the HTML.
    """
    sheet, text = digest.sheet, digest.text
    if sheet is None or text is None:
        raise ValueError(f"nothing was written for {digest.period.key}; expected a text to lay out")
    shown = [picture for picture in pictures(sheet) if picture.name in sources]
    values = _values(sheet, text.body, links) | {
        "subject": digest.subject or "",
        "pictures": [picture.model_dump() | {"src": sources[picture.name]} for picture in shown],
        "told_pictures": [picture.model_dump() for picture in pictures(sheet)],
    }
    return rendered("digest", values, tuple(picture.name for picture in shown))


def rendered(name: str, values: Mapping[str, Any], names: tuple[str, ...] = ()) -> Page:
    """Both forms of the template of that name."""
    return Page(
        subject=" ".join(str(values["subject"]).split()),
        html=_templates().get_template(f"{name}.html").render(values),
        plain=_templates().get_template(f"{name}.txt").render(values).strip() + "\n",
        pictures=names,
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("runletters", "templates/digest"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _values(sheet: DigestSheet, body: str, links: Links) -> dict[str, Any]:
    words = words_for(sheet.language, sheet.units)
    best = sheet.best
    return {
        "language": words.wording.language,
        "preheader": " ".join(body.partition("\n\n")[2].split())[:140] or body[:140],
        "eyebrow": words.label(f"eyebrow_{sheet.period.window}"),
        "span": _span(sheet, words),
        "headline": _headline(sheet),
        "paragraphs": body.split("\n\n"),
        "figures": _figures(sheet, words),
        "compared": against(sheet, "labels", words),
        "best": best.model_dump() if best else None,
        "best_link": links.activity(best.activity_id) if best else None,
        "step": step_text(sheet),
        "caveats": sheet.caveats,
        "links": links,
        "labels": _Labels(words),
    }


class _Labels:
    """`labels.best` in a template is that phrase in the reader's language."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __getitem__(self, name: str) -> str:
        return self._words.label(name)


def _span(sheet: DigestSheet, words: Words) -> str:
    first, last = sheet.period.first, sheet.period.last
    if sheet.period.window == "year" and sheet.period.is_whole:
        return f"{first:%Y}"
    return f"{words.wording.day_short(first)} – {words.wording.day(last)}"


def _headline(sheet: DigestSheet) -> str:
    distance = sheet.fact("distance")
    return distance.text if distance else ""


SHOWN = ("distance", "moving_time", "runs", "elevation_gain", "load")


def _figures(sheet: DigestSheet, words: Words) -> list[dict[str, str]]:
    """Rows of the table: label, value, change against what is usual, what is usual."""
    rows = [_figure(sheet, name, words) for name in SHOWN if sheet.has(name)]
    return [*rows, *_fitness_rows(sheet, words)]


def _figure(sheet: DigestSheet, name: str, words: Words) -> dict[str, str]:
    fact, usual, change = (sheet.fact(f"{name}{end}") for end in ("", "_usual", "_change"))
    return {
        "label": words.label(name),
        "value": fact.text if fact else "",
        "change": _change(float(change.value), change.text, words) if change else "",
        "usual": words.label(f"figure_note_{sheet.period.window}", value=usual.text)
        if usual
        else "",
    }


def _change(percent: float, text: str, words: Words) -> str:
    if abs(percent) < SAME_PERCENT:
        return words.label("same")
    return words.label("more" if percent > 0 else "less", percent=text)


def _fitness_rows(sheet: DigestSheet, words: Words) -> list[dict[str, str]]:
    fitness, change, form = (sheet.fact(name) for name in ("fitness", "fitness_change", "form"))
    rows: list[dict[str, str]] = []
    if fitness:
        moved = float(change.value) if change else 0.0
        sign = "+" if moved > 0 else "−" if moved < 0 else "±"
        told = f"{sign}{change.text}" if change else ""
        rows.append(
            {"label": words.label("fitness"), "value": fitness.text, "change": told, "usual": ""}
        )
    if form and sheet.feeling:
        feeling = words.say("feelings", sheet.feeling).partition(",")[0]
        rows.append(
            {"label": words.label("form"), "value": form.text, "change": feeling, "usual": ""}
        )
    return rows
