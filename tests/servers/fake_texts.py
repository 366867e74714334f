"""What the fake writes: true sentences made of the facts in the prompt, or a lie on demand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from servers.fake_rules import is_for_json, text_of

TextBackend = Callable[[Mapping[str, Any]], str]
"""A request body in, the text of the reply out; a real local model can stand here."""

_BEHIND = r"(?: \((?:n=|window:|estimated|doubtful)[^\n]*\))?"
_FACT = re.compile(rf"^- ([a-z0-9_]+): (.+?){_BEHIND}$", re.MULTILINE)
_LANGUAGE = re.compile(r"language code ([a-z]{2})")
_CLASS = re.compile(r"^Class: ([^(\n]+?) \(", re.MULTILINE)
_SENTENCES = {
    "en": {
        "distance": "You covered {}.",
        "moving_time": "Your moving time was {}.",
        "pace": "The average pace came to {}.",
        "heart_rate_avg": "Your average heart rate was {}.",
        "heart_rate_max": "Your maximum heart rate was {}.",
        "elevation_gain": "You climbed {}.",
        "cadence": "Your cadence was {}.",
        "longest_ever": "It is {}.",
        "band_best": "It is {}.",
        "streak": "That makes {}.",
        "run_number": "In your history this is {}.",
    },
    "de": {
        "distance": "Du bist {} gelaufen.",
        "moving_time": "In Bewegung warst du {}.",
        "pace": "Das mittlere Tempo lag bei {}.",
        "heart_rate_avg": "Dein mittlerer Puls lag bei {}.",
        "heart_rate_max": "Dein höchster Puls lag bei {}.",
        "elevation_gain": "Du bist {} gestiegen.",
    },
}
_FILLERS = {
    "en": [
        "A run like this is a quiet entry in a long diary, and it is good to read it slowly.",
        "What counts is not one page but the book that grows out of many of them.",
        "Read the figures above as a description, not as a verdict.",
        "Nobody else has this exact history, and that is what makes it worth keeping.",
        "The rest is between you and the road, and no table can say it better than you.",
        "Some entries are loud and some are calm, and both belong to the same story.",
        "Keep what helps you from this page and leave the remainder to the archive.",
        "When you look back on it later, the plain record will still be here.",
        "Take it as it is, without adding to it and without taking from it.",
        "Until the next page, let this one rest.",
    ],
    "de": [
        "So ein Lauf ist ein stiller Eintrag in einem langen Tagebuch.",
        "Es zählt nicht die einzelne Seite, sondern das Buch, das daraus wächst.",
        "Lies die Angaben oben als Beschreibung und nicht als Urteil.",
        "Niemand sonst hat genau diese Geschichte, und das macht sie wertvoll.",
        "Der Rest bleibt zwischen dir und dem Weg, und keine Tabelle sagt es besser.",
        "Manche Einträge sind laut und manche leise, und alle gehören zur selben Geschichte.",
        "Behalte, was dir hilft, und lass den Rest im Archiv.",
        "Wenn du später zurückblickst, steht die schlichte Aufzeichnung noch hier.",
        "Nimm ihn so, wie er ist, ohne etwas hinzuzufügen.",
        "Bis zur nächsten Seite darf diese ruhen.",
    ],
}
_LETTER_FACTS = 6
_LEAST_WORDS = 105


def grounded(body: Mapping[str, Any]) -> str:
    """A letter or an insight whose every figure stands in the prompt."""
    prompt = text_of(body.get("system")) + "\n" + text_of(body["messages"][0]["content"])
    facts = facts_of(prompt)
    language = found[1] if (found := _LANGUAGE.search(prompt)) else "en"
    if is_for_json(body):
        return json.dumps(_insight(prompt, facts, language), ensure_ascii=False)
    return _letter(facts, language)


def lying(body: Mapping[str, Any]) -> str:
    """The same with one figure made up."""
    text = grounded(body)
    changed = re.sub(r"\d", lambda found: str((int(found[0]) + 1) % 10), text, count=1)
    return changed if changed != text else text[:-1] + " You ran 98.7 km."


def facts_of(prompt: str) -> dict[str, str]:
    """The facts of a prompt by role."""
    block = prompt.partition("<facts>\n")[2].partition("</facts>")[0]
    return {found[1]: found[2] for found in _FACT.finditer(block)}


def _letter(facts: Mapping[str, str], language: str) -> str:
    known = _SENTENCES.get(language, _SENTENCES["en"])
    told = [known[name].format(text) for name, text in facts.items() if name in known]
    lines = told[:_LETTER_FACTS]
    for filler in _FILLERS.get(language, _FILLERS["en"]):
        if len(" ".join(lines).split()) >= _LEAST_WORDS:
            break
        lines.append(filler)
    half = len(lines) // 2
    return " ".join(lines[:half]) + "\n\n" + " ".join(lines[half:])


def _insight(prompt: str, facts: Mapping[str, str], language: str) -> dict[str, Any]:
    known = _SENTENCES.get(language, _SENTENCES["en"])
    said = {name: known[name].format(text) for name, text in facts.items() if name in known}
    kind = found[1] if (found := _CLASS.search(prompt)) else "unknown"
    is_german = language == "de"
    return {
        "classification": kind.replace(" ", "_"),
        "heart_rate_analysis": said.get("heart_rate_avg"),
        "pacing_analysis": said.get("pace")
        or ("Zum Tempo liegt nichts vor." if is_german else "There is no pace on record."),
        "implications": said.get("distance")
        or ("Daraus folgt wenig." if is_german else "Little follows from it."),
        "recommendations": [
            {"action": "Lauf locker", "amount": "kurz und leicht", "when": "beim nächsten Mal"}
            if is_german
            else {"action": "Run easy", "amount": "a short, relaxed run", "when": "next time"}
        ],
    }
