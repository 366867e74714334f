"""One session, run and recorded: from blocks to channels, laps and totals.

Pure. Everything is simulated second by second, then thinned the way watches do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runletters.samples import body as bodies
from runletters.samples.body import Body
from runletters.samples.calendar import Kind, Session
from runletters.samples.chance import Floats
from runletters.samples.routes import Loop
from runletters.samples.watch import Sampling, Watch, kept, located, strapped
from runletters.samples.workouts import Block

_CUT_AT_DISTANCE = frozenset[Kind](
    {"easy", "recovery", "long", "trail", "treadmill", "race", "ride", "walk"}
)
_STOPS_PER_KM: dict[Kind, float] = {"easy": 0.13, "recovery": 0.13, "long": 0.1, "ride": 0.08}
_SPARE_TIME = 1.6  # hills cost time; what is left over is cut off
_AUTO_LAP_M = 1_000.0
_MOVING_M_S = 0.5
_FASTEST_RECORDED = frozenset[Kind]({"intervals", "hills"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Trace:
    """All that happened, one value per second; lap ends are indices, the last one included."""

    speed_m_s: Floats
    distance_m: Floats
    altitude_m: Floats  # NaN indoors
    grade: Floats
    heart_rate_bpm: Floats
    cadence_rpm: Floats
    loop: Loop | None
    stopped: Floats  # 1 where the watch had paused itself
    lap_ends: tuple[int, ...]
    lap_trigger: str

    @property
    def climb_m(self) -> Floats:
        """Metres gained so far; zeros indoors."""
        rises = np.diff(self.altitude_m, prepend=self.altitude_m[0])
        return np.cumsum(np.nan_to_num(np.maximum(rises, 0.0)))


def run_it(
    session: Session,
    *,
    blocks: tuple[Block, ...],
    body: Body,
    loop: Loop | None,
    watch: Watch,
    chance: np.random.Generator,
) -> Trace:
    """Live through a session."""
    intensity, hill, pressed = _unrolled(session, blocks, body)
    intensity, stopped = _with_stops(session, intensity, chance)
    hill = np.resize(hill, intensity.size)
    flat = body.threshold_m_s * intensity
    speed = bodies.speed_m_s(
        body, intensity, _grade(loop, np.cumsum(flat)) + hill, chance, kind=session.kind
    )
    speed = np.where(stopped > 0, 0.0, speed)
    distance = np.concatenate([[0.0], np.cumsum(speed[1:])])
    size = _size(session, distance)
    intensity, speed, distance = intensity[:size], speed[:size], distance[:size]
    if session.kind in _CUT_AT_DISTANCE and distance[-1] > session.distance_m:
        distance[-1] = session.distance_m
    cadence = bodies.cadence_rpm(speed, chance, kind=session.kind)
    heart = bodies.heart_rate_bpm(body, intensity, chance, kind=session.kind)
    ends = tuple(end for end in pressed if end < size - 1)
    return Trace(
        speed_m_s=speed,
        distance_m=distance,
        altitude_m=_altitude(loop, distance, speed * hill[:size]),
        grade=_grade(loop, distance) + hill[:size],
        heart_rate_bpm=strapped(watch.strap_fault, heart, cadence, chance),
        cadence_rpm=cadence,
        loop=loop,
        stopped=stopped[:size] * watch.pauses_by_itself,
        lap_ends=(*(ends or _auto_laps(distance)), size - 1),
        lap_trigger="manual" if ends else "distance",
    )


def channels_of(
    session: Session,
    trace: Trace,
    watch: Watch,
    chance: np.random.Generator,
    *,
    sampling: Sampling,
    temperature_c: float,
) -> dict[str, Floats]:
    """What the watch wrote: the channels of STREAM_SCHEMA, NaN where nothing was recorded."""
    latitude, longitude = _positions(watch, trace, chance)
    apart = 1 if session.kind in _FASTEST_RECORDED else 5
    indices, segment = kept(
        trace.stopped,
        chance,
        sampling=sampling,
        seconds_apart=apart,
        must_keep=trace.lap_ends,
    )
    nothing = np.full(indices.size, np.nan)
    power = bodies.power_w(trace.speed_m_s, trace.grade)[indices]
    has_power = watch.has_power and session.kind not in {"ride", "walk"}
    return {
        "t_s": indices.astype(np.float64),
        "distance_m": np.round(trace.distance_m[indices], 2),
        "altitude_m": np.round(trace.altitude_m[indices] * 5) / 5,
        "heart_rate_bpm": trace.heart_rate_bpm[indices],
        "cadence_rpm": trace.cadence_rpm[indices],
        "power_w": power if has_power else nothing,
        "speed_m_s": np.round(trace.speed_m_s[indices], 3),
        "latitude_deg": latitude[indices],
        "longitude_deg": longitude[indices],
        "temperature_c": np.full(indices.size, temperature_c),
        "segment": segment,
    }


def moving_s(trace: Trace) -> float:
    """Seconds in which the runner moved."""
    return float(np.count_nonzero(trace.speed_m_s > _MOVING_M_S))


def _unrolled(
    session: Session, blocks: tuple[Block, ...], body: Body
) -> tuple[Floats, Floats, tuple[int, ...]]:
    seconds = [
        max(1, round(b.amount / (body.threshold_m_s * b.intensity) if b.unit == "m" else b.amount))
        for b in blocks
    ]
    ends = np.cumsum(seconds)
    pressed = tuple(int(e) for e, b in zip(ends, blocks, strict=True) if b.is_lap)
    if session.kind in _CUT_AT_DISTANCE:
        seconds[-1] += int(float(ends[-1]) * (_SPARE_TIME - 1)) + 60
    intensity = np.repeat(np.array([b.intensity for b in blocks]), seconds)
    return intensity, np.repeat(np.array([b.grade for b in blocks]), seconds), pressed


def _with_stops(
    session: Session, intensity: Floats, chance: np.random.Generator
) -> tuple[Floats, Floats]:
    """Traffic lights, gates, a drink: standing seconds put between the others."""
    wanted = _STOPS_PER_KM.get(session.kind, 0.0) * session.distance_m / 1000
    count = min(7, int(chance.poisson(wanted)))
    where = np.sort(chance.integers(90, int(intensity.size / _SPARE_TIME) - 60, count))
    lengths = chance.integers(8, 75, count)
    at = np.repeat(where, lengths)
    stopped = np.insert(np.zeros(intensity.size), at, 1.0)
    return np.insert(intensity, at, 0.0), stopped


def _size(session: Session, distance: Floats) -> int:
    if session.kind not in _CUT_AT_DISTANCE:
        return distance.size
    return min(distance.size, int(np.searchsorted(distance, session.distance_m)) + 1)


def _grade(loop: Loop | None, distance: Floats) -> Floats:
    if loop is None:
        return np.zeros_like(distance)
    slope = np.gradient(loop.altitude_m, loop.along_m)
    return np.interp(distance % loop.length_m, loop.along_m, slope)


def _altitude(loop: Loop | None, distance: Floats, own_climb: Floats) -> Floats:
    if loop is None:
        return np.full(distance.size, np.nan)
    ground = np.interp(distance % loop.length_m, loop.along_m, loop.altitude_m)
    return ground + np.maximum(0.0, np.cumsum(own_climb))


def _positions(watch: Watch, trace: Trace, chance: np.random.Generator) -> tuple[Floats, Floats]:
    if trace.loop is None:
        nowhere = np.full(trace.distance_m.size, np.nan)
        return nowhere, nowhere
    along = trace.distance_m % trace.loop.length_m
    return located(
        watch,
        np.interp(along, trace.loop.along_m, trace.loop.latitude_deg),
        np.interp(along, trace.loop.along_m, trace.loop.longitude_deg),
        chance,
    )


def _auto_laps(distance: Floats) -> tuple[int, ...]:
    full = np.arange(_AUTO_LAP_M, float(distance[-1]), _AUTO_LAP_M)
    return tuple(int(i) for i in np.searchsorted(distance, full) if i < distance.size - 1)
