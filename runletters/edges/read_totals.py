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
TELEPORT_M = 30.0  # shorter jumps are the ordinary noise of a receiver
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
    totals, frame = said.totals, streams.frame
    computed = _computed(frame, said.sport)
    headline = {
        "distance_m": (_positive(totals.distance_m), computed["distance_m"]),
        "elapsed_s": (_positive(totals.elapsed_s), computed["elapsed_s"]),
        "moving_s": (totals.timer_s, computed["moving_s"]),
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
        elevation_gain_m=_first(totals.elevation_gain_m, computed["gain_m"]),
        elevation_loss_m=_first(totals.elevation_loss_m, computed["loss_m"]),
        heart_rate_avg_bpm=_first(
            _positive(totals.heart_rate_avg_bpm), _mean(frame, "heart_rate_bpm")
        ),
        heart_rate_max_bpm=_first(
            _positive(totals.heart_rate_max_bpm), computed["heart_rate_max_bpm"]
        ),
        cadence_avg_rpm=_first(_positive(totals.cadence_avg_rpm), _mean(frame, "cadence_rpm")),
        power_avg_w=_first(_positive(said.power_avg_w), _mean(frame, "power_w")),
        calories_kcal=_positive(totals.calories_kcal),
        quality=_flags(streams, said, headline),
    )


def moment(time_s: float) -> datetime:
    """Aware UTC of seconds since 1970, also before it and to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=time_s)


def _flags(
    streams: CleanStreams, said: Said, headline: dict[str, tuple[float | None, float | None]]
) -> tuple[str, ...]:
    own = {
        "totals_computed": any(
            stated is None and own is not None for stated, own in headline.values()
        ),
        "clock_not_set": streams.started_at_s < CLOCK_SET_S,
        "implausible_speed": is_implausible(streams.frame, said.sport),
    }
    raised = (*said.flags, *streams.flags, *(name for name, is_set in own.items() if is_set))
    return tuple(dict.fromkeys(raised))


def _computed(frame: pl.DataFrame, sport: str) -> dict[str, float | None]:
    gain_m, loss_m = rise_and_fall_m(frame)
    return {
        "distance_m": _positive(_value(frame, pl.col("distance_m").max())),
        "elapsed_s": _value(frame, pl.col("t_s").max()),
        "moving_s": moving_s(frame, sport),
        "gain_m": gain_m,
        "loss_m": loss_m,
        "heart_rate_max_bpm": _value(frame, pl.col("heart_rate_bpm").max()),
    }


def steps(frame: pl.DataFrame) -> pl.DataFrame:
    """Steps between samples with a distance, inside one segment: `step_s`, `step_m`."""
    known = frame.filter(pl.col("distance_m").is_not_null())
    inside = pl.col("segment") == pl.col("segment").shift(1)
    return known.select(
        step_s=pl.col("t_s").diff(), step_m=pl.col("distance_m").diff(), inside=inside
    ).filter(pl.col("inside") & (pl.col("step_s") > 0))


def moving_s(frame: pl.DataFrame, sport: str) -> float | None:
    """Seconds of the steps faster than MOVING_M_S on foot; else the time inside the segments."""
    if frame.is_empty():
        return None
    if sport not in FOOT_SPORTS or frame["distance_m"].is_null().all():
        spans = frame.group_by("segment").agg(s=pl.col("t_s").max() - pl.col("t_s").min())
        return _value(spans, pl.col("s").sum())
    fast = steps(frame).filter(pl.col("step_m") / pl.col("step_s") > MOVING_M_S)
    return _value(fast, pl.col("step_s").sum())


def is_implausible(frame: pl.DataFrame, sport: str) -> bool:
    """Whether a jump or the whole is faster than anybody moves: a teleport or a wrong clock."""
    on_foot = sport in FOOT_SPORTS - {"unknown"}
    speed = pl.col("step_m") / pl.col("step_s")
    limit_m_s = FOOT_LIMIT_M_S if on_foot else WHEEL_LIMIT_M_S
    made = steps(frame)
    jumps = made.filter((pl.col("step_m") > TELEPORT_M) & (speed > limit_m_s))
    distance_m, time_s = (_value(made, pl.col(name).sum()) or 0.0 for name in ("step_m", "step_s"))
    too_fast = on_foot and distance_m > max(FOOT_MEAN_OVER_M, FOOT_MEAN_LIMIT_M_S * time_s)
    return too_fast or not jumps.is_empty()


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


def _value(frame: pl.DataFrame, wanted: pl.Expr) -> float | None:
    """One number out of a frame; polars types it as anything."""
    found: object = frame.select(wanted).item()
    return float(found) if isinstance(found, int | float) else None


def _mean(frame: pl.DataFrame, channel: str) -> float | None:
    mean = _value(frame, pl.col(channel).mean())
    return mean if mean is None else round(mean, 2)


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
