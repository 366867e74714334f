"""From a history to the sheet of one digest.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from runletters.digests.advice import feeling, newest_longest_m, next_step, plan_state
from runletters.digests.bars import bars, trend
from runletters.digests.moments import best_moment
from runletters.digests.periods import Period
from runletters.digests.sheet import DigestSheet
from runletters.digests.totals import load_facts, total_facts, within
from runletters.digests.words import Words, words_for
from runletters.facts import Fact, FactSheet, Tone
from runletters.metrics.load import daily_load, fitness
from runletters.users import User


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known of one runner when a digest is written."""

    user: User
    metrics: pl.DataFrame  # RUN_METRICS_SCHEMA of the whole history
    activities: pl.DataFrame  # ACTIVITY_SCHEMA
    letters: Mapping[str, str] = field(default_factory=dict[str, str])  # by activity id


def writable_runs(evidence: Evidence) -> pl.DataFrame:
    """Metrics of the runs that may be written about, with their `rights`."""
    rights = evidence.activities.select("activity_id", "rights")
    if "local_date" not in evidence.metrics.columns:
        return pl.DataFrame()
    joined = evidence.metrics.join(rights, on="activity_id", how="inner")
    return joined.filter(pl.col("rights") != "none")


def runs_of(evidence: Evidence, period: Period) -> list[str]:
    """Ids of the runs of the period that may be written about, oldest first."""
    runs = writable_runs(evidence)
    if runs.is_empty():
        return []
    return within(runs, period.first, period.last)["activity_id"].to_list()


def build_digest(
    evidence: Evidence, period: Period, sheets: Sequence[FactSheet]
) -> DigestSheet | None:
    """The sheet of one digest; None where there is nothing to say: no run in the period.

    Args:
        evidence: the runner's history. Nothing after the period is looked at.
        period: the days it is about.
        sheets: fact sheets of the runs of the period, for the best moment.
    """
    all_runs = writable_runs(evidence)
    if all_runs.is_empty():
        return None
    runs = all_runs.filter(pl.col("local_date") <= period.last)
    mine = within(runs, period.first, period.last)
    if mine.is_empty():
        return None
    preferences = evidence.user.preferences
    words = words_for(preferences.language, preferences.units, turn_of(period))
    daily = daily_load(runs, period.last)
    form = fitness(daily)
    loads = load_facts(form, period, words)
    tone = _tone(sheets)
    return DigestSheet(
        user_id=evidence.user.user_id,
        language=preferences.language,  # a model's; phrases fall back to English
        units=preferences.units,
        reader_name=preferences.reader_name,
        period=period,
        tone=tone,
        facts=(*total_facts(runs, period, words), *loads),
        feeling=feeling(_value(loads, "form")),
        bars=bars(runs, period, words),
        trend=trend(daily, form, period, words),
        best=best_moment(sheets, evidence.letters, words),
        next_step=next_step(
            plan_state(runs, form, period),
            period,
            tone,
            words,
            newest_m=newest_longest_m(runs, period),
        ),
        caveats=tuple(_caveats(evidence, mine, period, words)),
        may_be_sent_to_a_model=set(mine["rights"]) <= {"full"},
    )


def turn_of(period: Period) -> int:
    """Which variant of a phrase is due: another one each week."""
    return period.last.toordinal() // 7


def _value(facts: Sequence[Fact], name: str) -> float | None:
    return next((float(fact.value) for fact in facts if fact.name == name), None)


def _tone(sheets: Sequence[FactSheet]) -> Tone:
    """Pain, illness or a fall in the newest runs set the tone of the whole."""
    newest = sorted(sheets, key=lambda sheet: sheet.started_local)[-3:]
    return "hardship" if any(sheet.tone == "hardship" for sheet in newest) else "ordinary"


def _caveats(evidence: Evidence, runs: pl.DataFrame, period: Period, words: Words) -> list[str]:
    said: list[str] = []
    doubtful = runs.filter(pl.col("pace_quality") == "doubtful").height
    no_rate = runs.filter(pl.col("load_source") != "hr_tss").height
    left_out = _without_rights(evidence, period)
    if doubtful:
        said.append(words.say("caveat", "doubtful", runs=words.wording.runs(doubtful)))
    if no_rate:
        said.append(words.say("caveat", "no_heart_rate", runs=words.wording.runs(no_rate)))
    if left_out:
        counted = words.say(
            "caveat", "activity" if left_out == 1 else "activities", n=words.wording.count(left_out)
        )
        said.append(words.say("caveat", "no_rights", activities=counted))
    return said


def _without_rights(evidence: Evidence, period: Period) -> int:
    offset = pl.duration(seconds=pl.col("utc_offset_s").fill_null(0))
    day = (pl.col("started_at") + offset).dt.date()
    return evidence.activities.filter(
        (pl.col("rights") == "none")
        & pl.col("is_run").fill_null(value=False)
        & day.is_between(period.first, period.last)
    ).height
