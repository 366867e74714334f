"""How figures and days are shown on the pages: the wording of the letters, set in type.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from babel.dates import format_date, get_month_names
from babel.numbers import format_decimal

from runletters.journal.model import Entry
from runletters.wording import Wording
from runletters.writing.insight import class_label

NO_BREAK = "\u00a0"
_SHORT = {"en_US": "MMM d", "de": "d. MMM"}


@dataclass(frozen=True)
class Speech:
    """Shown texts of one language and one system of units."""

    wording: Wording

    @property
    def locale(self) -> str:
        """Babel's name of the language and region."""
        return self.wording.locale

    def distance(self, metres: float | None) -> str:
        """10.2 km, with the unit kept on its line."""
        return _kept(self.wording.distance(metres or 0.0))

    def height(self, metres: float) -> str:
        """120 m."""
        return _kept(self.wording.height(metres))

    def pace(self, s_per_km: float) -> str:
        """5:12 per km."""
        return _kept(self.wording.pace(s_per_km))

    def clock(self, s_per_km: float) -> str:
        """5:12: a pace whose unit stands elsewhere."""
        return self.wording.clocked(s_per_km * self.wording.unit_m / 1000.0)

    def duration(self, seconds: float | None) -> str:
        """52:14, 1:42:10."""
        return self.wording.clocked(seconds or 0.0)

    def hours(self, seconds: float | None) -> str:
        """Hours and minutes: 12:05 h."""
        minutes = round((seconds or 0.0) / 60)
        return f"{self.wording.count(minutes // 60)}:{minutes % 60:02d}{NO_BREAK}h"

    def whole_hours(self, seconds: float) -> str:
        """1,204."""
        return self.wording.count(seconds / 3600)

    def bpm(self, value: float) -> str:
        """148 bpm."""
        return _kept(self.wording.bpm(value))

    def count(self, value: float) -> str:
        """1,204."""
        return self.wording.count(value)

    def runs(self, number: int) -> str:
        """41 runs."""
        return _kept(self.wording.runs(number))

    def unit(self) -> str:
        """Km or mi, on an axis."""
        return "km" if self.wording.units == "metric" else "mi"

    def day(self, day: date) -> str:
        """3 March 2026."""
        return self.wording.day(day)

    def day_of(self, entry: Entry) -> str:
        """The day of a run: 3 March 2026."""
        return self.wording.day(entry.day)

    def day_short(self, day: date) -> str:
        """3 Mar."""
        return _date(day, _SHORT.get(self.locale, "d MMM"), self.locale)

    def weekday(self, day: date) -> str:
        """Tuesday."""
        return self.wording.weekday(day)

    def month_of(self, day: date) -> str:
        """March 2026."""
        return _date(day, "LLLL y", self.locale)

    def month_of_mark(self, start: date) -> str:
        """Mar: below a chart of weeks."""
        return self.month_short(start.month)

    def year_or_month_mark(self, start: date) -> str:
        """2026 where a year begins, else Mar: below a chart of months."""
        return str(start.year) if start.month == 1 else self.month_short(start.month)

    def metres_per_beat(self, value: float) -> str:
        """1.14."""
        return _two_digits(value, self.locale)

    def month_short(self, number: int) -> str:
        """Mar, without a full stop."""
        return _month_names(self.locale)[number].rstrip(".")

    def start_time(self, entry: Entry) -> str:
        """The hour of the start: 06:12."""
        return self.wording.clock(entry.started_local.time())

    def class_of(self, classification: str) -> str:
        """Easy run."""
        return class_label(classification, self.wording.language).rstrip(".")

    def figures_of(self, entry: Entry) -> str:
        """10.2 km · 5:12 per km."""
        parts = [self.distance(entry.distance_m)] if entry.distance_m else []
        if entry.pace_s_per_km is not None:
            parts.append(self.pace(entry.pace_s_per_km))
        return " · ".join(parts)

    def recommendation(self, action: str, amount: str, when: str) -> str:
        """One sentence of what to do next."""
        action, amount, when = (part.strip().rstrip(".") for part in (action, amount, when))
        return f"{action}: {amount}, {when}."

    def opening(self, entry: Entry) -> str:
        """The first words of the letter, for a line of the contents."""
        text = entry.letter[0] if entry.letter else ""
        if len(text) <= 110:
            return text
        return text[:109].rsplit(" ", 1)[0].rstrip(",;: .") + "…"


def _kept(text: str) -> str:
    return text.replace(" ", NO_BREAK)


@cache
def _date(day: date, pattern: str, locale: str) -> str:
    return format_date(day, pattern, locale=locale)


@cache
def _two_digits(value: float, locale: str) -> str:
    return format_decimal(round(value, 2), "0.00", locale=locale)


@cache
def _month_names(locale: str) -> dict[int, str]:
    return dict(get_month_names("abbreviated", "stand-alone", locale=locale))
