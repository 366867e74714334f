"""What a digest says: figures by hand, words in two languages, advice inside limits."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers.changed_digits import changed_digits, is_rejected
from servers.runners import a_run, frame, weeks_of

from runletters.deriving import personal_metrics
from runletters.digests.bars import bars
from runletters.digests.building import Evidence, build_digest, runs_of
from runletters.digests.grounds import as_fact_sheet, write_text
from runletters.digests.links import links_for, token, user_of
from runletters.digests.moments import excerpt
from runletters.digests.page import digest_page
from runletters.digests.periods import WINDOWS, Window, period_ending
from runletters.digests.pictures import pictures
from runletters.digests.sheet import DigestSheet
from runletters.digests.telling import offline_text, step_text, subject
from runletters.digests.words import words_for
from runletters.digests.writing import nothing_to_say, offline_hand, write_digest
from runletters.fact_sheets import build_fact_sheets
from runletters.grounding import check
from runletters.metrics.run_metrics import run_metrics
from runletters.parts import STREAMS_SCHEMA
from runletters.prompting import language_rule
from runletters.users import Preferences, User

MONDAY = date(2026, 9, 7)
SUNDAY = MONDAY + timedelta(days=7 * 11 - 1)  # 22 November, the end of the eleventh week
KILOMETRES = (0.0, 0.0, 0.0, 5.3, 8.0, 10.0, 12.4, 21.1, 32.0)
STEADY = [(0, 8, 0, 8, 0, 0, 14)] * 10
NO_LINKS = links_for("ana", base_url=None, secret=None, sender=None)


def evidence_of(rows: Sequence[dict[str, Any]], **preferences: Any) -> Evidence:
    chosen = Preferences(heart_rate_max_bpm=190, **preferences)
    activities = frame(rows)
    metrics = run_metrics(activities, pl.DataFrame(schema=STREAMS_SCHEMA), chosen)
    return Evidence(
        user=User(user_id="ana", preferences=chosen),
        metrics=personal_metrics(metrics, chosen),
        activities=activities,
    )


def sheet_of(
    rows: Sequence[dict[str, Any]],
    window: Window = "week",
    last: date = SUNDAY,
    **preferences: Any,
) -> DigestSheet | None:
    evidence = evidence_of(rows, **preferences)
    period = period_ending(window, last)
    sheets = build_fact_sheets(
        evidence.activities,
        evidence.metrics,
        pl.DataFrame(),
        runs_of(evidence, period),
        evidence.user.preferences,
    )
    return build_digest(evidence, period, sheets)


def a_week(*days: float, **preferences: Any) -> DigestSheet:
    """The sheet of a week after ten steady ones of 30 km."""
    sheet = sheet_of(weeks_of("ana", MONDAY, [*STEADY, days]), **preferences)
    assert sheet is not None
    return sheet


def values(sheet: DigestSheet) -> dict[str, Any]:
    return {fact.name: fact.value for fact in sheet.facts}


class TestFigures:
    def test_a_week_stands_beside_the_four_before(self) -> None:
        """33 km against a mean of 30 km: sums, what is usual, and the change."""
        found = values(a_week(0, 10, 0, 8, 0, 0, 15))

        expected = {
            "distance": 33_000.0, "distance_usual": 30_000.0, "distance_change": 10.0,
            "moving_time": 11_880.0, "runs": 3, "runs_usual": 3, "days_run": 3,
            "elevation_gain": 150.0,
        }  # fmt: skip
        assert expected == {name: found[name] for name in expected}

    def test_the_biggest_week_is_told_only_against_enough_others(self) -> None:
        """More than all nine whole weeks before it; after a bigger one the text says since when."""
        ever = a_week(0, 15, 0, 15, 0, 0, 15)
        rows = weeks_of(
            "ana", MONDAY, [(20, 0, 0, 0, 0, 20, 20), *STEADY[1:], (0, 12, 0, 12, 0, 0, 15)]
        )
        since = sheet_of(rows)

        assert 9 == values(ever)["biggest_ever"]
        assert since is not None
        assert "2026-09-13" == values(since)["biggest_since"]
        assert "13 September" in subject(since)

    def test_runs_after_the_last_day_are_not_looked_at(self) -> None:
        """The digest of a past week is the same, whatever came later."""
        rows = weeks_of("ana", MONDAY, [*STEADY, (0, 8, 0, 8, 0, 0, 14)])
        later = a_run("ana", SUNDAY + timedelta(days=2), 40)

        assert sheet_of(rows) == sheet_of([*rows, later])

    def test_a_month_in_progress_stands_beside_the_same_days(self) -> None:
        """1 to 15 November against 1 to 15 of the months before, not against whole months."""
        rows = [a_run("ana", date(2026, month, 1) + timedelta(days=offset), 5)
                for month in (8, 9, 10, 11) for offset in range(28)]  # fmt: skip
        sheet = sheet_of(rows, "month", date(2026, 11, 15))

        assert sheet is not None
        found = values(sheet)
        assert (75_000.0, 75_000.0) == (found["distance"], found["distance_usual"])
        assert "up to 15 November" in subject(sheet)

    def test_too_little_history_is_said(self) -> None:
        """One earlier week makes nothing usual."""
        sheet = sheet_of(weeks_of("ana", SUNDAY - timedelta(days=13), [(0, 5, 0, 0, 0, 0, 0)] * 2))

        assert sheet is not None
        assert "distance_usual" not in values(sheet)
        assert "Too little history" in offline_text(sheet)

    def test_bars_hold_the_distances_of_their_days(self) -> None:
        """Seven bars, days of rest without a text."""
        sheet = a_week(0, 10, 0, 8, 0, 0, 15)

        assert [0, 10_000, 0, 8_000, 0, 0, 15_000] == [bar.distance_m for bar in sheet.bars]
        assert ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] == [b.label for b in sheet.bars]
        assert ["", "10 km"] == [bar.text for bar in sheet.bars[:2]]

    def test_zones_are_shares_of_the_time_with_a_heart_rate(self) -> None:
        """Three quarters in zone 2, one in zone 3; a day of rest has none."""
        evidence = evidence_of([a_run("ana", SUNDAY, 10)])
        known = {f"hr_zone_{zone}_s": pl.lit(0.0) for zone in range(6)}
        metrics = evidence.metrics.with_columns(**known).with_columns(
            hr_zone_2_s=pl.lit(2_700.0), hr_zone_3_s=pl.lit(900.0)
        )

        made = bars(metrics, period_ending("week", SUNDAY), words_for("en", "metric"))

        assert ((), (0, 0, 0.75, 0.25, 0, 0)) == (made[5].zone_shares, made[6].zone_shares)

    def test_what_has_no_rights_is_left_out_and_counted(self) -> None:
        """Not a metre of it is in the figures."""
        rows = weeks_of("ana", MONDAY, [*STEADY, (0, 8, 0, 8, 0, 0, 14)])
        hidden = a_run("ana", SUNDAY - timedelta(days=1), 30, rights="none")

        sheet = sheet_of([*rows, hidden])

        assert sheet is not None
        assert 30_000.0 == values(sheet)["distance"]
        assert "1 activity left out" in sheet.caveats[-1]

    def test_local_runs_stay_on_this_machine(self) -> None:
        """A digest with one run that no model may see is not written by a model."""
        rows = weeks_of("ana", MONDAY, [*STEADY, (0, 8, 0, 8, 0, 0, 14)])
        rows[-1]["rights"] = "local_only"

        sheet = sheet_of(rows)

        assert sheet is not None
        assert not sheet.may_be_sent_to_a_model

    def test_a_week_without_a_run_gives_no_sheet(self) -> None:
        """Nothing to say is said in a note, in the reader's language."""
        assert sheet_of(weeks_of("ana", MONDAY, STEADY)) is None
        assert sheet_of([]) is None
        note = nothing_to_say(period_ending("week", SUNDAY), words_for("de", "metric")).note
        assert "Kein Lauf vom 16. November 2026 bis 22. November 2026: nichts zu erzählen." == note


class TestAdvice:
    def test_after_a_steady_week_comes_a_long_run(self) -> None:
        """Not longer than a tenth above the longest of two weeks, rounded down."""
        step = a_week(0, 8, 0, 8, 0, 0, 14).next_step

        assert step is not None
        assert "long" == step.kind
        assert (step.distance_m or 0) <= 14_000 * 1.1

    def test_after_a_huge_week_comes_a_lighter_one(self) -> None:
        """Whoever ran a marathon is not sent on a long run."""
        step = a_week(0, 10, 0, 10, 0, 0, 42.2).next_step

        assert step is not None
        assert "lighter" == step.kind

    def test_after_pain_no_distance_is_advised(self) -> None:
        """A note about an injury ends all advice but rest."""
        rows = weeks_of("ana", MONDAY, [*STEADY, (0, 8, 0, 8, 0, 0, 14)])
        rows[-1]["title"] = "Knee pain, walked home"

        sheet = sheet_of(rows)

        assert sheet is not None
        assert ("hardship", "gentle") == (sheet.tone, sheet.next_step and sheet.next_step.kind)
        assert not re.search(r"\d", step_text(sheet) or "")

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.lists(st.sampled_from([0, 0, 3, 5, 8, 12, 20]), min_size=7, max_size=7),
            min_size=1,
            max_size=8,
        ),
        st.sampled_from(["metric", "imperial"]),
    )
    def test_no_advice_exceeds_its_limits(self, weeks: list[list[float]], units: str) -> None:
        """Never more than a tenth above the longest of the last four weeks, or a first 2 km."""
        last = MONDAY + timedelta(days=7 * len(weeks) - 1)
        sheet = sheet_of(weeks_of("ana", MONDAY, weeks), last=last, units=units)
        if sheet is None or sheet.next_step is None:
            return

        longest = max(km for week in weeks[-4:] for km in week) * 1000
        assert (sheet.next_step.distance_m or 0) <= max(2_000, longest * 1.1 + 1)


class TestWords:
    @pytest.mark.parametrize("language", ["en", "de"])
    @pytest.mark.parametrize("units", ["metric", "imperial"])
    @pytest.mark.parametrize("window", ["week", "month", "year"])
    def test_every_number_of_the_text_is_a_fact(
        self, language: str, units: str, window: Window
    ) -> None:
        """Whatever the variant, no figure is said that the sheet does not hold."""
        for back in range(6):
            rows = weeks_of("ana", MONDAY, [*STEADY, (0, 10 + back, 0, 8, 0, 0, 15 - 2 * back)])
            last = SUNDAY - timedelta(days=7 * back)
            sheet = sheet_of(rows, window, last, language=language, units=units)
            assert sheet is not None
            known = " ".join(
                [f"{fact.text} {fact.n or ''}" for fact in sheet.facts]
                + [f"{sheet.period.first:%Y}", sheet.next_step.distance_text or ""]
            )
            figures = set(re.findall(r"\d[\d.,]*", known))
            told = set(re.findall(r"\d[\d.,]*\d|\d", f"{offline_text(sheet)} {step_text(sheet)}"))
            assert set() == {figure for figure in told if figure not in figures}

    def test_two_mondays_do_not_open_alike(self) -> None:
        """The phrases are walked in turn."""
        this = a_week(0, 8, 0, 8, 0, 0, 14)
        before = sheet_of(weeks_of("ana", MONDAY, STEADY), last=SUNDAY - timedelta(days=7))

        assert before is not None
        assert offline_text(this).split(".")[0] != offline_text(before).split(".")[0]

    def test_german_counts_in_the_right_case(self) -> None:
        """30 km in 3 Läufen, but 3 Läufe und 30 km."""
        sheet = a_week(0, 8, 0, 8, 0, 0, 14, language="de")

        assert "30 km in 3 Läufen" == subject(sheet).partition(",")[0]
        assert "3 Läufe" in offline_text(sheet) or "3 Läufen" in offline_text(sheet)

    def test_a_name_is_greeted(self) -> None:
        """Where a name is known; a name that looks like a figure or like markup stops nothing."""
        for name in ("Ada", "Ada 2", "**Ada**"):
            digest = write_digest(a_week(5, 0, 0, 0, 0, 0, 0, reader_name=name))

            assert digest.text is not None
            assert digest.text.body.startswith(f"Hello {name},\n\n")

    def test_the_gate_reads_best_moment_and_advice_too(self) -> None:
        """The sheet for the gate holds them as facts."""
        known = as_fact_sheet(a_week(0, 8, 0, 8, 0, 0, 14))

        assert {"advised_distance", "best_day", "digest_distance"} <= {
            fact.name for fact in known.facts
        }

    def test_an_excerpt_ends_with_a_sentence(self) -> None:
        """Whole sentences of the first paragraph; a number's point is no end."""
        letter = (
            "You ran 10.2 km. It was the 3. time in a row! And then " + "x" * 300 + ".\n\nNext."
        )

        assert "You ran 10.2 km. It was the 3. time in a row!" == excerpt(letter)
        assert excerpt("x" * 300) is None


class TestGate:
    def test_a_model_is_asked_in_a_language_that_has_no_phrases(self) -> None:
        """French: asked for and held to as French; the free writer tells it in English."""
        sheet = a_week(0, 10, 0, 8, 0, 0, 15, language="fr")
        facts = as_fact_sheet(sheet)
        french = "Cette semaine, tu as couru 33 km en trois sorties, dont une plus longue."
        english = "This week you ran 33 km in three runs, and one of them was a longer one."

        assert "Write in French (language code fr)." == language_rule(facts)
        assert "language" not in {each.rule for each in check(french, facts, kind="digest")}
        assert "language" in {each.rule for each in check(english, facts, kind="digest")}
        assert (
            write_digest(a_week(0, 10, 0, 8, 0, 0, 15)).text.body == write_digest(sheet).text.body
        )
        assert offline_hand("en") == offline_hand("fr")

    @pytest.mark.parametrize("language", ["en", "de"])
    def test_the_offline_text_of_every_period_passes_without_a_finding(self, language: str) -> None:
        """Steady, growing, huge, quiet and first weeks, months and years, in both systems."""
        found: list[Any] = []
        for seed in range(12):
            chance = random.Random(seed)
            weeks = [[chance.choice(KILOMETRES) for _ in range(7)] for _ in range(1 + 3 * seed)]
            for window in WINDOWS:
                last = MONDAY + timedelta(days=7 * len(weeks) - 1 - seed % 3)
                units = "metric" if seed % 2 else "imperial"
                sheet = sheet_of(weeks_of("ana", MONDAY, weeks), window, last, language=language,
                                 units=units)  # fmt: skip
                if sheet is not None:
                    facts = as_fact_sheet(sheet)
                    found += check(write_text(facts).body, facts, kind="digest")

        assert [] == found

    @pytest.mark.parametrize("language", ["en", "de"])
    def test_every_changed_digit_is_caught(
        self, language: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """At every place of three digests: no other true figure of the sheet can stand in."""
        changed = 0
        missed: list[str] = []
        for back in range(3):
            rows = weeks_of("ana", MONDAY, [*STEADY, (0, 10.4, 0, 8, 0, 6.3, 15)])
            sheet = sheet_of(rows, WINDOWS[back], SUNDAY - timedelta(days=7 * back),
                             language=language,
                             units="metric" if back % 2 else "imperial")  # fmt: skip
            assert sheet is not None
            facts = as_fact_sheet(sheet)
            for said, place in changed_digits(write_text(facts).body):
                changed += 1
                if not is_rejected(said, facts, "digest"):
                    missed.append(said[max(0, place - 20) : place + 20])

        with capsys.disabled():
            print(f"\n{language} digests: {changed} changed digits, {len(missed)} missed")
        assert changed > 100
        assert [] == missed

    @pytest.mark.parametrize(("language", "units"), [("en", "imperial"), ("de", "metric")])
    def test_a_year_of_weeks_passes(self, language: str, units: str) -> None:
        """Every week of an invented year, days with two runs included: nothing is rejected."""
        chance = random.Random(5)
        weeks = [[chance.choice(KILOMETRES) for _ in range(7)] for _ in range(52)]
        rows = weeks_of("ana", MONDAY, weeks)
        for week in range(0, 52, 3):
            day = MONDAY + timedelta(days=7 * week + 4)
            rows.append(a_run("ana", day, 6.4, activity_id=f"second-{day}"))
        evidence = evidence_of(rows, language=language, units=units)
        found: list[Any] = []
        for week in range(52):
            period = period_ending("week", MONDAY + timedelta(days=7 * week + 6))
            sheet = build_digest(evidence, period, ())
            if sheet is not None:
                facts = as_fact_sheet(sheet)
                body = write_text(facts).body
                found += [(body, f.rule, f.found) for f in check(body, facts, kind="digest")]

        assert [] == found


class TestPage:
    def test_alt_texts_have_the_numbers(self) -> None:
        """Each day with its distance, each week with its load, fitness from and to."""
        sheet = a_week(0, 10, 0, 8, 0, 0, 15)

        days, trend = pictures(sheet)

        assert "Tuesday 10 km" in days.alt
        assert "Monday no run" in days.alt
        assert sheet.fact("fitness").text in trend.alt
        assert 11 == len(trend.trend)
        assert sheet.trend[-1].load_text in trend.alt

    def test_strangers_words_are_escaped(self) -> None:
        """A name with markup in it is text, in the mail and in its subject."""
        digest = write_digest(a_week(5, 0, 0, 0, 0, 0, 0, reader_name="<b>A&B</b>"))

        page = digest_page(digest, NO_LINKS, {})

        assert "<b>A&amp;B" not in page.html
        assert "&lt;b&gt;A&amp;B" in page.html
        assert "\n" not in page.subject

    def test_both_forms_say_the_same_figures(self) -> None:
        """Who reads plain text misses nothing but the colours."""
        digest = write_digest(a_week(0, 10, 0, 8, 0, 0, 15, language="de"))

        page = digest_page(digest, NO_LINKS, {"days": "cid:d", "trend": "cid:t"})

        for words in ("33 km", "+10 %", "30 km", "Der beste Moment", "Eins für die nächste Woche"):
            assert words in page.html
            assert words in page.plain
        assert 'src="cid:d"' in page.html
        assert "Montag kein Lauf" in page.plain

    def test_without_links_nothing_points_nowhere(self) -> None:
        """No base address: no button, no empty href."""
        page = digest_page(write_digest(a_week(5, 0, 0, 0, 0, 0, 0)), NO_LINKS, {})

        assert "href" not in page.html


class TestLinks:
    @given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=30))
    def test_a_token_names_its_user_and_nobody_else(self, user_id: str, secret: str) -> None:
        """Any id survives the way; another secret or a changed letter opens nothing."""
        signed = token(user_id, secret)

        assert user_id == user_of(signed, secret)
        assert user_of(signed, secret + "x") is None
        assert user_of(signed[1:], secret) is None
        assert user_of("", secret) is None

    def test_unsubscribing_needs_an_address_and_a_secret(self) -> None:
        """Without them the mailto address is what remains."""
        links = links_for("ana", base_url=None, secret="s", sender="L <l@x.example>")

        assert "<mailto:l@x.example?subject=unsubscribe>" == links.list_unsubscribe
