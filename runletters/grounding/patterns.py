"""How figures are written: clocks, numbers, units, rates.

Pure: compiled patterns only.
"""

from __future__ import annotations

import re

from runletters.grounding.numerals import ORDINAL_MARK

NUMBER = r"\d{1,3}(?:[.,]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?"
PER = r"\s*(?:/|\b(?:per|pro|par|por|je|a|an|each|al|au|auf den|der)\b)\s*"
LENGTH_WORD = r"(?:km|kilom[eè]t\w*|kilómet\w*|chilomet\w*|quil[ôó]met\w*|公里|千米)\b"
MILE_WORD = r"(?:mi|mile|meile|milla|mille|miglio|英里)\b"
SUFFIX = re.compile(rf"(?:{PER})(?:(?P<km>{LENGTH_WORD}|公里)|(?P<mi>{MILE_WORD}))", re.IGNORECASE)
MIN_PER = re.compile(
    rf"\s*min\.?(?:{PER})(?:(?P<km>{LENGTH_WORD})|(?P<mi>{MILE_WORD}))", re.IGNORECASE
)
SPEED = re.compile(
    r"\s*(?:(?P<km>km/h|kmh|kph|kilom\w+ (?:an|per) hour|kilometer pro stunde)"
    r"|(?P<mi>mph|mi/h|miles (?:an|per) hour))(?!\w)",
    re.IGNORECASE,
)
CLOCK = re.compile(r"(?<![\d:.,])(\d{1,3}):(\d\d)(?::(\d\d))?(?!:?\d)")
PRIMES = re.compile(r"(?<![\d:.,])(\d{1,2})'\s?([0-5]\d)(?:\"|'')?(?!\d)")
CHINESE_CLOCK = re.compile(r"(?<!\d)(?:(\d+)小时)?(\d{1,3})分(?:钟)?(?:(\d{1,2})秒)?")
ANY_NUMBER = re.compile(rf"(?<![\d:])(?<!\d[.,])(?:{NUMBER})")
AFTER = re.compile(r"[\s\-]*(%|°\s?c\b|°|[^\W\d_]+(?:/分)?)", re.IGNORECASE)
HOUR_BEFORE = re.compile(
    r"\b(?:began|begin|started?|starting|set (?:out|off)|left|out (?:of )?the door|beg[ao]nn\w*"
    r"|gestartet|losgelaufen|startete\w*)"
    r"\s+(?:at|from|um|around|about|gegen|ab)\s+$", re.IGNORECASE)  # fmt: skip
LOAD_BEFORE = re.compile(
    r"\b(ctl|atl|tsb)\b[\s:=()]*"
    r"(?:(?:of|at|is|was|stood at|von|bei|ist|war|lag bei)\s+)?([+-]?)\s*$",
    re.IGNORECASE,
)
LOAD_AFTER = re.compile(r"\s*\(?(ctl|atl|tsb)\b", re.IGNORECASE)
MINUS_BEFORE = re.compile(r"(?<![\w-])-\s*$")
AM_PM = re.compile(r"\s*(?:(a\.?m\b\.?)|(p\.?m\b\.?)|(uhr|h\b|heures|点))", re.IGNORECASE)
ORDINAL_SUFFIX = re.compile(rf"(?:st|nd|rd|th|ème|ième|e|º|ª|\.º|{ORDINAL_MARK})(?!\w)")
GERMAN_ORDINAL = re.compile(r"\.\s+(?=[a-zäöüßA-ZÄÖÜ])")
