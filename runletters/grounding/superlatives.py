"""Longest, fastest, first: only with the fact that proves it.

Pure: no clock, no network, no database. Which facts prove which word stands in
superlatives.toml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runletters.facts import Fact
from runletters.grounding.draft import Draft
from runletters.grounding.findings import Finding, reject
from runletters.grounding.lexicon import named, rules, table, words
from runletters.grounding.numerals import ORDINAL_MARK
from runletters.grounding.roles import sentences, stretch_around

REACH = 48
"""Characters behind a superlative in which its scope may stand."""
_ORDINAL_BEFORE = re.compile(rf"(\d+)(?:st|nd|rd|th|\.|{ORDINAL_MARK})?[\s-]*(?:e[nrs]? )?$")


def check_superlatives(draft: Draft) -> Iterator[Finding]:
    """A finding for each superlative, record or first that no fact proves."""
    for family, rule in table("superlatives.toml").items():
        pattern = words(draft.language, "superlatives", family)
        for found in pattern.finditer(draft.reading.text):
            span = draft.reading.span(found.start(), found.end())
            if draft.is_advice(span[0]) or _is_denied(draft, found.start()):
                continue
            if not _is_proved(draft, found.start(), found.end(), rule):
                yield reject(
                    "superlative",
                    span,
                    draft.text[slice(*span)],
                    _expected(draft, rule),
                    "is not proved by the fact sheet",
                )


def _is_denied(draft: Draft, place: int) -> bool:
    before = draft.reading.text[max(0, place - 30) : place]
    return bool(words(draft.language, "direction", "denial").search(before))


def _expected(draft: Draft, rule: Mapping[str, Any]) -> str:
    proofs = [f.text for f in draft.sheet.facts if named(rule["facts"], f.name)]
    return "; ".join(proofs) or "no such word"


def _is_proved(draft: Draft, start: int, end: int, rule: Mapping[str, Any]) -> bool:
    text = draft.reading.text
    after, before = text[start : end + REACH], text[max(0, start - 24) : start]
    if "splits" in rule and words(draft.language, "scopes", "split").search(
        _around(text, start, end)
    ):
        return _is_that_split(draft, start, end, rule["splits"])
    proofs = [f for f in draft.sheet.facts if named(rule["facts"], f.name)]
    ordinal = _ORDINAL_BEFORE.search(before)
    if ordinal and int(ordinal.group(1)) > 1:
        return any(_rank(fact) == int(ordinal.group(1)) for fact in proofs)
    return any(_covers(draft, fact, before, after, _around(text, start, end)) for fact in proofs)


def _is_that_split(draft: Draft, start: int, end: int, facts: Sequence[str]) -> bool:
    """Whether the splits named in the sentence hold the extreme one; none named will do."""
    begin, stop = stretch_around(sentences(draft.reading.text), start)
    named = {
        c.value
        for c in draft.claims
        if c.dimension == "index" and begin <= c.start < max(stop, end)
    }
    told = {fact.value for name in facts if (fact := draft.sheet.fact(name))}
    extreme = min if "fastest_split" in facts else max
    splits = draft.sheet.splits
    if splits:
        best = extreme(split.pace_s for split in splits)
        told |= {split.index for split in splits if split.pace_s == best}
    return bool(told) and (not named or bool(named & told))


def _around(text: str, start: int, end: int) -> str:
    begin, stop = stretch_around(sentences(text), start)
    return text[begin : max(stop, end)]


def _rank(fact: Fact) -> int | None:
    return int(fact.value) if fact.unit == "rank" and not isinstance(fact.value, str) else None


def _covers(draft: Draft, fact: Fact, before: str, after: str, sentence: str) -> bool:
    """Whether the fact's scope is at least the one the text claims."""
    rank = _rank(fact)
    language = draft.language
    if words(language, "scopes", "among").search(before):
        return True
    if fact.name.endswith("_since"):
        return bool(words(language, "scopes", "since").search(after))
    if rank is not None and rank != 1:
        return False
    if re.search("year|month", fact.name):
        return bool(words(language, "scopes", "year").search(after + before + sentence))
    return True


def check_firsts(draft: Draft) -> Iterator[Finding]:
    """First run of a year or a month, second of a day, first ever: each with its fact."""
    for name, rule in rules(draft.language, "firsts").items():
        if any(named(rule["facts"], fact.name) for fact in draft.sheet.facts):
            continue
        if name == "race" and draft.sheet.classification == "race":
            continue
        number = draft.sheet.fact("run_number")
        if rule.get("or_run_number") and number and number.value == 1:
            continue
        for span, found in draft.found(words(draft.language, "firsts", name, "words")):
            if not draft.is_advice(span[0]):
                yield reject(
                    "first", span, found, "no such word", "is not proved by the fact sheet"
                )
