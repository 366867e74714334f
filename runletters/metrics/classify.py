"""What kind of run it was, by rules in a stated order, each with its reason.

Pure: no clock, no network, no database, no files.

The first rule that holds decides: race, intervals, treadmill, track, trail, hills,
long, tempo, progression, recovery, easy, else steady; without pace or distance: unknown.
A rule that would need a figure in doubt does not hold. What is usual is the median of
the runner's own runs of the 56 days before, at least five of them; a run never counts
for itself, and a later run never changes an earlier class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from runletters.metrics.prediction import race_distance_m

USUAL_DAYS = 56
FEWEST_USUAL = 5
LONG_FACTOR = 1.5
LONG_S = 5_400.0
TEMPO_FACTOR = 0.92
RECOVERY_FACTOR = 1.07
RECOVERY_DISTANCE = 0.85
HILLS_M_PER_KM = 20.0

Row: TypeAlias = dict[str, Any]
Rule: TypeAlias = Callable[[Row], str | None]


@dataclass(frozen=True, kw_only=True)
class RunClass:
    """The class of a run and why, in one clause."""

    name: str
    reason: str


def classified(
    metrics: pl.DataFrame, sessions: pl.DataFrame, is_race: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The class of every run.

    Args:
        metrics: rows of `run_metrics` of one runner: the runs to judge and those of the 56
            days before them.
        sessions: from `intervals.sessions`.
        is_race: per `activity_id` the source's own word `is_race`, where it has one.

    Returns:
        Per `activity_id`: `classification`, `classification_reason`.
    """
    facts = with_usual(metrics).join(sessions, on="activity_id", how="left", maintain_order="left")
    if is_race is not None:
        marks = is_race.select("activity_id", "is_race")
        facts = facts.join(marks, on="activity_id", how="left", maintain_order="left")
    classes = [classify(row) for row in facts.iter_rows(named=True)]
    return facts.select("activity_id").with_columns(
        pl.Series("classification", [found.name for found in classes], dtype=pl.String),
        pl.Series("classification_reason", [found.reason for found in classes], dtype=pl.String),
    )


def classify(row: Row) -> RunClass:
    """The class of one run.

    Args:
        row: a row of `run_metrics` with what `with_usual`, `intervals.sessions` and the
            source (`is_race`) add; what is missing counts as unknown.
    """
    for name, rule in RULES:
        reason = rule(row)
        if reason:
            return RunClass(name=name, reason=reason)
    return RunClass(name="steady", reason="none of the other rules holds")


def with_usual(metrics: pl.DataFrame) -> pl.DataFrame:
    """The same rows with what was usual before each run.

    Adds `usual_runs` (n), `usual_distance_m`, `usual_pace_s_per_km` and
    `usual_heart_rate_bpm`: medians of the 56 days before the day of the run.
    """
    sound = metrics.filter(pl.col("pace_quality").is_in(["measured", "estimated"]))
    before = sound.select(
        pl.col("local_date").alias("other_date"),
        pl.col("distance_m").alias("other_distance_m"),
        pl.col("pace_s_per_km").alias("other_pace_s_per_km"),
        pl.when(pl.col("heart_rate_quality") == "measured")
        .then("heart_rate_avg_bpm")
        .alias("other_heart_rate_bpm"),
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


def _has_usual(row: Row) -> bool:
    return (row.get("usual_runs") or 0) >= FEWEST_USUAL


def _times(row: Row, figure: str, usual: str) -> float | None:
    value, normal = row.get(figure), row.get(usual)
    return value / normal if value and normal and _has_usual(row) else None


def _is_pace_sound(row: Row) -> bool:
    return row.get("pace_quality") == "measured"


def _unknown(row: Row) -> str | None:
    has_figures = row.get("distance_m") and row.get("pace_s_per_km")
    if has_figures and row.get("pace_quality") != "doubtful":
        return None
    return "distance or time of the recording cannot be trusted"


def _race(row: Row) -> str | None:
    if row.get("is_race"):
        return "the source marks it as a race"
    distance_m = race_distance_m(row.get("distance_m") or 0.0)
    speedup = _times(row, "pace_s_per_km", "usual_pace_s_per_km")
    if distance_m and speedup and speedup <= 0.85 and _is_pace_sound(row) and not _stood(row):
        return f"a race distance, {_percent(1 - speedup)} faster than usual and without a stop"
    return None


def _stood(row: Row) -> bool:
    return (row.get("pauses_count") or 0) > 1


def _intervals(row: Row) -> str | None:
    count, seconds = row.get("repetitions_count"), row.get("repetition_s")
    if not count or not seconds or not _is_pace_sound(row):
        return None
    return f"{count} fast stretches of about {round(seconds)} s with slower running between"


def _treadmill(row: Row) -> str | None:
    return "recorded on a treadmill" if row.get("sport") == "treadmill_running" else None


def _track(row: Row) -> str | None:
    return "recorded on a track" if row.get("sport") == "track_running" else None


def _trail(row: Row) -> str | None:
    return "recorded as a trail run" if row.get("sport") == "trail_running" else None


def _hills(row: Row) -> str | None:
    gain_m, distance_m = row.get("elevation_gain_m"), row.get("distance_m")
    if not gain_m or not distance_m or distance_m < 2_000:
        return None
    per_km = gain_m / (distance_m / 1_000)
    return f"{round(per_km)} m of climb per km" if per_km >= HILLS_M_PER_KM else None


def _long(row: Row) -> str | None:
    times = _times(row, "distance_m", "usual_distance_m")
    if times and times >= LONG_FACTOR and (row.get("moving_s") or 0) >= 2_700:
        return f"{times:.1f} times the usual distance of {row['usual_runs']} runs in 8 weeks"
    if not _has_usual(row) and (row.get("moving_s") or 0) >= LONG_S:
        return "90 minutes or more of running"
    return None


def _tempo(row: Row) -> str | None:
    hard_s = (row.get("hr_zone_4_s") or 0) + (row.get("hr_zone_5_s") or 0)
    share = hard_s / row["moving_s"] if row.get("moving_s") else 0
    if share >= 0.4 and row.get("hr_zone_confidence") != "estimated":
        return f"{_percent(min(share, 1.0))} of the time in heart-rate zone 4 or above"
    times = _times(row, "gap_minetti_s_per_km", "usual_pace_s_per_km") or _times(
        row, "pace_s_per_km", "usual_pace_s_per_km"
    )
    if times and times <= TEMPO_FACTOR and _is_pace_sound(row):
        return f"{_percent(1 - times)} faster than the usual pace of {row['usual_runs']} runs"
    return None


def _progression(row: Row) -> str | None:
    first, last = row.get("first_quarter_pace_s_per_km"), row.get("last_quarter_pace_s_per_km")
    change = row.get("half_change_percent")
    if not first or not last or change is None or not _is_pace_sound(row):
        return None
    if change <= -4 and last <= first * 0.92 and (row.get("distance_m") or 0) >= 5_000:
        return f"the last quarter was {_percent(1 - last / first)} faster than the first"
    return None


def _recovery(row: Row) -> str | None:
    slower = _times(row, "pace_s_per_km", "usual_pace_s_per_km")
    shorter = _times(row, "distance_m", "usual_distance_m")
    rate = _times(row, "heart_rate_avg_bpm", "usual_heart_rate_bpm")
    if not slower or not shorter or shorter > RECOVERY_DISTANCE:
        return None
    if slower >= RECOVERY_FACTOR and (rate is None or rate <= 1.0):
        return f"shorter and {_percent(slower - 1)} slower than usual"
    return None


def _easy(row: Row) -> str | None:
    low_s = sum(row.get(f"hr_zone_{zone}_s") or 0 for zone in (0, 1, 2))
    if row.get("hr_zone_model") and row.get("moving_s") and low_s >= 0.7 * row["moving_s"]:
        return f"{_percent(min(1.0, low_s / row['moving_s']))} of the time below heart-rate zone 3"
    times = _times(row, "pace_s_per_km", "usual_pace_s_per_km")
    if times and times >= 0.97:
        return f"at or below the usual pace of {row['usual_runs']} runs"
    return None


def _percent(share: float) -> str:
    return f"{round(share * 100)} %"


RULES: tuple[tuple[str, Rule], ...] = (
    ("unknown", _unknown),
    ("race", _race),
    ("intervals", _intervals),
    ("treadmill", _treadmill),
    ("track", _track),
    ("trail", _trail),
    ("hills", _hills),
    ("long", _long),
    ("tempo", _tempo),
    ("progression", _progression),
    ("recovery", _recovery),
    ("easy", _easy),
)
