"""Numbers and units as a language writes them.

Pure: no clock, no network, no database. Signs of decimals and thousands come from
CLDR (Babel), units from units.toml.
"""

from __future__ import annotations

import re
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol, get_group_symbol

from runletters.grounding.lexicon import table

ONLY_IN = {"an": "fr", "mes": "es"}
"""Forms of a unit that are other words in other languages."""


@cache
def unit_forms() -> dict[str, tuple[str, float]]:
    """Every form of a unit with its dimension and what one of it is in base units."""
    forms: dict[str, tuple[str, float]] = {}
    for dimension, rows in table("units.toml").items():
        for factor, listed in rows.items():
            for form in listed:
                forms.setdefault(form, (dimension, float(factor)))
    return forms


@cache
def _symbols(language: str) -> tuple[str, str]:
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return ".", ","
    return get_decimal_symbol(locale), get_group_symbol(locale)


def parse_number(written: str, language: str) -> tuple[float, int]:
    """Value and number of decimals of a number as this language writes it."""
    decimal, group = _symbols(language)
    if group not in ".,":
        group = "." if decimal == "," else ","
    if re.fullmatch(
        rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(decimal)}\d+)?", written
    ):
        written = written.replace(group, "")
    plain = written.replace(",", ".")
    whole, _, fraction = plain.rpartition(".") if "." in plain else (plain, "", "")
    value = float(f"{whole.replace('.', '')}.{fraction or 0}")
    return value, len(fraction)


@cache
def chinese_forms() -> tuple[str, ...]:
    """Forms that stand right behind a number and before anything, longest first."""
    return tuple(
        sorted(
            (f for f in unit_forms() if not f[0].isascii() and ord(f[0]) > 0x3000),
            key=len,
            reverse=True,
        )
    )
