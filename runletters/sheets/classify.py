"""The class of a run in words, and the tone of its day.

Pure: no clock, no network, no database. Which class it is, `metrics.classify` decides for
letters, commands and tables alike; here its figures are only said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from runletters.facts import Tone
from runletters.metrics.classify import classified
from runletters.sheets.calendar import RETURN_DAYS
from runletters.sheets.candidates import Row
from runletters.untrusted import speaks_of_hardship
from runletters.wording import Wording, wording_for

HOUR_S = 3_600.0
_ENGLISH = wording_for("en", "metric")


def with_class(runs: pl.DataFrame) -> pl.DataFrame:
    """The same runs with their class, where the metrics did not bring it along.

    Args:
        runs: one row per run, as `trust.with_trust` leaves them, oldest first.
    """
    if "classification" in runs.columns:
        return runs
    typed_in = pl.when(pl.col("is_manual")).then(pl.lit("estimated")).otherwise(pl.lit("measured"))
    judged = runs.with_columns(
        local_date=pl.col("day"),
        pace_quality=pl.when("is_trusted").then(typed_in).otherwise(pl.lit("doubtful")),
        heart_rate_quality=pl.when(~pl.col("heart_rate_is_wrong")).then(pl.lit("measured")),
    )
    return runs.join(classified(judged), on="activity_id", how="left", maintain_order="left")


def class_of(row: Row, wording: Wording) -> tuple[str, str]:
    """The class and, in one clause of the reader's language, the reason."""
    if row["classification"] is None:
        return "unknown", wording.phrase("class_doubtful")
    return row["classification"], reason_of(
        row["classification_rule"], row["classification_figures"], wording
    )


def reason_of(rule: str, figures: Mapping[str, float | None], wording: Wording = _ENGLISH) -> str:
    """Why a rule held, in one clause.

    Args:
        rule: `classification_rule`.
        figures: `classification_figures`; null where the rule does not use one.
        wording: language and units; English and kilometres for tables.
    """
    said = {name: _SAID[name](wording, value) for name, value in figures.items() if value}
    return wording.phrase(f"class_{rule}", **said)


def _climb_rate(wording: Wording, m_per_km: float) -> str:
    height = wording.height(m_per_km * wording.unit_m / 1000)
    return wording.phrase(f"climb_rate_{wording.units}", height=height)


_SAID: dict[str, Callable[[Wording, float], str]] = {
    "count": Wording.count,
    "seconds": lambda wording, value: (
        wording.clocked(value) if value >= HOUR_S else wording.seconds(value)
    ),
    "percent": Wording.percent,
    "climb_m_per_km": _climb_rate,
    "distance_m": Wording.distance,
    "usual_distance_m": Wording.distance,
    "pace_s_per_km": Wording.pace,
    "usual_pace_s_per_km": Wording.pace,
    "usual_runs": lambda wording, n: wording.runs(int(n)),
}


def tone_of(row: Row, *, allow_notes: bool) -> Tone:
    """The tone of the day; words of pain, crash or illness outrank a race and a return."""
    private = row.get("private_notes") if allow_notes else None
    if speaks_of_hardship(row.get("title"), row.get("notes"), private):
        return "hardship"
    if row.get("is_race"):
        return "race"
    days = row["days_since"]
    return "return" if days is not None and days >= RETURN_DAYS else "ordinary"
