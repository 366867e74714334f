"""From a fact sheet to the parameters of a call: the one place that builds them.

Pure: no clock, no network, no database. What is built here is sent as it is, live or as
one request of a batch, and its fixed part is in the fingerprint of the text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from babel import Locale, UnknownLocaleError

from runletters.content import Kind, canonical_json
from runletters.facts import Fact, FactSheet, SplitFact, Tone
from runletters.pricing import Model, estimated_tokens

MAX_OUTPUT_TOKENS: Mapping[Kind, int] = {
    "letter": 500, "coaching": 1_100, "plan": 700, "digest": 450,
}  # fmt: skip
"""Before the model's tokenizer factor: about twice what a good answer takes."""

WHAT: Mapping[Kind, str] = {
    "letter": "letter", "coaching": "JSON object", "plan": "text", "digest": "text",
}  # fmt: skip
TONE_RULES: Mapping[Tone, str] = {
    "ordinary": "",
    "race": "- This was a race. Say so, and keep to what the facts say about it.",
    "return": "- The runner is back after a break. Welcome the return; do not praise speed.",
    "hardship": "- The runner's words or the recording speak of pain, a fall or illness. Be "
    "gentle and short. Do not praise the run, the effort or the figures, do not urge to run "
    "on, do not name or explain a complaint. Taking time is right; a doctor knows more.",
}
RECOMMENDATIONS_FREE = (
    "Amounts come from the facts where one fits, else they are modest and need no figure."
)
_SECTIONS = re.compile(r"^## (System|User)\n", re.MULTILINE)
_NOTHING = "(none)"


@cache
def template_text(name: str) -> str:
    """A prompt file as it is: letter, coaching, plan, digest or repair."""
    return files("runletters").joinpath("prompts", f"{name}.md").read_text("utf-8")


@cache
def _parts(kind: Kind) -> tuple[Template, Template]:
    before, *named = _SECTIONS.split(template_text(kind))
    sections = dict(zip(named[::2], named[1::2], strict=True))
    if before.strip() or sections.keys() != {"System", "User"}:
        raise ValueError(f"prompts/{kind}.md: expected exactly the sections System and User")
    return Template(sections["System"].strip()), Template(sections["User"].strip())


@cache
def prompt_sha256(kind: Kind) -> str:
    """The identity of everything this kind is asked with, the repair included."""
    texts = [template_text(kind), template_text("repair"), canonical_json(dict(TONE_RULES))]
    return hashlib.sha256(canonical_json([*texts, RECOMMENDATIONS_FREE]).encode()).hexdigest()


def fixed_parameters(kind: Kind, model: Model, insight_schema: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that are the same for every run: they are in the fingerprint.

    Args:
        kind: what is written.
        model: by whom.
        insight_schema: JSON schema of an insight, in the form the API takes.
    """
    most = int(MAX_OUTPUT_TOKENS[kind] * model.tokenizer_factor)
    fixed: dict[str, Any] = {"max_tokens": min(most, model.max_output_tokens)}
    if model.thinking == "disabled":
        fixed["thinking"] = {"type": "disabled"}
    if kind == "coaching":
        fixed["output_config"] = {"format": {"type": "json_schema", "schema": dict(insight_schema)}}
    return fixed


def request_parameters(
    kind: Kind, sheet: FactSheet, model: Model, insight_schema: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything that is sent for one text, as `POST /v1/messages` takes it."""
    system, user = _parts(kind)
    values = template_values(sheet)
    return {
        "model": model.id,
        **fixed_parameters(kind, model, insight_schema),
        "system": _system(system.substitute(_used(system, values)), model),
        "messages": [{"role": "user", "content": user.substitute(_used(user, values))}],
    }


def repair_parameters(
    kind: Kind, parameters: Mapping[str, Any], reply_text: str, findings: Iterable[str]
) -> dict[str, Any]:
    """The same call once more, with the rejected answer and what is wrong with it."""
    faults = "\n".join(f"- {finding}" for finding in findings)
    said = Template(template_text("repair").strip()).substitute(findings=faults, what=WHAT[kind])
    turns: list[dict[str, Any]] = [*parameters["messages"]]
    if reply_text.strip():
        turns.append({"role": "assistant", "content": reply_text.rstrip()})
        turns.append({"role": "user", "content": said})
    else:  # an empty assistant turn is refused by the API, as are two user turns by good sense
        first = turns.pop()
        turns.append({"role": "user", "content": f"{first['content']}\n\n{said}"})
    return {**parameters, "messages": turns}


def template_values(sheet: FactSheet) -> dict[str, str]:
    """Every name that a prompt file may use, filled from one fact sheet."""
    return {
        "language_rule": language_rule(sheet),
        "greeting_rule": greeting_rule(sheet),
        "tone_rule": TONE_RULES[sheet.tone],
        "recommendation_rule": RECOMMENDATIONS_FREE,
        "date": _date_text(sheet),
        "sport": sheet.sport.replace("_", " "),
        "classification": sheet.classification.replace("_", " "),
        "classification_reason": sheet.classification_reason,
        "facts": "\n".join(map(fact_line, sheet.facts)) or _NOTHING,
        "splits": "\n".join(map(split_line, sheet.splits)) or _NOTHING,
        "caveats": "\n".join(f"- {caveat}" for caveat in sheet.caveats) or _NOTHING,
        "runner_words": runner_words(sheet),
    }


def language_rule(sheet: FactSheet) -> str:
    """Which language to write in, by its English name."""
    try:
        name = Locale.parse(sheet.language).english_name or sheet.language
    except (UnknownLocaleError, ValueError):
        name = sheet.language
    return f"Write in {name} (language code {sheet.language})."


def greeting_rule(sheet: FactSheet) -> str:
    """How a letter begins; the name is data, so it is quoted."""
    if sheet.reader_name is None:
        return "the run itself, without a greeting"
    return f"the runner's name, which is {data_text(sheet.reader_name)}, and a comma"


def fact_line(fact: Fact) -> str:
    """One fact as the model reads it: role, text, and what stands behind it."""
    behind = [
        f"n={fact.n}" if fact.n is not None else "",
        f"window: {fact.window}" if fact.window else "",
        fact.quality if fact.quality in {"estimated", "doubtful"} else "",
    ]
    noted = "; ".join(filter(None, behind))
    return f"- {fact.name}: {fact.text}" + (f" ({noted})" if noted else "")


def split_line(split: SplitFact) -> str:
    """One split as the model reads it."""
    noted = [split.pace_text]
    if split.heart_rate_avg_bpm is not None:
        noted.append(f"{split.heart_rate_avg_bpm:.0f} bpm")
    return f"- split {split.index}: {', '.join(noted)}"


def runner_words(sheet: FactSheet) -> str:
    """Title and notes as JSON that cannot close its own block."""
    words = {"title": sheet.title, "notes": sheet.notes}
    return data_text({name: text for name, text in words.items() if text})


def data_text(value: object) -> str:
    """A value as JSON in which no tag can begin or end."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def estimated_input_tokens(model: Model, parameters: Mapping[str, Any]) -> int:
    """About how many tokens a call sends."""
    return estimated_tokens(model, sent_text(parameters))


def sent_text(parameters: Mapping[str, Any]) -> str:
    """Everything of a call that is counted as input, as one text."""
    return canonical_json(
        {name: parameters.get(name) for name in ("system", "messages", "output_config")}
    )


def _date_text(sheet: FactSheet) -> str:
    names = ("date", "plan_start", "digest_days")
    fact = next((fact for name in names if (fact := sheet.fact(name))), None)
    return fact.text if fact else "an unknown day"


def _used(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    return {name: values[name] for name in template.get_identifiers()}


def _system(text: str, model: Model) -> str | list[dict[str, Any]]:
    """The system text, marked for the cache where it is long enough to be cached at all."""
    if estimated_tokens(model, text) < model.min_cacheable_tokens:
        return text
    return [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]
