"""What the fake writes: true sentences made of the facts in the prompt, or a lie on demand."""

from __future__ import annotations

import json
import random
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
        "distance": "[You covered|The route measured|In all you ran|On the clock stand] {}.",
        "moving_time": "Your moving time [was|came to|amounted to] {}.",
        "pace": "The average pace [came to|was|settled at] {}.",
        "heart_rate_avg": "Your average heart rate [was|came to|stood at] {}.",
        "heart_rate_max": "Your maximum heart rate [was|came to|stood at] {}.",
        "elevation_gain": "[You climbed|The climbing came to|Uphill you gained] {}.",
        "cadence": "Your cadence [was|came to|stood at] {}.",
        "longest_ever": "[It is|That makes it|The history calls it] {}.",
        "band_best": "[It is|That makes it|The history calls it] {}.",
        "streak": "That makes {}.",
        "run_number": "In your history this is {}.",
    },
    "de": {
        "distance": "[Du bist {} gelaufen|Zusammen waren es {}|Auf der Uhr stehen {}].",
        "moving_time": "In Bewegung [warst du|bliebst du] {}.",
        "pace": "Das mittlere Tempo [lag bei|betrug] {}.",
        "heart_rate_avg": "Dein mittlerer Puls [lag bei|betrug] {}.",
        "heart_rate_max": "Dein höchster Puls [lag bei|betrug] {}.",
        "elevation_gain": "Du bist {} gestiegen.",
    },
}
_FILLERS = {
    "en": [
        (
            "A [quiet|plain|short|steady] run [makes|leaves|writes|becomes] a [small|clear|"
            "calm|simple] [entry|line|note] in a [long|patient|thick|growing] [diary|"
            "notebook|record]."
        ),
        (
            "What [counts|matters|remains|lasts] is the [book|story|collection|archive] that "
            "[grows|forms|appears|builds] from [many|several|enough] [pages|chapters|pieces]."
        ),
        (
            "Read [these|the|those] [figures|lines|values|details] as a [description|sketch|"
            "portrait|report], [never|hardly|seldom] as a [verdict|sentence|judgement|grade]."
        ),
        (
            "[Nobody|No one] [else|besides you] [has|owns|holds|keeps] this [exact|very|"
            "particular] [history|path|record|archive], [and|which is why] it is [worth|good "
            "for] [keeping|storing|saving]."
        ),
        (
            "The [rest|remainder|other part] [stays|remains|belongs|is left] between you and "
            "the [road|way|path|track], where [tables|columns|charts|lists] [say|know|add|"
            "explain] [nothing|little]."
        ),
        (
            "[Some|Many|A few] [entries|pages|chapters|notes] are [loud|bold], [others|the "
            "rest|more] are [calm|soft|silent], and [all|each|together they] [belong|fit|"
            "add] to one [story|book|whole]."
        ),
        (
            "[Keep|Take|Hold on to] what [helps|serves|suits|pleases] you [here|from this|of "
            "it] and [leave|give|hand] the [rest|remainder|other lines] to the [archive|"
            "shelf|drawer]."
        ),
        (
            "[Later|In time|At some point] you may [look|turn|leaf|come] back, and [this|the|"
            "that] [plain|sober|honest|bare] [record|page|note|entry] will [still|simply|"
            "calmly] be [here|there|waiting]."
        ),
        (
            "[Take|Read|Accept] it as it [is|stands|reads], [adding|claiming|inventing] "
            "[nothing|little] and [removing|dropping|hiding] [nothing|little|no line]."
        ),
        (
            "[Until|Before] the [next|following|coming] [page|entry|line|chapter], let [this|"
            "the present|today's] one [rest|be|stand|stay]."
        ),
    ],
    "de": [
        (
            "So ein Lauf ist ein [stiller|kleiner|klarer|schlichter] [Eintrag|Satz|Vermerk] "
            "in einem [langen|dicken|geduldigen|alten] [Tagebuch|Heft|Buch]."
        ),
        (
            "Es [zählt|bleibt] nicht die [einzelne|eine|jeweilige] [Seite|Zeile|Notiz], "
            "sondern das [Buch|Ganze|Archiv], das [daraus|damit|dabei] [wächst|entsteht|"
            "wird]."
        ),
        (
            "Lies die [Angaben|Werte|Zahlen] [oben|hier|zuvor] als [Beschreibung|Skizze|"
            "Bericht] und [nicht|nie|kaum] als [Urteil|Zeugnis|Note]."
        ),
        (
            "[Niemand|Keiner] [sonst|außer dir] hat [genau|gerade|eben] diese [Geschichte|"
            "Sammlung|Chronik], und [das|dies] macht sie [wertvoll|eigen|besonders]."
        ),
        (
            "Der [Rest|andere Teil] bleibt [zwischen|bei] dir und dem [Weg|Pfad|Feld], und "
            "keine [Tabelle|Liste|Spalte] [sagt|weiß|kennt] [es|ihn] [besser|genauer]."
        ),
        (
            "[Manche|Viele|Einige] [Einträge|Seiten|Zeilen] sind [laut|bunt|groß] und "
            "[manche|andere|viele] [leise|still|klein], und alle [gehören|passen|zählen] zur "
            "[selben|gleichen|einen] [Geschichte|Chronik]."
        ),
        (
            "[Behalte|Nimm], was dir [hilft|dient|gefällt], und [lass|gib] den [Rest|Teil|"
            "Anhang] [im|ins|ans] [Archiv|Regal|Heft]."
        ),
        (
            "Wenn du [später|einmal|irgendwann] [zurückblickst|zurückblätterst|nachschaust], "
            "[steht|liegt|wartet] die [schlichte|nüchterne|klare] [Aufzeichnung|Notiz|Seite] "
            "[noch|immer noch|weiter] hier."
        ),
        (
            "[Nimm|Lies|Sieh] ihn so, wie er [ist|dasteht|war], ohne [etwas|viel] "
            "[hinzuzufügen|zu ändern|zu deuten]."
        ),
        (
            "Bis zur [nächsten|folgenden|kommenden] [Seite|Zeile|Notiz] darf diese [ruhen|"
            "bleiben|stehen]."
        ),
    ],
}
_CHOICE = re.compile(r"\[([^\]]+)\]")
_LETTER_FACTS = 6
_LEAST_WORDS = 105


def grounded(body: Mapping[str, Any]) -> str:
    """A letter or an insight whose every figure stands in the prompt."""
    prompt = text_of(body.get("system")) + "\n" + text_of(body["messages"][0]["content"])
    facts = facts_of(prompt)
    language = found[1] if (found := _LANGUAGE.search(prompt)) else "en"
    if is_for_json(body):
        return json.dumps(_insight(prompt, facts, language), ensure_ascii=False)
    return _letter(facts, language, _dice(body))


def _dice(body: Mapping[str, Any]) -> random.Random:
    """The same request is answered in the same words, another one in others."""
    return random.Random(json.dumps(body["messages"], sort_keys=True))


def _chosen(text: str, dice: random.Random) -> str:
    return _CHOICE.sub(lambda found: dice.choice(found[1].split("|")), text)


def lying(body: Mapping[str, Any]) -> str:
    """The same with one figure made up."""
    text = grounded(body)
    changed = re.sub(r"\d", lambda found: str((int(found[0]) + 1) % 10), text, count=1)
    return changed if changed != text else text[:-1] + " You ran 98.7 km."


def facts_of(prompt: str) -> dict[str, str]:
    """The facts of a prompt by role."""
    block = prompt.partition("<facts>\n")[2].partition("</facts>")[0]
    return {found[1]: found[2] for found in _FACT.finditer(block)}


def _letter(facts: Mapping[str, str], language: str, dice: random.Random) -> str:
    known = _SENTENCES.get(language, _SENTENCES["en"])
    told = [(known[name], text) for name, text in facts.items() if name in known]
    lines = [_chosen(sentence, dice).format(text) for sentence, text in told[:_LETTER_FACTS]]
    fillers = _FILLERS.get(language, _FILLERS["en"])
    for filler in dice.sample(fillers, len(fillers)):
        if len(" ".join(lines).split()) >= _LEAST_WORDS:
            break
        lines.append(_chosen(filler, dice))
    half = len(lines) // 2
    return " ".join(lines[:half]) + "\n\n" + " ".join(lines[half:])


def _insight(prompt: str, facts: Mapping[str, str], language: str) -> dict[str, Any]:
    known = _SENTENCES.get(language, _SENTENCES["en"])
    dice = random.Random(prompt)
    said = {
        name: _chosen(known[name], dice).format(text)
        for name, text in facts.items()
        if name in known
    }
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
            {
                "action": "Lauf locker",
                "amount": "kurz, eher weniger als sonst",
                "when": "beim nächsten Mal",
            }
            if is_german
            else {
                "action": "Run easy",
                "amount": "a short run, less than usual",
                "when": "next time",
            }
        ],
    }
