"""What a body does with a workout: speed, heart rate, cadence, second by second.

Pure. A runner holds an effort, not a pace: hills change the speed, heart rate
follows the effort late, and drifts upwards in long or warm runs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runletters.samples.calendar import Kind
from runletters.samples.chance import Floats, lagged, smooth_noise

_THRESHOLD_SHARE = 0.88  # of the heart-rate reserve, at an hour's best effort
_SHARE_PER_INTENSITY = 0.917  # 0.66 of the reserve at an easy 0.76
_STANDING_SHARE = 0.30
_LESS_HEART: dict[Kind, float] = {"walk": 0.36, "ride": 0.06}  # at the same intensity
_WALKING_M_S = 0.4  # below it the legs stand


@dataclass(frozen=True, kw_only=True)
class Body:
    """The runner on one day."""

    threshold_m_s: float  # for the sport at hand
    heart_rate_max_bpm: float
    heart_rate_rest_bpm: float
    heat: float  # 0 in winter, 1 on a hot day


def speed_m_s(
    body: Body, intensity: Floats, grade: Floats, chance: np.random.Generator, *, kind: Kind
) -> Floats:
    """Speed at an effort on a slope; cost of a slope: 1 + 2.9 i + 15 i² (damped Minetti)."""
    wander = 0.002 if kind == "treadmill" else 0.022
    noise = 1 + wander * smooth_noise(chance, intensity.size, memory=25.0)
    steep = 3.5 if kind == "ride" else 1.0
    cost = 1 + steep * (2.9 * grade + 15.0 * np.square(grade))
    wanted = body.threshold_m_s * intensity * noise / np.clip(cost, 0.85, 2.2)
    return np.maximum(0.0, lagged(wanted, start=float(wanted[0]) * 0.6, lag=3.0))


def heart_rate_bpm(
    body: Body, intensity: Floats, chance: np.random.Generator, *, kind: Kind
) -> Floats:
    """Heart rate that lags the effort by about half a minute and drifts."""
    share = _THRESHOLD_SHARE + _SHARE_PER_INTENSITY * (intensity - 1) - _LESS_HEART.get(kind, 0)
    wanted = np.clip(share, _STANDING_SHARE, 0.97)
    minutes = np.arange(intensity.size) / 60.0
    drift = 1 + np.clip(0.0009 * (1 + body.heat) * (minutes - 15), 0, 0.09)
    daily = 1 + 0.012 * float(np.clip(chance.standard_normal(), -2, 2)) + 0.015 * body.heat
    led = lagged(wanted * drift * daily, start=_STANDING_SHARE, lag=27.0)
    noise = 0.006 * smooth_noise(chance, intensity.size, memory=12.0)
    reserve = body.heart_rate_max_bpm - body.heart_rate_rest_bpm
    return np.rint(body.heart_rate_rest_bpm + reserve * np.minimum(led + noise, 0.99))


def cadence_rpm(speed: Floats, chance: np.random.Generator, *, kind: Kind) -> Floats:
    """Strides of one leg per minute (crank turns on a bicycle); 0 while standing."""
    noise = smooth_noise(chance, speed.size, memory=6.0)
    if kind == "ride":
        turning = 82 + 4 * noise
    elif kind == "walk":
        turning = 56 + 1.5 * noise
    else:
        turning = np.clip(79 + 6.0 * (speed - 2.6), 72, 99) + 0.8 * noise
    return np.where(speed > _WALKING_M_S, np.rint(turning), 0.0)


def power_w(speed: Floats, grade: Floats) -> Floats:
    """Running power of a 68 kg runner, as wrist watches estimate it."""
    return np.rint(68.0 * speed * np.clip(1.02 + 4.2 * grade, 0.3, 3.0))
