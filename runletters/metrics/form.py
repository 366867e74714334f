"""Published formulas of running form: VDOT, Riegel, Cameron, critical speed.

Pure: no clock, no network, no database, no files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

RIEGEL_EXPONENT = 1.06
MILE_M = 1_609.344
THRESHOLD_SHARE = 0.88
"""Threshold pace as a share of VDOT (Daniels: 83 to 88 %): about one hour's race pace."""

RACES_M: dict[str, float] = {
    "5km": 5_000.0,
    "10km": 10_000.0,
    "half_marathon": 21_097.5,
    "marathon": 42_195.0,
}


def vdot(distance_m: float, seconds: float) -> float:
    """VDOT of a performance (Daniels & Gilbert, Oxygen Power, 1979).

    Meant for 3.5 minutes to about four hours.
    """
    minutes = seconds / 60.0
    return oxygen_cost(distance_m / minutes) / sustainable_share(minutes)


def oxygen_cost(speed_m_min: float) -> float:
    """Oxygen cost in ml/kg/min at a speed in m/min (Daniels & Gilbert)."""
    return -4.60 + 0.182258 * speed_m_min + 0.000104 * speed_m_min**2


def sustainable_share(minutes: float) -> float:
    """Share of VO2max that can be held for some minutes (Daniels & Gilbert)."""
    slow = 0.1894393 * math.exp(-0.012778 * minutes)
    fast = 0.2989558 * math.exp(-0.1932605 * minutes)
    return 0.8 + slow + fast


def race_time_s(vdot_value: float, distance_m: float) -> float:
    """Seconds that a VDOT is worth over a distance; bisection to a thousandth of a second."""
    low, high = distance_m / 12.0, distance_m / 0.5
    while high - low > 0.001:
        middle = (low + high) / 2
        low, high = (middle, high) if vdot(distance_m, middle) > vdot_value else (low, middle)
    return (low + high) / 2


def pace_at_share_s_per_km(vdot_value: float, share: float) -> float:
    """Pace at a share of VDOT: the positive root of the oxygen cost."""
    cost = vdot_value * share
    speed_m_min = (-0.182258 + math.sqrt(0.182258**2 + 4 * 0.000104 * (4.60 + cost))) / (
        2 * 0.000104
    )
    return 60_000.0 / speed_m_min


def threshold_pace_s_per_km(vdot_value: float) -> float:
    """Threshold pace of a VDOT, at 88 % of it."""
    return pace_at_share_s_per_km(vdot_value, THRESHOLD_SHARE)


def riegel_s(
    seconds: float, from_m: float, to_m: float, exponent: float = RIEGEL_EXPONENT
) -> float:
    """T2 = T1 (D2/D1)^1.06 (Riegel 1977, 1981); for efforts of about 3.5 to 230 minutes."""
    return float(seconds * (to_m / from_m) ** exponent)


def cameron_s(seconds: float, from_m: float, to_m: float) -> float:
    """Cameron's formula: T2 = T1 (D2/D1) f(D1)/f(D2), f over miles."""
    return seconds * (to_m / from_m) * _cameron(from_m / MILE_M) / _cameron(to_m / MILE_M)


def _cameron(miles: float) -> float:
    return float(13.49681 - 0.048865 * miles + 2.438936 * miles**-0.7905)


@dataclass(frozen=True, kw_only=True)
class CriticalSpeed:
    """Line through distance over time of maximal efforts: d = CS t + D'.

    D' has a typical error near 88 m (Galbraith 2014): never print it without saying so.
    """

    speed_m_s: float
    reserve_m: float
    efforts_count: int


def critical_speed(efforts: list[tuple[float, float]]) -> CriticalSpeed | None:
    """Critical speed of (distance_m, seconds), least squares; None if it has no meaning.

    Meant for two or more maximal efforts of about 2 to 15 minutes, different in length.
    """
    count = len(efforts)
    mean_t = sum(seconds for _, seconds in efforts) / count if count else 0.0
    spread = sum((seconds - mean_t) ** 2 for _, seconds in efforts)
    if count < 2 or spread <= 0:
        return None
    mean_d = sum(distance for distance, _ in efforts) / count
    slope = sum((s - mean_t) * (d - mean_d) for d, s in efforts) / spread
    reserve = mean_d - slope * mean_t
    if slope <= 0 or reserve < 0:
        return None
    return CriticalSpeed(speed_m_s=slope, reserve_m=reserve, efforts_count=count)


def fitted_exponent(efforts: list[tuple[float, float]]) -> float | None:
    """Riegel's exponent through (distance_m, seconds), least squares in logarithms.

    None below three efforts, without a distance four times another, or outside 1.01-1.20,
    where it says more about how hard the runner tried than about endurance.
    """
    if len(efforts) < 3:
        return None
    logs = [(math.log(distance), math.log(seconds)) for distance, seconds in efforts]
    if max(x for x, _ in logs) - min(x for x, _ in logs) < math.log(4.0):
        return None
    mean_x = sum(x for x, _ in logs) / len(logs)
    mean_y = sum(y for _, y in logs) / len(logs)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum(
        (x - mean_x) ** 2 for x, _ in logs
    )
    return slope if 1.01 <= slope <= 1.20 else None
