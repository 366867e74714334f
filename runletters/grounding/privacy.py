"""No leak: words of titles and notes that may not be used, names, places, obeyed instructions.

Pure: no clock, no network, no database. The runner's own words (title, notes) may be
used where the sheet holds notes, which it does only if the runner allowed it. A title
that gives orders is never quoted, allowed or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import cast

from babel import Locale

from runletters.grounding.dates import month_pattern, weekday_pattern
from runletters.grounding.draft import Draft
from runletters.grounding.findings import Finding, reject
from runletters.grounding.lexicon import entries, table, words
from runletters.grounding.wordlist import WordList

QUOTED_WORDS = 3
"""So many words of a title in a row are a quotation."""
SHORTEST_NAME = 4
UNSPACED = 4
"""So many characters in a row are telling in scripts that do not part words."""

_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{4,}")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+")
_NAME = re.compile(
    r"(?<![.!?:;\"'(\n] )(?<!^)(?<![.!?:;\"(\n])(?<=[\w,;)] )"
    r"([A-ZÄÖÜÉ][\w'’-]+(?: [A-ZÄÖÜÉ][\w'’-]+)*)"
)


@cache
def _orders() -> re.Pattern[str]:
    """Words of somebody who speaks to a machine, in many languages."""
    return re.compile("|".join(table("orders.toml")["orders"]), re.IGNORECASE)


def check_leaks(draft: Draft) -> Iterator[Finding]:
    """Quotations of titles and notes that may not be used, and anything an order asked for."""
    for own in filter(None, (draft.sheet.title, draft.sheet.notes)):
        if _orders().search(own):
            yield from _echoes(draft, own)
        elif draft.sheet.notes is None:
            yield from _quotations(draft, own)


def _known(draft: Draft) -> frozenset[str]:
    """Words that the facts use themselves."""
    said = " ".join(f"{fact.text} {fact.window or ''}" for fact in draft.sheet.facts)
    said += f" {draft.sheet.reader_name or ''} {draft.sheet.classification_reason}"
    return frozenset(token.lower() for token in _TOKEN.findall(said))


def _echoes(draft: Draft, own: str) -> Iterator[Finding]:
    """Any telling word of a text that gives orders."""
    common = words(draft.language if draft.has_word_lists else "en", "common")
    known = _known(draft)
    told = {t for t in _TOKEN.findall(own) if len(t) >= SHORTEST_NAME or not t.isascii()}
    told |= {
        run[i : i + UNSPACED]
        for run in _UNSPACED.findall(own)
        for i in range(len(run) - UNSPACED + 1)
    }
    for token in told:
        if token.lower() in known or common.fullmatch(token.lower()) or _orders().fullmatch(token):
            continue
        pattern = re.compile(
            rf"(?<!\w){re.escape(token)}(?!\w)" if token.isascii() else re.escape(token),
            re.IGNORECASE,
        )
        for span, found in draft.found(pattern):
            yield reject(
                "leak",
                span,
                found,
                "nothing of that title",
                "repeats a title or note that gives orders",
            )


def _quotations(draft: Draft, own: str) -> Iterator[Finding]:
    tokens = _TOKEN.findall(own)
    known = _known(draft)
    for size in range(len(tokens), QUOTED_WORDS - 1, -1):
        for index in range(len(tokens) - size + 1):
            part = tokens[index : index + size]
            if all(token.lower() in known for token in part):
                continue
            pattern = re.compile(
                r"(?<!\w)" + r"\W+".join(map(re.escape, part)) + r"(?!\w)", re.IGNORECASE
            )
            hits = draft.found(pattern)
            if hits:
                span, found = hits[0]
                yield reject(
                    "leak", span, found, "no quotation", "quotes a title that may not be used"
                )
                return


@cache
def _places(language: str) -> frozenset[str]:
    """Countries and the cities of time zones, as CLDR (Babel) names them."""
    locale = Locale.parse(language)
    # Babel's locale data carry no types: names of places by code.
    territories = cast("Mapping[str, str]", locale.territories)
    zones = cast("Mapping[str, Mapping[str, str]]", locale.time_zones)
    names = set(territories.values()) | {z["city"] for z in zones.values() if "city" in z}
    return frozenset(name.lower() for name in names if len(name) >= SHORTEST_NAME)


@cache
def _place_list(language: str) -> WordList:
    return WordList([re.escape(name) for name in sorted(_places(language))])


@cache
def _listed_places(language: str) -> re.Pattern[str]:
    """Streets, parks and the like; capitals matter."""
    return re.compile("|".join(rf"(?<!\w){form}" for form in entries(language, "places")))


def check_names(draft: Draft) -> Iterator[Finding]:
    """No names of people or places that the sheet does not hold."""
    if not draft.has_word_lists:
        return
    allowed = _allowed(draft)
    patterns = [_place_list(draft.language), _listed_places(draft.language)]
    if draft.language == "en":  # German writes every noun with a capital
        patterns.append(_NAME)
    seen: set[int] = set()
    for pattern in patterns:
        for span, found in draft.found(pattern):
            if (
                found[0].isupper()
                and span[0] not in seen
                and not _is_allowed(draft, found, allowed)
            ):
                seen.add(span[0])
                yield reject(
                    "name",
                    span,
                    found,
                    "no name or place that is not on the sheet",
                    "is a name or a place",
                )


def _allowed(draft: Draft) -> frozenset[str]:
    own = f"{draft.sheet.title} {draft.sheet.notes}" if draft.sheet.notes else ""
    return _known(draft) | {token.lower() for token in _TOKEN.findall(own)}


def _is_allowed(draft: Draft, found: str, allowed: frozenset[str]) -> bool:
    fine = words(draft.language, "capitalised")
    for token in re.findall(r"[^\W\d_]+(?<!\bs)", found):
        if (
            token.lower() in allowed
            or fine.fullmatch(token)
            or weekday_pattern(draft.language).match(token)
        ):
            continue
        if re.fullmatch(month_pattern(draft.language), token, re.IGNORECASE):
            continue
        return False
    return True
