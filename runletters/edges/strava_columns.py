"""Which column of a Strava activities.csv is what, in five languages.

Five column names occur twice; the second is the metric one, so columns are known by name
and occurrence, never by name alone. Of 86 to 103 columns only the known ones are looked
at. A column that is needed and not known is refused by name, never guessed.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from runletters.edges import strava_cells as cells
from runletters.errors import UnreadableFile

NECESSARY = ("activity_id", "date", "type", "filename", "elapsed_time", "distance")
_EXAMPLES = 6  # unknown headers named in a reason
_REMEDY = (
    "Switch Strava to English (Settings > Display Preferences) and request the export again, "
    "or add the column's name to runletters/strava_headers.toml."
)


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Where each field is, in which language, and whether a distance is the metric one."""

    language: str
    width: int
    at: dict[str, int]
    has_metric_distance: bool
    header: tuple[str, ...]


def is_export_header(head: bytes) -> bool:
    """Whether the first bytes of a CSV are those of an export in a known language."""
    first = head.decode("utf-8-sig", errors="replace").partition("\n")[0]
    header = next(csv.reader([first]), list[str]())
    return any(
        len(_places(header, language).keys() & {"activity_id", "date", "type"}) == 3
        for language in cells.LANGUAGES
    )


def columns_of(name: str, header: Sequence[str]) -> Columns:
    """The columns of a header.

    Raises:
        UnreadableFile: one that is needed is not there under any name we know.
    """
    language = max(cells.LANGUAGES, key=lambda each: len(_places(header, each)))
    at = _places(header, language)
    missing = [field for field in NECESSARY if field not in at]
    if missing:
        raise UnreadableFile(_missing(name, header, missing, language), remedy=_REMEDY)
    return Columns(
        language=language,
        width=len(header),
        at=at,
        has_metric_distance=list(header).count(header[at["distance"]]) > 1,
        header=tuple(header),
    )


def _missing(name: str, header: Sequence[str], missing: Sequence[str], language: str) -> str:
    known = cells.names()
    wanted = " or ".join(
        repr(spelled[0])
        for each in cells.LANGUAGES
        if (spelled := known[each].get(missing[0])) is not None
    )
    ours = {spelled for table in known.values() for names in table.values() for spelled in names}
    unknown = [column for column in header if column not in ours][:_EXAMPLES]
    return (
        f"{name} has no column for {missing[0].replace('_', ' ')}: expected {wanted}; "
        f"the header looks like {language!r} and has unknown names such as {unknown}."
    )


def _places(header: Sequence[str], language: str) -> dict[str, int]:
    """The column of each field: the second where a name occurs twice."""
    plain = [column.strip() for column in header]
    found: dict[str, int] = {}
    for field, spelled in cells.names()[language].items():
        at = [index for index, column in enumerate(plain) if column in spelled]
        if at:
            found[field] = at[1] if len(at) > 1 else at[0]
    return found
