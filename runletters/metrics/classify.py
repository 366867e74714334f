"""What kind of run it was, by rules in a stated order: the one classifier of the product.

Pure: no clock, no network, no database, no files.

The first rule that holds decides: race if the source says so, treadmill without a
distance, unknown (distance or time in doubt), multisport, race by pace, intervals, treadmill,
track, trail, hills, long, tempo, progression,
recovery, easy, else steady, or unknown without enough history. What is usual is the median
of the runner's own runs of the 56 days before, at least five of them; a run never counts
for itself, and a later run never changes an earlier class. Why a rule held is kept as
figures; words are made from them elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import polars as pl

from runletters.activities import INDOOR_SPORTS
from runletters.metrics.prediction import race_distance_m
from runletters.multisport import MULTISPORT_LEG

USUAL_DAYS = 56
FEWEST_USUAL = 5
LONG_FACTOR = 1.5
LONG_S = 5_400.0
LONG_FROM_S = 2_700.0
TEMPO_FACTOR = 0.92
TEMPO_FROM_S = 900.0
RACE_FACTOR = 0.85
RECOVERY_FACTOR = 1.07
RECOVERY_DISTANCE = 0.85
HILLS_M_PER_KM = 20.0
EASY_FACTOR = 0.97

Row: TypeAlias = dict[str, Any]
Figures: TypeAlias = dict[str, float]

FIGURES: dict[str, pl.DataType] = {
    "count": pl.Float64(),  # repetitions
    "seconds": pl.Float64(),
    "percent": pl.Float64(),
    "climb_m_per_km": pl.Float64(),
    "distance_m": pl.Float64(),
    "usual_distance_m": pl.Float64(),
    "pace_s_per_km": pl.Float64(),
    "usual_pace_s_per_km": pl.Float64(),
    "usual_runs": pl.Float64(),
}
"""Figures a reason may hold; which ones depends on the rule."""

CLASS_SCHEMA: dict[str, pl.DataType] = {
    "activity_id": pl.String(),
    "classification": pl.String(),
    "classification_rule": pl.String(),
    "classification_figures": pl.Struct(FIGURES),
}


@dataclass(frozen=True, kw_only=True)
class RunClass:
    """The class of a run, the rule that gave it and the figures behind it."""

    name: str
    rule: str
    figures: Figures = field(default_factory=dict[str, float])


def classified(metrics: pl.DataFrame) -> pl.DataFrame:
    """The class of every run.

    Args:
        metrics: rows of `run_metrics` of one runner: the runs to judge and those of the 56
            days before them. Columns that are absent count as unknown.

    Returns:
        CLASS_SCHEMA, one row per run, in the same order.
    """
    found = [(row["activity_id"], classify(row)) for row in with_usual(metrics).to_dicts()]
    rows = [
        {
            "activity_id": activity_id,
            "classification": one.name,
            "classification_rule": one.rule,
            "classification_figures": {name: one.figures.get(name) for name in FIGURES},
        }
        for activity_id, one in found
    ]
    return pl.DataFrame(rows, schema=CLASS_SCHEMA)


def classify(row: Row) -> RunClass:
    """The class of one run.

    Args:
        row: a row of `run_metrics` with what `with_usual` adds; what is missing counts as
            unknown.
    """
    for name, rule in RULES:
        found = rule(row)
        if found:
            code, figures = found
            return RunClass(name=name, rule=code, figures=figures)
    if not _has_usual(row):
        return RunClass(name="unknown", rule="few_runs")
    return RunClass(name="steady", rule="steady", figures=_against_usual(row))


def with_usual(metrics: pl.DataFrame) -> pl.DataFrame:
    """The same rows with what was usual before each run.

    Adds `usual_runs` (n), `usual_distance_m`, `usual_pace_s_per_km` and
    `usual_heart_rate_bpm`: medians of the 56 days before the day of the run.
    """
    rate = pl.when(pl.col("heart_rate_quality") == "measured").then("heart_rate_avg_bpm")
    before = metrics.filter(is_sound()).select(
        pl.col("local_date").alias("other_date"),
        pl.col("distance_m").alias("other_distance_m"),
        pl.col("pace_s_per_km").alias("other_pace_s_per_km"),
        rate.alias("other_heart_rate_bpm"),
    )
    window_start = pl.col("local_date") - pl.duration(days=USUAL_DAYS)
    usual = (
        metrics.select("activity_id", "local_date", since=window_start)
        .join_where(
            before,
            pl.col("other_date") < pl.col("local_date"),
            pl.col("other_date") >= pl.col("since"),
        )
        .group_by("activity_id")
        .agg(
            usual_runs=pl.len().cast(pl.Int64),
            usual_distance_m=pl.col("other_distance_m").median(),
            usual_pace_s_per_km=pl.col("other_pace_s_per_km").median(),
            usual_heart_rate_bpm=pl.col("other_heart_rate_bpm").median(),
        )
    )
    return metrics.join(usual, on="activity_id", how="left", maintain_order="left")


def is_sound() -> pl.Expr:
    """Runs that may be compared: measured, or typed in (`estimated`); never doubtful ones."""
    return pl.col("pace_quality").is_in(["measured", "estimated"])


def _has_usual(row: Row) -> bool:
    return (row.get("usual_runs") or 0) >= FEWEST_USUAL


def _times(row: Row, figure: str, usual: str) -> float | None:
    value, normal = row.get(figure), row.get(usual)
    return value / normal if value and normal and _has_usual(row) else None


def _against_usual(row: Row) -> Figures:
    names = (
        "distance_m", "usual_distance_m", "pace_s_per_km", "usual_pace_s_per_km", "usual_runs",
    )  # fmt: skip
    return {name: float(row[name]) for name in names if row.get(name)}


def _is_sound(row: Row) -> bool:
    return row.get("pace_quality") in {"measured", "estimated"}


Found: TypeAlias = tuple[str, Figures] | None
Rule: TypeAlias = Callable[[Row], Found]


def _unknown(row: Row) -> Found:
    if row.get("distance_m") and row.get("pace_s_per_km") and _is_sound(row):
        return None
    return "doubtful", {}


def _marked(row: Row) -> Found:
    return ("race_marked", {}) if row.get("is_race") else None


def _race(row: Row) -> Found:
    distance_m = race_distance_m(row.get("distance_m") or 0.0)
    share = _times(row, "pace_s_per_km", "usual_pace_s_per_km")
    if distance_m and share and share <= RACE_FACTOR and not _stood(row):
        return "race_pace", _against_usual(row) | {"percent": (1 - share) * 100}
    return None


def _stood(row: Row) -> bool:
    return (row.get("pauses_count") or 0) > 1


def _intervals(row: Row) -> Found:
    count, seconds = row.get("repetitions_count"), row.get("repetition_s")
    if not count or not seconds or _is_rough(row):
        return None
    return "intervals", {"count": float(count), "seconds": float(seconds)}


def _is_rough(row: Row) -> bool:
    """Whether the ground, not the runner, may have made the pace change again and again."""
    return row.get("sport") == "trail_running" or _hills(row) is not None


def _sport(name: str) -> Rule:
    return lambda row: (name, {}) if row.get("sport") == f"{name}_running" else None


def _treadmill(row: Row) -> Found:
    return ("treadmill", {}) if row.get("sport") in INDOOR_SPORTS else None


def _no_distance(row: Row) -> Found:
    if _treadmill(row) and not row.get("distance_m") and row.get("moving_s"):
        return "treadmill_no_distance", {}
    return None


def _multisport(row: Row) -> Found:
    return ("multisport", {}) if MULTISPORT_LEG in (row.get("quality_flags") or ()) else None


def _hills(row: Row) -> Found:
    gain_m, distance_m = row.get("elevation_gain_m"), row.get("distance_m")
    if not gain_m or not distance_m or distance_m < 2_000:
        return None
    per_km = gain_m / (distance_m / 1_000)
    return ("hills", {"climb_m_per_km": per_km}) if per_km >= HILLS_M_PER_KM else None


def _long(row: Row) -> Found:
    times, moving_s = _times(row, "distance_m", "usual_distance_m"), row.get("moving_s") or 0
    if times and times >= LONG_FACTOR and moving_s >= LONG_FROM_S:
        return "long_usual", _against_usual(row)
    if not _has_usual(row) and moving_s >= LONG_S:
        return "long_time", {"seconds": float(moving_s)}
    return None


def _tempo(row: Row) -> Found:
    moving_s = row.get("moving_s") or 0.0
    hard_s = (row.get("hr_zone_4_s") or 0) + (row.get("hr_zone_5_s") or 0)
    share = hard_s / moving_s if moving_s else 0.0
    if share >= 0.4 and row.get("hr_zone_confidence") == "typed_in":
        return "tempo_zone", {"percent": min(share, 1.0) * 100}
    times = _times(row, "pace_s_per_km", "usual_pace_s_per_km")
    if times and times <= TEMPO_FACTOR and moving_s >= TEMPO_FROM_S:
        return "tempo_pace", _against_usual(row)
    return None


def _progression(row: Row) -> Found:
    first, last = row.get("first_quarter_pace_s_per_km"), row.get("last_quarter_pace_s_per_km")
    change = row.get("half_change_percent")
    if not first or not last or change is None:
        return None
    if change <= -4 and last <= first * 0.92 and (row.get("distance_m") or 0) >= 5_000:
        return "progression", {"percent": (1 - last / first) * 100}
    return None


def _recovery(row: Row) -> Found:
    slower = _times(row, "pace_s_per_km", "usual_pace_s_per_km")
    shorter = _times(row, "distance_m", "usual_distance_m")
    rate = _times(row, "heart_rate_avg_bpm", "usual_heart_rate_bpm")
    if not slower or not shorter or shorter > RECOVERY_DISTANCE:
        return None
    if slower >= RECOVERY_FACTOR and (rate is None or rate <= 1.0):
        return "recovery", _against_usual(row)
    return None


def _easy(row: Row) -> Found:
    low_s = sum(row.get(f"hr_zone_{zone}_s") or 0 for zone in (0, 1, 2))
    share = low_s / row["moving_s"] if row.get("moving_s") else 0.0
    if share >= 0.7 and row.get("hr_zone_confidence") == "typed_in":
        return "easy_zone", {"percent": min(share, 1.0) * 100}
    times = _times(row, "pace_s_per_km", "usual_pace_s_per_km")
    return ("easy_pace", _against_usual(row)) if times and times >= EASY_FACTOR else None


RULES: tuple[tuple[str, Rule], ...] = (
    ("race", _marked),
    ("treadmill", _no_distance),
    ("unknown", _unknown),
    ("multisport", _multisport),
    ("race", _race),
    ("intervals", _intervals),
    ("treadmill", _treadmill),
    ("track", _sport("track")),
    ("trail", _sport("trail")),
    ("hills", _hills),
    ("long", _long),
    ("tempo", _tempo),
    ("progression", _progression),
    ("recovery", _recovery),
    ("easy", _easy),
)
