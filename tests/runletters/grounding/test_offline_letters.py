"""What the offline writer says passes the gate: invented runs, both languages, both units."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
from invented_runs import NO_METRICS, NO_SPLITS, frame, run

from runletters.comparisons import part_of_day
from runletters.deriving import derive
from runletters.fact_sheets import build_fact_sheets, fact_sheets_of
from runletters.facts import FactSheet, Units
from runletters.grounding import check
from runletters.grounding.draft import draft_of
from runletters.grounding.gate import ON_FIELDS
from runletters.grounding.manners import check_person
from runletters.metrics.splits import splits
from runletters.samples import generate_frames
from runletters.training import training_of
from runletters.users import Preferences
from runletters.writing.offline import write_coaching, write_letter
from runletters.writing.phrasebook import Phrase, coaching_phrases, letter_phrases
from runletters.writing.slots import slots


@cache
def sheets_of_a_year(language: str, units: Units) -> list[FactSheet]:
    """Every run of one invented runner."""
    everything, streams = generate_frames(11, 1, date(2026, 11, 20))
    activities = everything.filter("is_run")
    preferences = Preferences(
        language=language, units=units, heart_rate_max_bpm=190, heart_rate_rest_bpm=50
    )
    kept = derive(activities, streams)
    routes = {name: frozenset(cells) for name, cells in kept["routes"].select(
        "activity_id", "cells").iter_rows()}  # fmt: skip
    return fact_sheets_of(
        activities,
        training_of(kept["run_metrics"], kept["best_efforts"], preferences),
        routes,
        splits(streams, 1000.0 if units == "metric" else 1609.344),
        wanted=activities["activity_id"].to_list(),
        preferences=preferences,
    )


@pytest.mark.parametrize(
    ("language", "units"), [("en", "metric"), ("en", "imperial"), ("de", "metric")]
)
def test_offline_texts_pass(language: str, units: Units) -> None:
    """A year of invented runs, a letter and an insight each: nothing is rejected."""
    sheets = sheets_of_a_year(language, units)
    rejected: list[tuple[str, str]] = []
    for sheet in sheets:
        letter, insight = write_letter(sheet), write_coaching(sheet)
        found = [
            *check(letter.body, sheet, kind="letter"),
            *check(insight.body, sheet, kind="coaching", structured=insight.structured),
        ]
        rejected += [(f.rule, f.found) for f in found if f.severity == "reject"]

    told = {fact.name for sheet in sheets for fact in sheet.facts}
    assert len(sheets) > 100
    assert {"route_rank", "even_heart_rate_faster", "repetitions", "graded_pace"} <= told
    assert {"training_above", "training_below", "race_estimate", "race_vdot"} <= told
    assert [] == rejected


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_hills_are_told_by_their_climb(language: str, units: Units) -> None:
    """The rule's reason is a figure of climbing, also where no fact of the sheet repeats it."""
    start = datetime(2026, 3, 1, 7, tzinfo=UTC)
    plain = [run(start + timedelta(days=2 * day), 5_000 + day, 330) for day in range(20)]
    hilly = run(start + timedelta(days=41), 11_000, 400, elevation_gain_m=472.0)
    sheet = build_fact_sheets(
        frame(*plain, hilly), NO_METRICS, NO_SPLITS, [hilly["activity_id"]],
        Preferences(language=language, units=units),
    )[0]  # fmt: skip
    others = tuple(fact for fact in sheet.facts if fact.name != "climb_rate")
    bare = sheet.model_copy(update={"facts": others})

    insight = write_coaching(bare)

    assert "hills" == bare.classification
    assert bare.classification_reason in insight.body
    assert [] == refused(insight.body, bare)


@cache
def sheets_of_second_runs(language: str) -> list[FactSheet]:
    """Eighty days with two runs each."""
    days = [datetime(2026, 3, 1, 7, tzinfo=UTC) + timedelta(days=day) for day in range(80)]
    starts = [start + timedelta(hours=later) for start in days for later in (0, 11)]
    runs = frame(*(run(start, 5_000 + 40 * n, 330 + n % 17) for n, start in enumerate(starts)))
    wanted = runs["activity_id"].to_list()
    return build_fact_sheets(runs, NO_METRICS, NO_SPLITS, wanted, Preferences(language=language))


@pytest.mark.parametrize("language", ["en", "de"])
def test_letters_of_second_runs_pass(language: str) -> None:
    """In every wording there is: nothing is rejected."""
    sheets = sheets_of_second_runs(language)

    letters = [(sheet, write_letter(sheet).body) for sheet in sheets]

    seconds = [sheet for sheet in sheets if "second_run_of_day" in {f.name for f in sheet.facts}]
    assert len(seconds) > 60
    assert [] == [
        (finding.rule, finding.found)
        for sheet, body in letters
        for finding in check(body, sheet, kind="letter")
        if finding.severity == "reject"
    ]


SENTENCES = ("open", "body", "close")
TRIED = 12
"""Runs on which a wording is tried before it counts as one that never passes."""


def wordings(language: str) -> Iterator[tuple[str, Phrase, int]]:
    """Every sentence of a language with its beat, and a seed for each choice it leaves."""
    for book in (letter_phrases(language), coaching_phrases(language)):
        for beat, places in book.beats.items():
            for phrase in (one for place in SENTENCES for one in places.get(place, ())):
                choices = max((c.count("|") + 1 for c in phrase.text.split("[")[1:]), default=1)
                yield from ((beat, phrase, seed) for seed in range(choices))


def is_due(beat: str, sheet: FactSheet, facts: set[str]) -> bool:
    """Whether a letter about that run could come to that beat."""
    if beat.startswith("moment_"):
        return beat == f"moment_{part_of_day(60 * sheet.started_local.hour)}"
    return sheet.has(beat) or beat not in facts


def refused(text: str, sheet: FactSheet) -> list[tuple[str, str]]:
    """What the rules for any piece of a text reject in it."""
    draft = draft_of(text, sheet, "letter", ())
    found = [finding for rule in (*ON_FIELDS, check_person) for finding in rule(draft)]
    return [(each.rule, each.found) for each in found if each.severity == "reject"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_wording_passes_for_a_run_it_fits(language: str) -> None:
    """A wording the gate refuses on every run would cost each runner whose turn it is a letter."""
    runs = [*sheets_of_a_year(language, "metric"), *sheets_of_second_runs(language)]
    sheets = [(sheet, slots(sheet)) for sheet in runs]
    facts = {fact.name for sheet, _ in sheets for fact in sheet.facts}
    never: list[tuple[str, str, list[tuple[str, str]]]] = []
    untried: set[str] = set()
    for beat, phrase, seed in wordings(language):
        fitting = [
            (sheet, known)
            for sheet, known in sheets
            if phrase.slots <= known.keys() and is_due(beat, sheet, facts)
        ]
        tried = fitting[:: max(1, len(fitting) // TRIED)]
        found = [refused(phrase.said(known, seed), sheet) for sheet, known in tried]
        if found and (any(found) if beat in facts else all(found)):
            never.append((beat, phrase.text, next(filter(None, found))))
        if not fitting:
            untried.add(beat)

    print(f"\n{language}: beats no run of this history has: {sorted(untried)}")
    for each in never:
        print(each)
    assert [] == never
