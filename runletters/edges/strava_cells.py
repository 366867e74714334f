"""What one cell of Strava's activities.csv means: numbers, dates and sports of five languages.

Pure apart from the table of names that it reads once.
"""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, cast

from babel.dates import get_month_names

from runletters.edges.read_sports import word_sport

LANGUAGES = ("en", "de", "fr", "es", "zh")
_COMMA_GROUPS = frozenset({"en", "zh"})
_TIME = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})\s*([ap])?\.?\s?(?:m\.?)?", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")


@cache
def names() -> dict[str, dict[str, Any]]:
    """Header names by language and field, and sports by their localized names."""
    return tomllib.loads((files("runletters") / "strava_headers.toml").read_text("utf-8"))


def number(text: str, language: str) -> float:
    """A number with a decimal point or comma, with or without grouping.

    With both marks the last one is decimal, and so is a single one: the figures of the
    export have a point in every language. English and Chinese never have a decimal comma.

    Raises:
        ValueError: it is none.
    """
    plain = _BLANKS.sub("", text)
    plain = plain.replace(",", "") if language in _COMMA_GROUPS else plain
    if _NUMBER.fullmatch(plain) is None:
        raise ValueError("expected a number")
    whole, mark, decimals = _split(plain)
    return float(f"{whole.replace('.', '').replace(',', '')}{mark and '.'}{decimals}")


def _split(plain: str) -> tuple[str, str, str]:
    last = max(plain.rfind("."), plain.rfind(","))
    if last < 0 or plain.count(plain[last]) > 1:  # the same mark twice groups thousands
        return plain, "", ""
    return plain[:last], plain[last], plain[last + 1 :]


def moment(text: str, language: str) -> datetime:
    """A date and time of the export, which are UTC without saying so.

    Known: "Sep 20, 2026, 2:12:12 PM", "20.09.2026, 14:12:12", "20 sept. 2026 à 14:12:12",
    "2026年9月20日 14:12:12", and ISO.

    Raises:
        ValueError: it has another form, or is no date.
    """
    plain = _BLANKS.sub(" ", text).strip()
    found = _TIME.search(plain)
    if found is None:
        raise ValueError("expected a date with a time of day")
    hour, minute, second = (int(part) for part in found.groups()[:3])
    if found[4]:
        if not 1 <= hour <= 12:
            raise ValueError("expected an hour of 1 to 12 before AM or PM")
        hour = hour % 12 + (12 if found[4].lower() == "p" else 0)
    year, month, day = _date(plain[: found.start()], language)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _date(text: str, language: str) -> tuple[int, int, int]:
    numbers = [int(part) for part in re.findall(r"\d+", text)]
    words = [word.lower() for word in re.findall(r"[^\W\d_]+", text)]
    month = next((_months(language)[word] for word in words if word in _months(language)), None)
    match numbers:
        case [first, second] if month is not None:
            return (first, month, second) if first > 31 else (second, month, first)
        case [year, number_of_month, day] if year > 31:
            return year, number_of_month, day
        case [day, number_of_month, year] if "/" not in text or language in {"fr", "es"}:
            return year, number_of_month, day
        case _:
            raise ValueError("expected a date such as 'Sep 20, 2026' or '20.09.2026'")


@cache
def _months(language: str) -> dict[str, int]:
    """Month names, long and short, by how they begin a word; English everywhere."""
    found: dict[str, int] = {}
    for locale in dict.fromkeys((language, "en")):
        for width in ("wide", "abbreviated"):
            # Babel's own annotations stop at "a mapping"; it is month number to name.
            of_month = cast("dict[int, str]", dict(get_month_names(width, locale=locale)))
            for month, name in of_month.items():
                word = re.match(r"[^\W\d_]+", name.lower())
                if word is not None:
                    found.setdefault(word[0], month)
                    found.setdefault(word[0][:3], month)
    return found


def sport(text: str) -> str:
    """The sport that a cell of the type column names, in any of the languages."""
    plain = _BLANKS.sub(" ", text).strip().lower()
    known = names()["sports"].get(plain)
    return str(known) if known else word_sport(text)
