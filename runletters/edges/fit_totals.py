"""FIT sessions, laps and devices in this project's words; figures untouched. Pure tables."""

from __future__ import annotations

from collections.abc import Sequence

from runletters.activities import DeviceTotals, Lap
from runletters.edges.fit_messages import Message
from runletters.edges.read_common import clean_text, device_name, local_offset_s, number
from runletters.edges.read_totals import moment

LONGEST_NAME = 60


def device_totals(session: Message, laps: Sequence[Lap]) -> DeviceTotals | None:
    """What the device wrote for one session; None where it wrote no session."""
    if not session:
        return None
    lap_count = number(session.get("num_laps"))
    return DeviceTotals(
        elapsed_s=number(session.get("total_elapsed_time")),
        timer_s=number(session.get("total_timer_time")),
        distance_m=number(session.get("total_distance")),
        calories_kcal=number(session.get("total_calories")),
        heart_rate_avg_bpm=number(session.get("avg_heart_rate")),
        heart_rate_max_bpm=number(session.get("max_heart_rate")),
        cadence_avg_rpm=number(session.get("avg_cadence")),
        elevation_gain_m=number(session.get("total_ascent")),
        elevation_loss_m=number(session.get("total_descent")),
        speed_avg_m_s=number(session.get("avg_speed", session.get("enhanced_avg_speed"))),
        lap_count=len(laps) or None if lap_count is None else int(lap_count),
    )


def lap(index: int, message: Message) -> Lap:
    """One lap as the device wrote it."""
    start_s = number(message.get("start_time"))
    trigger = message.get("lap_trigger")
    return Lap(
        lap_index=index,
        started_at=None if start_s is None else moment(start_s),
        elapsed_s=number(message.get("total_elapsed_time")),
        timer_s=number(message.get("total_timer_time")),
        distance_m=number(message.get("total_distance")),
        heart_rate_avg_bpm=number(message.get("avg_heart_rate")),
        heart_rate_max_bpm=number(message.get("max_heart_rate")),
        cadence_avg_rpm=number(message.get("avg_cadence")),
        elevation_gain_m=number(message.get("total_ascent")),
        calories_kcal=number(message.get("total_calories")),
        trigger=trigger if isinstance(trigger, str) else None,
    )


def utc_offset_s(activities: Sequence[Message]) -> int | None:
    """The runner's offset from UTC where the device wrote its local time."""
    for message in activities:
        local_s, utc_s = (number(message.get(key)) for key in ("local_timestamp", "timestamp"))
        if local_s is not None and utc_s is not None:
            return local_offset_s(local_s - utc_s)
    return None


def device(file_ids: Sequence[Message], product_names: dict[int, str]) -> str | None:
    """Manufacturer and product of the recording device; never its serial number."""
    message = next((each for each in file_ids if each.get("manufacturer") is not None), Message())
    maker, product = message.get("manufacturer"), message.get("product")
    if not isinstance(maker, str):
        return None
    model = product_names.get(product) if isinstance(product, int) and maker == "garmin" else None
    name = " ".join(part for part in (maker.replace("_", " ").title(), model) if part)
    return device_name(clean_text(name, LONGEST_NAME))
