"""What a phrase may be filled with: the facts of one sheet, said in several ways.

Pure: no clock, no network, no database. Per fact `name`: {name} its text,
{name_n}, {name_window}, and by its unit {name_by} the bare amount, {name_ord} the
ordinal, {name_value} the count, {name_day} the date.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from runletters.facts import Fact, FactSheet
from runletters.wording import Wording, wording_for

_BY: dict[str, Callable[[Wording, float], str]] = {
    "s_per_km": Wording.pace_difference,
    "bpm": Wording.bpm,
    "percent": Wording.percent,
    "s": Wording.seconds,
    "m": lambda wording, value: wording.distance(abs(value)),
    "days": lambda wording, value: wording.days(int(value)),
}
_ROUND_TOTALS = frozenset({"km", "mi"})


def slots(sheet: FactSheet) -> dict[str, str]:
    """All slots this sheet can fill; what is not known is not there."""
    wording = wording_for(sheet.language, sheet.units)
    filled = {"unit_name": wording.phrase(f"unit_name_{sheet.units}")}
    if sheet.reader_name:
        filled["reader_name"] = sheet.reader_name.replace("{", "").replace("}", "")
    if sheet.has("date"):
        filled["year"] = str(sheet.started_local.year)
    for fact in sheet.facts:
        filled |= _of_fact(fact, wording)
    return filled


def _of_fact(fact: Fact, wording: Wording) -> dict[str, str]:
    name = fact.name
    filled = {name: fact.text}
    if fact.n is not None:
        filled[f"{name}_n"] = wording.count(fact.n)
    if fact.window is not None:
        filled[f"{name}_window"] = fact.window
    if isinstance(fact.value, str):
        return filled | (_of_day(fact, wording) if fact.unit == "date" else {})
    if isinstance(fact.value, bool):
        return filled
    return filled | _of_number(fact, float(fact.value), wording)


def _of_day(fact: Fact, wording: Wording) -> dict[str, str]:
    return {f"{fact.name}_day": wording.day(date.fromisoformat(str(fact.value)))}


def _of_number(fact: Fact, value: float, wording: Wording) -> dict[str, str]:
    name, unit = fact.name, fact.unit
    if unit in _BY:
        return {f"{name}_by": _BY[unit](wording, value), f"{name}_value": wording.count(abs(value))}
    if unit in _ROUND_TOTALS:
        return {f"{name}_distance": wording.round_distance(value * wording.unit_m)}
    if unit in {"rank", "ordinal", "count"}:
        spoken = {f"{name}_value": wording.count(value)}
        return spoken | ({f"{name}_ord": wording.ordinal(int(value))} if value >= 1 else {})
    return {}
