"""Titles and notes are somebody's data: bounded, stripped, never obeyed.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import re
import unicodedata

TITLE_CHARACTERS = 120
NOTES_CHARACTERS = 1_000
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINERS = frozenset("\u200c\u200d")  # scripts and emoji need them

# Pain, crash, illness. Prefixes end in *, whole words do not; Chinese, Japanese and Korean
# are searched as they stand, since they do not part words.
_HARDSHIP_WORDS = (
    # English
    "pain", "pains", "painful", "hurt", "hurts", "hurting", "injur*", "crash", "crashed",
    "sick", "ill", "illness", "flu", "fever", "covid", "sprain*", "strain", "strained", "limp*",
    "ache", "aches", "aching", "vomit*", "dizzy", "hospital", "ambulance", "collapsed", "cramp*",
    "dnf", "bonk", "bonked", "twisted", "tendinitis", "tendonitis", "fractur*", "grief", "funeral",
    # German
    "schmerz*", "verletz*", "gestürzt", "sturz", "krank*", "fieber", "erkält*", "grippe",
    "wehgetan", "umgeknickt", "krampf*", "gezerrt", "zerrung", "aufgegeben",
    # French
    "douleur*", "blessé*", "blessure*", "malade*", "fièvre",
    "grippe", "chute", "tombé", "tombée", "crampe*",
    # Spanish, Portuguese, Italian
    "dolor*", "lesion*", "lesión*", "enferm*", "fiebre", "caída", "calambre*",
    "dor", "dores", "doente", "febre", "queda", "lesão", "caí",
    "dolore", "dolori", "infortun*", "malat*", "febbre", "caduta", "caduto", "crampi",
    # Dutch, Swedish, Norwegian, Danish
    "pijn*", "geblesseerd", "ziek", "koorts", "gevallen",
    "sjuk", "skada*", "skadad", "feber", "smerte*", "syk", "syg", "skade*",
    # Polish, Russian
    "ból", "bolał*", "kontuzj*", "chory", "chora", "gorączk*", "боль", "болит", "травм*", "упал",
    "упала", "болезн*", "температур*", "заболел*",
)  # fmt: skip
_HARDSHIP_UNSPACED = (
    "疼", "痛", "受伤", "受傷", "摔", "生病", "感冒", "发烧", "發燒", "抽筋", "住院",
    "怪我", "転倒", "風邪", "発熱", "体調不良", "부상", "아파", "아프", "통증", "감기", "넘어",
)  # fmt: skip


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    parts = [re.escape(w[:-1]) + r"\w*" if w.endswith("*") else re.escape(w) for w in words]
    fell = r"fell(?!\s+(?:run|rac))"  # fell running is a sport
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)}|{fell})(?!\w)", re.IGNORECASE)


_HARDSHIP = _pattern(_HARDSHIP_WORDS)
_NO_HARDSHIP = re.compile(
    r"\b(?:no|without|zero|ohne|keine?|sans|sin|senza|geen)\s+(?:more\s+)?\w+|pain[- ]free",
    re.IGNORECASE,
)


def _is_kept(character: str) -> bool:
    if character in _BIDI:
        return False
    return character in _JOINERS or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"}


def bounded(text: str | None, limit: int) -> str | None:
    """One line without control and bidi characters, at most `limit` long; None if empty."""
    if text is None:
        return None
    spaced = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text[: limit * 4])
    kept = "".join(filter(_is_kept, unicodedata.normalize("NFC", spaced)))
    kept = " ".join(kept.split())
    return (kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…") or None


def bounded_title(title: str | None) -> str | None:
    """A title as it may be shown to a writer."""
    return bounded(title, TITLE_CHARACTERS)


def bounded_notes(notes: str | None) -> str | None:
    """Notes as they may be shown to a writer."""
    return bounded(notes, NOTES_CHARACTERS)


def speaks_of_hardship(*texts: str | None) -> bool:
    """Whether any text speaks of pain, a crash or an illness; "no pain" does not count."""
    said = " ".join(filter(None, (bounded(text, NOTES_CHARACTERS) for text in texts)))
    said = _NO_HARDSHIP.sub(" ", said)
    return bool(_HARDSHIP.search(said)) or any(word in said for word in _HARDSHIP_UNSPACED)
