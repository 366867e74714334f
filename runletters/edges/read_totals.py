"""The headline figures of one recording: what the device said, else what its samples say.

Pure. Rules, stated because others choose differently: averages over samples are
plain means; a step counts as moving when it is faster than a 30-minute mile;
altitude is averaged over 60 m of distance before rises are summed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl

from runletters.activities import DeviceTotals, Summary
from runletters.edges.read_sports import FOOT_SPORTS
from runletters.streams import CleanStreams

MOVING_M_S = 1609.344 / 1800
"""A 30-minute mile, 0.894 m/s: Strava's rule for runs (support article 115001188684)."""

ALTITUDE_WINDOW_M = 60
"""Altitude is averaged over this much distance; within 5 % of the device on hilly runs."""

CLOCK_SET_S = 631_065_600 + 0x10000000
"""FIT times below this count from the device's start, not from 1989-12-31 (FIT profile)."""

FOOT_LIMIT_M_S = 12.5  # a little above the fastest step ever timed
WHEEL_LIMIT_M_S = 40.0
FOOT_MEAN_LIMIT_M_S = 7.6  # the world record over 1,000 m
JUMPED_M = 100.0  # a receiver that settles at the start jumps by some tens of metres
JUMPED_SHARE = 0.01
FOOT_MEAN_OVER_M = 1_000.0


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the file itself says about one recording; None where it is silent."""

    sport: str = "unknown"
    utc_offset_s: int | None = None
    title: str | None = None
    notes: str | None = None
    device: str | None = None
    power_avg_w: float | None = None
    totals: DeviceTotals = field(default_factory=DeviceTotals)
    flags: tuple[str, ...] = ()


def summarise(streams: CleanStreams, said: Said) -> Summary:
    """One summary; the device's own figures first, the rest computed and flagged so."""
    totals, own = said.totals, measured(streams.frame, said.sport)
    gain_m, loss_m = totals.elevation_gain_m, totals.elevation_loss_m
    if gain_m is None:
        gain_m, loss_m = rise_and_fall_m(streams.frame)
    headline = {
        "distance_m": (_positive(totals.distance_m), _positive(own["distance_m"])),
        "elapsed_s": (_positive(totals.elapsed_s), own["elapsed_s"]),
        "moving_s": (totals.timer_s, own["moving_s"]),
    }
    return Summary(
        started_at=moment(streams.started_at_s),
        utc_offset_s=said.utc_offset_s,
        sport=said.sport,
        title=said.title,
        notes=said.notes,
        device=said.device,
        distance_m=_first(*headline["distance_m"]),
        elapsed_s=_first(*headline["elapsed_s"]),
        moving_s=_first(*headline["moving_s"]),
        elevation_gain_m=gain_m,
        elevation_loss_m=loss_m,
        heart_rate_avg_bpm=_first(_positive(totals.heart_rate_avg_bpm), own["heart_rate_avg_bpm"]),
        heart_rate_max_bpm=_first(_positive(totals.heart_rate_max_bpm), own["heart_rate_max_bpm"]),
        cadence_avg_rpm=_first(_positive(totals.cadence_avg_rpm), own["cadence_avg_rpm"]),
        power_avg_w=_first(_positive(said.power_avg_w), own["power_avg_w"]),
        calories_kcal=_positive(totals.calories_kcal),
        quality=_flags(streams, said, headline, own),
    )


def moment(time_s: float) -> datetime:
    """Aware UTC of seconds since 1970, also before it and to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=time_s)


def _flags(
    streams: CleanStreams,
    said: Said,
    headline: dict[str, tuple[float | None, float | None]],
    own: dict[str, float | None],
) -> tuple[str, ...]:
    computed = any(stated is None and found is not None for stated, found in headline.values())
    noticed = {
        "totals_computed": computed,
        "clock_not_set": streams.started_at_s < CLOCK_SET_S,
        "implausible_speed": is_implausible(own, said.sport),
    }
    raised = (*said.flags, *streams.flags, *(name for name, is_set in noticed.items() if is_set))
    return tuple(dict.fromkeys(raised))


def measured(frame: pl.DataFrame, sport: str) -> dict[str, float | None]:
    """The headline figures of the samples alone, in the units of their names; None where unknown.

    `steps_m` and `steps_s` sum the steps inside the segments, `jumped_m` those that
    are faster than anybody moves.
    """
    channels = frame.select(
        distance_m=pl.col("distance_m").max().round(2),
        elapsed_s=pl.col("t_s").max().round(3),
        heart_rate_avg_bpm=pl.col("heart_rate_bpm").mean().round(2),
        heart_rate_max_bpm=pl.col("heart_rate_bpm").max(),
        cadence_avg_rpm=pl.col("cadence_rpm").mean().round(2),
        power_avg_w=pl.col("power_w").mean().round(2),
    )
    found: dict[str, float | None] = channels.row(0, named=True) | _of_steps(frame, sport)
    if frame.is_empty():
        return dict.fromkeys(found)
    if sport not in FOOT_SPORTS or found["distance_m"] is None:
        found["moving_s"] = _inside_segments_s(frame)
    return found


def _of_steps(frame: pl.DataFrame, sport: str) -> dict[str, float | None]:
    limit_m_s = FOOT_LIMIT_M_S if _is_foot(sport) else WHEEL_LIMIT_M_S
    speed = pl.col("step_m") / pl.col("step_s")
    sums = (
        frame.lazy()
        .filter(pl.col("distance_m").is_not_null())
        .select(
            inside=pl.col("segment") == pl.col("segment").shift(1),
            step_s=pl.col("t_s").diff(),
            step_m=pl.col("distance_m").diff(),
        )
        .filter("inside")
        .select(
            moving_s=pl.col("step_s").filter(speed > MOVING_M_S).sum().round(3),
            jumped_m=pl.col("step_m").filter(speed > limit_m_s).sum(),
            steps_m=pl.col("step_m").sum(),
            steps_s=pl.col("step_s").sum(),
        )
        .collect()
    )
    return sums.row(0, named=True)


def _is_foot(sport: str) -> bool:
    """Whether somebody certainly went on foot; an unknown sport may have been a ride."""
    return sport in FOOT_SPORTS - {"unknown"}


def _inside_segments_s(frame: pl.DataFrame) -> float:
    spans = frame.group_by("segment").agg(span_s=pl.col("t_s").max() - pl.col("t_s").min())
    values: list[float] = spans["span_s"].to_list()
    return round(math.fsum(values), 3)


def is_implausible(own: dict[str, float | None], sport: str) -> bool:
    """Whether steps faster than anybody moves make up a part that matters, or the whole is so.

    That is more than JUMPED_M and JUMPED_SHARE of the distance: a teleport; or a mean
    on foot above the world record over 1,000 m: a wrong distance, clock or sport.
    """
    steps_m, steps_s, jumped_m = (own[name] or 0.0 for name in ("steps_m", "steps_s", "jumped_m"))
    too_fast = _is_foot(sport) and steps_m > max(FOOT_MEAN_OVER_M, FOOT_MEAN_LIMIT_M_S * steps_s)
    return too_fast or jumped_m > max(JUMPED_M, JUMPED_SHARE * steps_m)


def rise_and_fall_m(frame: pl.DataFrame) -> tuple[float | None, float | None]:
    """Metres up and down: altitude averaged over ALTITUDE_WINDOW_M of distance, steps summed."""
    known = frame.drop_nulls(["altitude_m", "distance_m"]).select(
        decimetre=(pl.col("distance_m") * 10).round().cast(pl.Int64), altitude_m="altitude_m"
    )
    if known.is_empty():
        return None, None
    window = ALTITUDE_WINDOW_M * 10
    smooth = known.rolling("decimetre", period=f"{window}i", offset=f"-{window // 2}i").agg(
        pl.col("altitude_m").mean()
    )
    heights: list[float] = smooth["altitude_m"].to_list()
    rises = [after - before for before, after in pairwise(heights)]
    up_m = math.fsum(rise for rise in rises if rise > 0)
    return round(up_m, 1), round(math.fsum(-rise for rise in rises if rise < 0), 1)


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
