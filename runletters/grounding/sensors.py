"""No word about a sensor that was not there.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runletters.facts import FactSheet
from runletters.grounding.draft import Draft
from runletters.grounding.findings import Finding, reject
from runletters.grounding.lexicon import words
from runletters.grounding.roles import clauses, stretch_around

_UNITS = {"heart": "bpm", "cadence": "spm", "power": "w"}
_NAMES = {
    "heart": re.compile("heart_rate|decoupling|zone|drift|trimp"),
    "cadence": re.compile("cadence"),
    "power": re.compile("power"),
    "dynamics": re.compile("contact|oscillation|stride|step_length|vo2|vdot"),
    "climb": re.compile("climb|elevation|ascent|descent|hill"),
}


def is_recorded(sheet: FactSheet, sensor: str) -> bool:
    """Whether the sheet holds anything this sensor measured."""
    if any(f.unit == _UNITS.get(sensor) or _NAMES[sensor].search(f.name) for f in sheet.facts):
        return True
    if sensor == "heart":
        return any(split.heart_rate_avg_bpm is not None for split in sheet.splits)
    if sensor == "climb":
        hilly = sheet.classification in {"hills", "trail"}
        return hilly or any(split.elevation_change_m is not None for split in sheet.splits)
    return False


def check_sensors(draft: Draft) -> Iterator[Finding]:
    """A finding for each word about heart rate, cadence, power or climb without a measurement."""
    for sensor in _NAMES:
        if is_recorded(draft.sheet, sensor):
            continue
        for span, found in draft.found(words(draft.language, "sensors", sensor)):
            if not _says_absent(draft, span[0]):
                yield reject(
                    "sensor", span, found, "no word about it", f"nothing was recorded for {sensor}"
                )


def _says_absent(draft: Draft, place: int) -> bool:
    """Whether the text says honestly that the sensor was missing."""
    start, end = stretch_around(clauses(draft.plain), place)
    return bool(words(draft.language, "absent").search(draft.plain[start:end]))
