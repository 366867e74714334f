"""What the run itself shows: halves, splits, pauses, climb, heart rate.

Pure: no clock, no network, no database. A sensor that was not there gives no
fact; what a check called wrong gives none either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runletters.facts import Fact, SplitFact
from runletters.sheets.candidates import Candidate, Row
from runletters.wording import Wording

HALF_SAME_S = 3.0
HALVES_FROM_S = 600.0  # halves of a shorter run say nothing
PAUSE_FROM_S = 60.0
CLIMB_FROM_M_PER_KM = 8.0
DRIFT_FROM_PERCENT = 4.0
DECOUPLING_FROM_S = 3_600.0  # the usual condition: steady, an hour or more
WHOLE_SPLIT = 0.98  # a shorter last split is not ranked


def second_half(row: Row, wording: Wording) -> Candidate | None:
    """How much faster or slower the second half was."""
    first, second = row.get("first_half_pace_s_per_km"), row.get("second_half_pace_s_per_km")
    if not first or not second or (row["moving_s"] or 0) < HALVES_FROM_S:
        return None
    change = round(second - first, 1)
    name = "second_half_slower" if change > 0 else "second_half_faster"
    name = "second_half_even" if abs(change) < HALF_SAME_S else name
    if name == "second_half_even":
        change = max(abs(change), 1.0)
    text = wording.phrase(name, difference=wording.pace_difference(change))
    fact = Fact(name=name, value=change, unit="s_per_km", text=text, quality="derived")
    base = 0.6 if name == "second_half_faster" else 0.5
    return Candidate(fact, "halves", base + min(abs(change), 40) / 160)


def pauses(row: Row, wording: Wording) -> Candidate | None:
    """Time standing still, when there was more than a minute of it."""
    paused_s = row.get("paused_s")
    if not paused_s or paused_s < PAUSE_FROM_S or paused_s > 3 * 3600:
        return None
    paused_s = round(paused_s)
    text = wording.phrase("pauses", duration=wording.seconds(paused_s))
    fact = Fact(name="pauses", value=paused_s, unit="s", text=text)
    return Candidate(fact, "pauses", 0.34 + min(paused_s, 1200) / 6000)


def climb_per_distance(row: Row, wording: Wording) -> Candidate | None:
    """Climbing per km or mile, where the run was hilly enough to feel it."""
    gain, metres = row["elevation_gain_m"], row["distance_m"]
    if gain is None or not metres or gain / metres * 1000 < CLIMB_FROM_M_PER_KM:
        return None
    per_unit = gain / metres * wording.unit_m
    text = wording.phrase(f"climb_rate_{wording.units}", height=wording.height(per_unit))
    fact = Fact(name="climb_rate", value=round(per_unit, 1), unit="m", text=text, quality="derived")
    return Candidate(fact, "climb", 0.4 + min(gain / metres * 1000, 40) / 160)


def heart_rate_drift(row: Row, wording: Wording) -> Candidate | None:
    """Heart rate of the second half beside the first, where the drift is more than noise."""
    drift = row.get("heart_rate_drift_percent")
    if drift is None or row["heart_rate_avg_bpm"] is None or abs(drift) < DRIFT_FROM_PERCENT:
        return None
    drift = round(drift, 1)
    name = "heart_rate_drift_up" if drift > 0 else "heart_rate_drift_down"
    text = wording.phrase(name, percent=wording.percent(drift))
    fact = Fact(name=name, value=drift, unit="percent", text=text, quality="derived")
    return Candidate(fact, "drift", 0.45 + min(abs(drift), 15) / 75)


def decoupling(row: Row, wording: Wording) -> Candidate | None:
    """Loss of speed per heartbeat in the second half of a run of an hour or more."""
    percent = row.get("decoupling_percent")
    if percent is None or (row["moving_s"] or 0) < DECOUPLING_FROM_S:
        return None
    percent = round(percent, 1)
    name = "decoupling" if percent > 0 else "decoupling_none"
    text = wording.phrase(name, percent=wording.percent(percent))
    fact = Fact(name=name, value=percent, unit="percent", text=text, quality="derived")
    return Candidate(fact, "drift", 0.5)


def zone_shares(row: Row, wording: Wording) -> Candidate | None:
    """Share of the time in the two hardest or the two easiest (and below) of five zones."""
    seconds = [row.get(f"hr_zone_{zone}_s") for zone in range(6)]
    total_s = sum(second or 0 for second in seconds)
    if total_s < 300 or row["heart_rate_avg_bpm"] is None:
        return None
    hard, easy = sum(s or 0 for s in seconds[4:]), sum(s or 0 for s in seconds[:3])
    name, part_s = ("hard_zone_share", hard) if hard >= easy else ("easy_zone_share", easy)
    percent = round(part_s / total_s * 100)
    if percent < 40:
        return None
    text = wording.phrase(name, percent=wording.percent(percent))
    fact = Fact(name=name, value=percent, unit="percent", text=text, quality="estimated")
    return Candidate(fact, "zones", 0.4 + percent / 1000)


EFFORT: tuple[Callable[[Row, Wording], Candidate | None], ...] = (
    second_half, pauses, climb_per_distance, heart_rate_drift, decoupling, zone_shares,
)  # fmt: skip


def split_facts(splits: Sequence[SplitFact], wording: Wording) -> list[Candidate]:
    """The fastest and the slowest whole split, and what lies between them."""
    whole = [split for split in splits if split.distance_m >= WHOLE_SPLIT * wording.unit_m]
    if len(whole) < 3:
        return []
    fastest = min(whole, key=lambda split: split.pace_s)
    slowest = max(whole, key=lambda split: split.pace_s)
    spread_s = round(slowest.pace_s - fastest.pace_s)
    if spread_s < HALF_SAME_S:
        return []
    is_last = fastest.index == whole[-1].index
    spread = wording.phrase("split_spread", difference=wording.seconds(spread_s))
    return [
        Candidate(
            _split_fact("fastest_split", fastest, wording), "fast", 0.62 if is_last else 0.44
        ),
        Candidate(_split_fact("slowest_split", slowest, wording), "slow", 0.33),
        Candidate(
            Fact(name="split_spread", value=spread_s, unit="s", text=spread, n=len(whole)),
            "spread",
            0.4 if spread_s <= 12 else 0.32,
        ),
    ]


def _split_fact(name: str, split: SplitFact, wording: Wording) -> Fact:
    text = wording.phrase(name, index=str(split.index), pace=split.pace_text)
    return Fact(name=name, value=split.index, unit="ordinal", text=text, window=split.pace_text)
