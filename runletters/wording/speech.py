"""Numbers, paces and dates as a reader expects them; phrases come from `<language>.toml`.

Pure: no clock, no network, no database. Rounding is half up to the printed
digit: tenths of a km or mile, whole metres, feet, seconds, beats and per cent.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files

from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from runletters.facts import Units

LANGUAGES = ("en", "de")
METRES_PER_MILE = 1609.344
FEET_PER_METRE = 1 / 0.3048
HOUR_S = 3600
SPELLED = 12  # ordinals up to the twelfth are words


@cache
def _phrases(language: str) -> Mapping[str, str]:
    text = files("runletters.wording").joinpath(f"{language}.toml").read_text("utf-8")
    return {key: str(value) for key, value in tomllib.loads(text).items()}


@cache
def _number(value: Decimal, pattern: str, locale: str) -> str:
    return format_decimal(value, pattern, locale=locale)


@cache
def _date(day: date, pattern: str, locale: str) -> str:
    return format_date(day, pattern, locale=locale)


@cache
def _time(clock: time, pattern: str, locale: str) -> str:
    return format_time(clock, pattern, locale=locale)


def _rounded(value: float, step: str) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal(step), ROUND_HALF_UP)


@dataclass(frozen=True)
class Wording:
    """One language and one system of units."""

    language: str
    units: Units

    @property
    def locale(self) -> str:
        """Babel's locale: miles are written the American way, kilometres the British way."""
        if self.language == "en":
            return "en_US" if self.units == "imperial" else "en_GB"
        return self.language

    @property
    def unit_m(self) -> float:
        """Metres of the unit of pace and splits."""
        return 1000.0 if self.units == "metric" else METRES_PER_MILE

    def phrase(self, name: str, **values: str) -> str:
        """A phrase of the language's file with its slots filled."""
        return _phrases(self.language)[name].format_map(values)

    def has_phrase(self, name: str) -> bool:
        """Whether the language's file knows this phrase."""
        return name in _phrases(self.language)

    def count(self, value: float) -> str:
        """A whole number: 1,204."""
        return _number(_rounded(value, "1"), "#,##0", self.locale)

    def distance(self, metres: float) -> str:
        """10.2 km, 6.3 miles; metres below one kilometre, whole units from 100 on."""
        if self.units == "metric" and metres < 999.5:
            return f"{self.count(metres)} m"
        value = metres / self.unit_m
        whole = value >= 100
        number = _number(_rounded(value, "1" if whole else "0.1"), "#,##0.#", self.locale)
        one = "_one" if number == "1" else ""
        return self.phrase(f"distance_{self.units}{one}", number=number)

    def round_distance(self, metres: float) -> str:
        """A distance in whole units: 10 km, 6 miles."""
        number = self.count(metres / self.unit_m)
        one = "_one" if number == "1" else ""
        return self.phrase(f"distance_{self.units}{one}", number=number)

    def height(self, metres: float) -> str:
        """120 m, 394 feet."""
        factor = 1.0 if self.units == "metric" else FEET_PER_METRE
        return self.phrase(f"height_{self.units}", number=self.count(metres * factor))

    def tenths(self, value: float) -> str:
        """A bare number to one decimal."""
        return _number(_rounded(value, "0.1"), "#,##0.0", self.locale)

    def clocked(self, seconds: float) -> str:
        """A duration as a watch shows it: 52:14, 1:42:10."""
        minutes, rest_s = divmod(int(_rounded(seconds, "1")), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02d}:{rest_s:02d}" if hours else f"{minutes}:{rest_s:02d}"

    def pace(self, s_per_km: float) -> str:
        """5:12 per km, 8:22 per mile, from seconds per kilometre."""
        return self.pace_of(s_per_km * self.unit_m / 1000.0)

    def pace_of(self, seconds: float) -> str:
        """The same from seconds per the reader's own unit."""
        return self.phrase(f"pace_{self.units}", clock=self.clocked(seconds))

    def seconds(self, seconds: float) -> str:
        """1 second, 12 seconds; from two minutes on as a watch shows it."""
        whole = int(_rounded(abs(seconds), "1"))
        if whole >= 120:
            return self.phrase("minutes", number=self.clocked(whole))
        return self.phrase("second" if whole == 1 else "seconds", number=self.count(whole))

    def pace_difference(self, s_per_km: float) -> str:
        """12 seconds per km, 19 seconds per mile; without a sign."""
        difference = self.seconds(s_per_km * self.unit_m / 1000.0)
        return self.phrase(f"pace_difference_{self.units}", difference=difference)

    def days(self, days: int) -> str:
        """1 day, 12 days."""
        return self.phrase("day" if days == 1 else "days", number=self.count(days))

    def runs(self, n: int) -> str:
        """1 run, 41 runs."""
        return self.phrase("run" if n == 1 else "runs", number=self.count(n))

    def percent(self, value: float) -> str:
        """62%, without a sign."""
        return self.phrase("percent", number=self.count(abs(value)))

    def bpm(self, value: float) -> str:
        """148 bpm."""
        return self.phrase("bpm", number=self.count(abs(value)))

    def cadence(self, value: float) -> str:
        """172 steps per minute."""
        return self.phrase("cadence", number=self.count(value))

    def day(self, day: date) -> str:
        """3 March 2026; March 3, 2026 with miles."""
        return _date(day, "long", self.locale)

    def day_short(self, day: date) -> str:
        """3 March, without the year."""
        pattern = {"en_US": "MMMM d", "de": "d. MMMM"}.get(self.locale, "d MMMM")
        return _date(day, pattern, self.locale)

    def weekday(self, day: date) -> str:
        """Tuesday."""
        return _date(day, "EEEE", self.locale)

    def month(self, day: date) -> str:
        """March."""
        return _date(day, "LLLL", self.locale)

    def clock(self, at: time) -> str:
        """06:12; 6:12 AM with miles in English."""
        text = _time(at, "h:mm a" if self.locale == "en_US" else "HH:mm", self.locale)
        return text.replace("\u202f", " ")

    def ordinal(self, value: int) -> str:
        """First to twelfth as words, then 13th; in German the stem: dritt, 13."""
        if value <= SPELLED:
            return self.phrase(f"ordinal_{value}")
        if self.language != "en":
            return f"{self.count(value)}."
        teen = 10 <= value % 100 <= 20
        suffix = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
        return f"{self.count(value)}{suffix}"


@cache
def wording_for(language: str, units: Units) -> Wording:
    """The wording of a language; English where the language has no file yet."""
    known = language.lower().replace("_", "-").split("-")[0]
    return Wording(language=known if known in LANGUAGES else "en", units=units)
