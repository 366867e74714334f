"""Faster or slower, up or down, ahead or behind: words against the sign of the fact.

Pure: no clock, no network, no database. A word beside a figure is held against
that figure's fact; a word without one against what the sheet says of its subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from runletters.grounding.claims import Claim
from runletters.grounding.draft import Draft
from runletters.grounding.findings import Finding, reject
from runletters.grounding.lexicon import named, rules, words
from runletters.grounding.roles import clauses, stretch_around

EVEN_S = 3.0
"""Halves within three seconds per km or mile are even (the rule of the fact sheets)."""

_FLIPPED = {"half_faster": "half_slower", "half_slower": "half_faster"}
"""With the first half as the subject, the words change sides."""
_OPPOSITE = {"up": "down", "down": "up"}


def check_directions(draft: Draft) -> Iterator[Finding]:
    """Every word of direction agrees with the sheet."""
    if not draft.has_word_lists:
        return
    seen: set[tuple[int, int]] = set()
    for claim in draft.claims:
        for finding in _beside_figure(draft, claim):
            seen.add(finding.span)
            yield finding
    for finding in (*_halves(draft), *_subjects(draft)):
        if finding.span not in seen:
            yield finding


@cache
def _sign_of(language: str, role: str) -> str | None:
    """The rule for the sign of a fact; None where a fact has none."""
    signs = rules(language, "signs").items()
    return next((name for name, rule in signs if named(rule["facts"], role)), None)


def _beside_figure(draft: Draft, claim: Claim) -> Iterator[Finding]:
    roles = {t.role for t in draft.agreeing[claim.start] if t.group != "usual"}
    signs = [_sign_of(draft.language, role) for role in roles]
    if not signs or any(sign is None for sign in signs):
        return
    groups = {t.role: t.group for t in draft.proper(claim)}
    if set(groups) != roles or "usual" in groups.values():
        return
    start, end = stretch_around(clauses(draft.reading.text), claim.start)
    clause = draft.reading.text[start:end]
    flipped = _is_flipped(draft, clause)
    patterns = [
        words(draft.language, "signs", _FLIPPED.get(sign, sign) if flipped else sign, "against")
        for sign in signs
        if sign
    ]
    hits = [pattern.search(clause) for pattern in patterns]
    if all(hits) and not _is_open(draft, clause):
        hit = hits[0]
        if hit:
            span = draft.reading.span(start + hit.start(), start + hit.end())
            yield _against(draft, span, next(iter(groups)))


def _against(draft: Draft, span: tuple[int, int], role: str) -> Finding:
    fact = draft.sheet.fact(role)
    expected = fact.text if fact else role
    return reject(
        "direction", span, draft.text[slice(*span)], expected, "goes against the sign of the fact"
    )


def _is_flipped(draft: Draft, clause: str) -> bool:
    """Whether the first part is the subject, so that its slower is the second part's faster."""
    first = words(draft.language, "direction", "first_part").search(clause)
    second = words(draft.language, "direction", "second_part").search(clause)
    return bool(first) and (second is None or first.start() < second.start())


def _is_open(draft: Draft, stretch: str) -> bool:
    """Whether the words only suppose or deny: would have been faster, no slower than."""
    return bool(words(draft.language, "direction", "open").search(stretch))


def _halves_sign(draft: Draft) -> str | None:
    """Up: the second half was faster; from the fact, else from whole splits."""
    for name, sign in (
        ("second_half_faster", "up"),
        ("second_half_slower", "down"),
        ("second_half_even", "even"),
    ):
        if draft.sheet.has(name):
            return sign
    splits = draft.sheet.splits
    if len(splits) < 2:
        return None
    middle = len(splits) // 2
    first = sum(s.pace_s for s in splits[:middle]) / middle
    second = sum(s.pace_s for s in splits[-middle:]) / middle
    return "even" if abs(second - first) < EVEN_S else "up" if second < first else "down"


def _halves(draft: Draft) -> Iterator[Finding]:
    sign = _halves_sign(draft)
    for name in ("up", "down", "even"):
        for span, found in draft.found(words(draft.language, "direction", f"halves_{name}")):
            sentence = _clause(draft, span[0])
            if _is_open(draft, sentence) or draft.is_advice(span[0]):
                continue
            said = _OPPOSITE.get(name, name) if _is_flipped(draft, sentence) else name
            if sign != said:
                expected = {
                    "up": "second half faster",
                    "down": "second half slower",
                    "even": "even halves",
                }.get(sign or "", "no word about the halves")
                yield reject("direction", span, found, expected, "is not how the halves went")


def _clause(draft: Draft, place: int) -> str:
    start, end = stretch_around(clauses(draft.plain), place)
    return draft.plain[start:end]


def _subjects(draft: Draft) -> Iterator[Finding]:
    """Words about a subject that has a fact, or none: pace beside the usual, the heart rate."""
    known = " ".join(
        (draft.sheet.classification_reason, *(f.text for f in draft.sheet.facts))
    ).lower()
    for name, rule in rules(draft.language, "subjects").items():
        proved = any(named(rule["facts"], fact.name) for fact in draft.sheet.facts)
        if proved:
            continue
        for span, found in draft.found(words(draft.language, "subjects", name, "words")):
            if found.lower() in known:
                continue
            if not draft.is_advice(span[0]) and not _is_open(draft, _clause(draft, span[0])):
                yield reject(
                    "direction",
                    span,
                    found,
                    "only what a fact proves",
                    "is not proved by the fact sheet",
                )
