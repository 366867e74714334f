"""How often the truth gate is right about texts a person has judged."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from runletters.facts import FactSheet
from runletters.grounding import Finding, check

OF_WHOLE_TEXTS = {"length", "language", "copy"}
"""Rules that need a whole letter; the corpus holds single sentences."""
LEAST_PRECISION = 0.97
LEAST_RECALL = 0.97


def rejections(text: str, sheet: FactSheet, rule: str | None) -> list[Finding]:
    """What rejects a piece of text."""
    beside = OF_WHOLE_TEXTS if rule == "person" else OF_WHOLE_TEXTS | {"person"}
    found = check(text, sheet, kind="letter")
    return [f for f in found if f.severity == "reject" and f.rule not in beside - {rule}]


def test_the_corpus_is_large_and_in_several_languages(cases: list) -> None:
    """At least two hundred hand-made texts in five languages, each only once per sheet."""
    languages = {case.sheet.split("_")[0] for case in cases}

    assert {"en", "de", "es", "fr", "zh"} <= languages
    assert len(cases) >= 200
    assert len(cases) == len({(case.sheet, case.text) for case in cases})


def test_precision_and_recall(
    cases: list, sheets: dict[str, FactSheet], capsys: pytest.CaptureFixture[str]
) -> None:
    """Few good texts are rejected, few bad ones pass; the table is printed with -s."""
    verdicts: Counter[str] = Counter()
    by_language: dict[str, Counter[str]] = defaultdict(Counter)
    missed: list[str] = []
    for case in cases:
        found = rejections(case.text, sheets[case.sheet], case.rule)
        verdict = (
            ("false alarm" if found else "kept")
            if case.rule is None
            else ("caught" if found else "missed")
        )
        verdicts[verdict] += 1
        by_language[case.sheet.partition("_")[0]][verdict] += 1
        if verdict in {"false alarm", "missed"}:
            missed.append(f"{verdict}: {case.sheet} {case.rule or ''} {case.text!r} {found[:1]}")

    precision = verdicts["caught"] / (verdicts["caught"] + verdicts["false alarm"])
    recall = verdicts["caught"] / (verdicts["caught"] + verdicts["missed"])
    with capsys.disabled():
        print(f"\n{len(cases)} texts: {dict(verdicts)}")
        print(f"precision {precision:.3f}, recall {recall:.3f}")
        for language, counts in by_language.items():
            print(f"{language}: {dict(counts)}")
    assert precision >= LEAST_PRECISION, "\n".join(missed)
    assert recall >= LEAST_RECALL, "\n".join(missed)


def test_the_rule_that_catches_is_the_right_one(cases: list, sheets: dict[str, FactSheet]) -> None:
    """A bad text is rejected for the reason a person saw, in nearly all cases."""
    bad = [case for case in cases if case.rule is not None]
    rules = {
        case: {f.rule for f in rejections(case.text, sheets[case.sheet], case.rule)} for case in bad
    }
    wrong = [(case, rules[case]) for case in bad if case.rule not in rules[case]]

    assert len(wrong) / len(bad) <= 0.05, wrong
