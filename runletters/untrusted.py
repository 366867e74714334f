"""Titles and notes are somebody's data: bounded, stripped, never obeyed.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import html
import re
import unicodedata

TITLE_CHARACTERS = 120
NOTES_CHARACTERS = 1_000
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINERS = frozenset("\u200c\u200d")  # scripts and emoji need them
_LONG_WORD = re.compile(r"\S{41,}")

# Pain, crash, illness. Prefixes end in *, whole words do not; Chinese, Japanese and Korean
# are searched as they stand, since they do not part words.
_HARDSHIP_WORDS = (
    # English
    "pain", "pains", "painful", "hurt", "hurts", "hurting", "injur*", "crash", "crashed",
    "sick", "ill", "illness", "flu", "fever", "covid", "sprain*", "strain", "strained", "limp*",
    "ache", "aches", "aching", "vomit*", "dizzy", "hospital", "ambulance", "collapsed", "cramp*",
    "dnf", "bonk", "bonked", "twisted", "tendin*", "tendonitis", "fractur*", "grief", "funeral",
    "cough*", "nause*", "headache*", "migraine*", "concuss*", "blister", "blisters", "blistered",
    "bleeding", "swollen", "swelling", "infection*", "infected", "fasciitis", "bronchitis",
    "pneumonia", "tripped", "fainted", "puked", "puking", "accident", "accidents",
    # German
    "verletz*", "gestürzt", "sturz", "krank*", "fieber", "erkält*", "grippe",
    "wehgetan", "umgeknickt", "gezerrt", "zerrung", "aufgegeben",
    "gestuerzt", "erkaelt*", "hingefallen", "gestolpert", "unfall", "unfälle", "übelkeit",
    "uebelkeit", "übergeben", "erbrochen", "husten", "gehustet", "schnupfen", "infekt*",
    "grippal*", "magen-darm*", "schwindel*", "schwindlig", "geschwollen", "entzünd*", "gehumpelt",
    "humpel*", "geprellt", "prellung*", "migräne*", "kopfweh", "halsweh", "bauchweh",
    # French
    "douleur*", "blessé*", "blessure*", "malade*", "fièvre",
    "grippe", "chute", "chuté", "chutée", "tombé", "tombée", "crampe*",
    "fievre", "rhume*", "enrhumé*", "entorse*", "foulure*", "accidenté*", "nausée*", "vomi",
    "déchirure*", "claquage*", "contractur*", "élongation*", "douloureu*", "enflé*", "toux",
    "toussé", "vertiges", "angine", "bronchite*", "gastro", "hôpital", "tordu",
    # Spanish, Portuguese, Italian
    "dolor*", "lesion*", "lesión*", "enferm*", "fiebre", "caída", "calambre*",
    "gripe", "gripa", "resfri*", "esguince*", "duele", "duelen", "dolía", "dolían", "dolió",
    "dolido", "accidente", "accidentes", "accidentado", "náusea*", "vómito*", "maread*", "mareo*",
    "tos", "torcedura*", "torcí", "tropecé", "tropezado", "ampolla*", "hinchad*", "molestia*",
    "migraña*", "desgarro*", "caida", "caído", "urgencias",
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
    "怪我", "ケガ", "けが", "捻挫", "骨折", "肉離れ", "転倒",
    "風邪", "発熱", "体調不良", "부상", "아파", "아프", "통증", "감기", "넘어",
)  # fmt: skip

_PARTS_EN = (
    "ankle|knee|calf|calves|hamstrings?|quads?|groin|hips?|back|foot|feet|toes?|achilles|muscle"
    "|ribs?|wrist|shins?|glutes?|legs?|shoulder|throat|heel"
)
_PARTS_FR = (
    "genoux?|jambes?|mollets?|chevilles?|dos|pieds?|hanches?|tête|ventre|gorge|cuisses?|tendons?"
    "|tibias?|côtes?|épaules?|ischios?|talons?|cou|bras"
)
_HARDSHIP_PHRASES = (
    rf"(?:rolled|tweaked|pulled|tore|broke|bruised)\s+(?:(?:my|an?|the|left|right)\s+)*(?:{_PARTS_EN})",
    rf"sore\s+(?:(?:left|right)\s+)?(?:{_PARTS_EN})",
    rf"(?:{_PARTS_EN})\s+(?:(?:is|are|was|were|felt|feels|still|very|so|a|bit)\s+)*sore",
    r"hit\s+by\s+an?\s+\w+", r"(?:threw|throwing)\s+up", r"passed\s+out", r"stomach\s+bug",
    r"under\s+the\s+weather", r"food\s+poisoning", r"runny\s+nose", r"shin\s+splints?",
    r"side\s+stitch", r"had\s+a\s+(?:bad\s+)?cold", r"a\s+(?:bad|head|heavy)\s+cold",
    r"fell(?!\s+(?:run|rac))",  # fell running is a sport
    # German compounds end in the word: Knieschmerzen, Wadenkrampf, Muskelfaserriss
    r"\w*schmerz(?!frei|los)\w*", r"\w*krampf\w*", r"\w*(?:faser|bänder)riss\w*",
    r"(?:tut|tun|tat|taten)\s+(?:\w+\s+){0,2}weh", r"weh\s*(?:tut|tun|tat|taten)",
    r"blasen?\s+(?:am|an|unter|gelaufen)",
    r"(?:mir|mich)\s+(?:ist|war|wurde)\s+(?:\w+\s+)?(?:schlecht|übel)",
    rf"mal\s+(?:au|aux|à\s+la|à\s+l['’]|de)\s*(?:{_PARTS_FR})", r"ampoules?\s+aux?\s+pieds?",
    r"rotura\s+(?:de\s+)?(?:fibras|fibrilar|muscular)", r"me\s+cai",
    r"mal\s+de\s+(?:garganta|estómago)",
)  # fmt: skip


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    parts = [re.escape(w[:-1]) + r"\w*" if w.endswith("*") else re.escape(w) for w in words]
    said = "|".join([*parts, *_HARDSHIP_PHRASES])
    return re.compile(rf"(?<!\w)(?:{said})(?!\w)", re.IGNORECASE)


_HARDSHIP = _pattern(_HARDSHIP_WORDS)
_NO_HARDSHIP = re.compile(
    r"\b(?:no|not|without|zero|ohne|keine?|keinerlei|nicht|sans|aucune?|pas\s+de|sin|ning[uú]na?"
    r"|senza|geen)\s+(?:more\s+|mehr\s+)?\w+|pain[- ]free|nothing\s+hurts?|ya\s+no\s+(?:me\s+)?\w+"
    r"|by\s+accident|crash\s+course|\bpain\s+(?:au|aux|de)\b",  # French bread
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


def visible(text: str) -> str:
    """The same text with nothing in it that a terminal obeys; line breaks stay.

    Escape sequences lose their escape and stand there as text, blanks of any kind become
    one blank each, control and direction characters go.
    """
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character == "\n" or character.isprintable():
        return character
    return " " if character.isspace() else ""


def markdown_text(text: str) -> str:
    """One line of Markdown in which no markup, HTML, link or table bar of a stranger works."""
    safe = html.escape(visible(text), quote=False)
    for mark in "\\|`*_[]#!~":
        safe = safe.replace(mark, f"\\{mark}")
    return " ".join(safe.split())


def narrow(text: str) -> str:
    """The same with the middle of long words left out, so that it fits the screen of a phone."""
    return _LONG_WORD.sub(lambda word: f"{word[0][:20]}…{word[0][-12:]}", text)


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
