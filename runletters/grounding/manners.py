"""How a text behaves: person, language, length, plain prose, safe and fitting words.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runletters.grounding.draft import Draft
from runletters.grounding.findings import Finding, note, reject
from runletters.grounding.languages import language_of
from runletters.grounding.lexicon import table, words

_WORD = re.compile(r"[^\W_]+(?:['’.,:/-][^\W_]+)*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MARKUP = re.compile(
    r"^\s{0,3}(?:#{1,6}\s|[-*+•]\s|>\s|\d+\)\s+\S|1\.\s[^\0]*^\s{0,3}2\.\s)|\*\*|__\w|```|`[^`]*`|\[[^\]]*\]\([^)]*\)"
    r"|</?[a-zA-Z][^>]*>|^\s*\|.*\||\*\w[^*]*\w\*|&[a-z]+;|\{\w+\}|\{\{",
    re.MULTILINE,
)  # fmt: skip
_ADDRESS_SIGNS = re.compile(
    r"[@(:/]/?|www|\.[a-z]|\.\d{4}|SELECT|DROP|INSERT|DELETE|rm -rf", re.IGNORECASE
)
_ADDRESS = re.compile(
    r"[\w.+-]+@[\w-]+\.\w+|https?://\S+|www\.\S+|\b[\w-]+\.(?:com|org|net|io|de|app|dev)\b(?:/\S*)?"
    r"|-?\d{1,3}\.\d{4,},\s*-?\d{1,3}\.\d{4,}|\b(?:SELECT|DROP|INSERT|DELETE)\s+\w+"
    r"|(?:rm -rf|eval\(|javascript:)",
    re.IGNORECASE,
)  # fmt: skip
_HIDDEN = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ue000-\uf8ff]"
)
_MARKUP_SIGNS = re.compile(r"[*_`#\[\]<>|&{}]|^\s*(?:[-+•]|\d+[.)])\s", re.MULTILINE)
_CHARACTERS_PER_WORD = 1.7  # of scripts without blanks, about
TELLING = 240
"""So many characters are enough to tell a language."""
_OF_RUNNER = "speaks of the runner instead of to the runner"
SHORT = 40
"""Characters below which a language cannot be told."""


def word_count(text: str) -> int:
    """Words; for scripts without blanks, characters divided by their usual number."""
    unspaced = len(_UNSPACED.findall(text))
    return len(_WORD.findall(_UNSPACED.sub(" ", text))) + round(unspaced / _CHARACTERS_PER_WORD)


def check_length(draft: Draft) -> Iterator[Finding]:
    """Too short or too long is rejected; a little off the wished length is a remark."""
    limits = table("limits.toml")["length"][draft.kind]
    count = word_count(draft.text)
    if not limits["at_least"] <= count <= limits["at_most"]:
        yield reject(
            "length",
            (0, 0),
            f"{count} words",
            f"{limits['wished_from']} to {limits['wished_to']} words",
            "is too short or too long",
        )
    elif not limits["wished_from"] <= count <= limits["wished_to"]:
        yield note(
            "length",
            (0, 0),
            f"{count} words",
            f"{limits['wished_from']} to {limits['wished_to']} words",
            "is a little off",
        )


def check_markup(draft: Draft) -> Iterator[Finding]:
    """Plain prose: no Markdown, no HTML, no addresses, no code, no hidden characters."""
    for span, found in draft.found(_MARKUP) if _MARKUP_SIGNS.search(draft.plain) else ():
        yield reject("markup", span, found.strip(), "plain prose", "is markup")
    for span, found in draft.found(_ADDRESS) if _ADDRESS_SIGNS.search(draft.plain) else ():
        yield reject(
            "address", span, found, "no address, link, position or code", "may not stand in a text"
        )
    hidden = _HIDDEN.search(draft.text)
    if hidden:
        span = (hidden.start(), hidden.end())
        yield reject(
            "hidden",
            span,
            f"U+{ord(hidden.group()):04X}",
            "visible characters",
            "is a control or direction character",
        )


def check_language(draft: Draft) -> Iterator[Finding]:
    """The text is in the reader's language."""
    if word_count(draft.text) < SHORT // 4:
        return
    found = language_of(draft.text[:TELLING])
    if found is not None and found != draft.language:
        yield reject("language", (0, 0), found, draft.language, "is not the reader's language")


def check_person(draft: Draft) -> Iterator[Finding]:
    """A text speaks to the runner, not of the runner, and nobody in it says I."""
    speaks = words(draft.language, "person", "second").search(draft.plain)
    if draft.kind == "letter" and draft.has_word_lists and not speaks:
        yield note("person", (0, 0), "", "the second person", "does not speak to the runner")
    for name, message in (("first", "speaks in the first person"), ("third", _OF_RUNNER)):
        for span, found in draft.found(words(draft.language, "person", name)):
            yield reject("person", span, found, "the second person", message)


def check_machine(draft: Draft) -> Iterator[Finding]:
    """Nothing of prompts, models or instructions, whatever the language."""
    for name in ("anywhere",):
        for span, found in draft.found(words("en", "machine", name)):
            yield reject(
                "machine",
                span,
                found,
                "the text alone",
                "speaks of the machinery or obeys an instruction",
            )
    for span, found in draft.found(words("de", "machine", "anywhere")):
        yield reject(
            "machine",
            span,
            found,
            "the text alone",
            "speaks of the machinery or obeys an instruction",
        )


def check_medical(draft: Draft) -> Iterator[Finding]:
    """No diagnosis, no medical claim, no talk of injury risk."""
    for span, found in draft.found(words(draft.language, "medical")):
        yield reject("medical", span, found, "no medical claim", "is a medical claim")


def check_tone(draft: Draft) -> Iterator[Finding]:
    """No praise on a day of pain, crash or illness."""
    if draft.sheet.tone == "hardship":
        for span, found in draft.found(words(draft.language, "praise")):
            yield reject("tone", span, found, "quiet words, no praise", "is praise on a hard day")


def check_cliches(draft: Draft) -> Iterator[Finding]:
    """Worn phrases are remarked on, never rejected."""
    for span, found in draft.found(words(draft.language, "cliches")):
        yield note("cliche", span, found, "words of its own", "is a worn phrase")


def check_coverage(draft: Draft) -> Iterator[Finding]:
    """Says which rules could not be applied in this language."""
    if not draft.has_word_lists:
        yield note(
            "not_checked",
            (0, 0),
            draft.language,
            "English or German",
            "has no word lists: only figures, dates, length, markup and language were checked",
        )
