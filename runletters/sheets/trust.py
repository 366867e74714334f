"""Which figures of a run can be believed, and what to say about the others.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import polars as pl

from runletters.activities import FLAT_SPORTS, INDOOR_SPORTS, local_start
from runletters.metrics.quality import (
    FASTEST_S_PER_KM,
    LONGEST_M,
    SHORTEST_M,
    SLOWEST_S_PER_KM,
    doubts,
    is_believable,
)
from runletters.multisport import MULTISPORT_LEG
from runletters.sheets.candidates import Row
from runletters.users import Preferences
from runletters.wording import Wording, wording_for

FEW_RUNS = 8
NO_DAY = frozenset({"clock_not_set", "no_time", "no_times"})


def _flagged(prefixes: tuple[str, ...]) -> pl.Expr:
    flag = pl.element()
    hit = pl.any_horizontal([flag.str.starts_with(prefix) for prefix in prefixes])
    return pl.col("quality").list.eval(hit).list.any().fill_null(value=False)


def with_trust(runs: pl.DataFrame, preferences: Preferences) -> pl.DataFrame:
    """Local time, pace, and what can be believed; a heart rate called wrong becomes null.

    Adds started_local, day, minute_of_day, days_since, pace_s_per_km, has_trusted_distance,
    has_trusted_pace, has_trusted_day, is_trusted, local_time_known, bad_flags, and
    has_comparable_pace: the pace of a belt is the machine's own, that of a leg after another
    sport is run on tired legs, so neither is ranked nor a measure for others.
    """
    moving_s = pl.coalesce("moving_s", "elapsed_s")
    rate_is_wrong = _flagged(("heart_rate_", "hr_")) & ~pl.col("quality").list.contains(
        "no_heart_rate"
    )
    rates = pl.col("heart_rate_avg_bpm", "heart_rate_max_bpm")
    known_zone = pl.lit(preferences.time_zone is not None)
    is_own_matter = pl.col("sport").is_in(sorted(INDOOR_SPORTS)) | _flagged((MULTISPORT_LEG,))
    is_level = pl.col("sport").is_in(sorted(FLAT_SPORTS)) | _flagged(("altitude_",))
    climb = pl.when(is_level).then(None).otherwise(pl.col("elevation_gain_m"))
    runs = runs.with_columns(
        started_local=local_start(preferences.time_zone),
        moving_s=moving_s,
        pace_s_per_km=moving_s / pl.col("distance_m") * 1000,
        elevation_gain_m=climb,
        bad_flags=doubts("quality"),
        heart_rate_is_wrong=rate_is_wrong,
        has_comparable_pace=~is_own_matter.fill_null(value=False),
        local_time_known=pl.col("utc_offset_s").is_not_null() | known_zone,
    ).with_columns(pl.when(rate_is_wrong | (rates < 30)).then(None).otherwise(rates).name.keep())
    return _judged(runs)


def _judged(runs: pl.DataFrame) -> pl.DataFrame:
    clean = pl.col("bad_flags").list.len() == 0
    distance = pl.col("distance_m").is_between(SHORTEST_M, LONGEST_M)
    pace = pl.col("pace_s_per_km").is_between(FASTEST_S_PER_KM, SLOWEST_S_PER_KM)
    day = pl.col("bad_flags").list.eval(pl.element().is_in(list(NO_DAY))).list.any()
    runs = runs.with_columns(
        day=pl.col("started_local").dt.date(),
        minute_of_day=pl.when("local_time_known").then(
            pl.col("started_local").dt.hour().cast(pl.Int32) * 60
            + pl.col("started_local").dt.minute().cast(pl.Int32)
        ),
        has_trusted_day=~day.fill_null(value=False),
        has_trusted_distance=(distance & pace.fill_null(value=True)).fill_null(value=False),
        has_trusted_pace=is_believable(),
    ).with_columns(is_trusted=clean & pl.col("has_trusted_pace"))
    previous = pl.when("is_trusted").then("day").shift(1).forward_fill()
    return runs.with_columns(days_since=(pl.col("day") - previous).dt.total_days())


def caveats(row: Row, wording: Wording, language: str) -> tuple[str, ...]:
    """What is doubtful or missing, in plain words."""
    said: list[str] = []
    if not row["local_time_known"]:
        said.append(wording.phrase("caveat_clock"))
    if row["bad_flags"]:
        said.append(wording.phrase("caveat_quality", flags=", ".join(row["bad_flags"])))
    elif not row["has_trusted_pace"]:
        said.append(_unbelievable(row, wording))
    if row["heart_rate_is_wrong"]:
        wrong = [flag for flag in row["quality"] if flag.startswith(("heart_rate_", "hr_"))]
        said.append(wording.phrase("caveat_heart_rate", flags=", ".join(wrong)))
    if row["is_manual"]:
        said.append(wording.phrase("caveat_manual"))
    if row["is_trusted"] and row["run_number"] < FEW_RUNS:
        said.append(wording.phrase("caveat_short_history", runs=wording.runs(row["run_number"])))
    if wording_for(language, wording.units).language != language.split("-", maxsplit=1)[0].lower():
        said.append(wording.phrase("caveat_language", language=language))
    return tuple(said)


def _unbelievable(row: Row, wording: Wording) -> str:
    pace, metres = row["pace_s_per_km"], row["distance_m"]
    if pace is None or not metres or metres < SHORTEST_M or pace == float("inf"):
        return wording.phrase("caveat_distance")
    return wording.phrase("caveat_pace", pace=wording.pace(pace))
