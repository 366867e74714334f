"""The pictures of a digest as words and plain values: what is drawn, and what is read aloud.

Pure: no clock, no network, no database. Who draws is `runletters.edges.charts`. The
alternative text has every number of the picture.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from runletters.digests.bars import WEEKS_PER_POINT
from runletters.digests.sheet import Bar, DigestSheet, TrendPoint
from runletters.digests.words import Words, words_for

PictureName: TypeAlias = Literal["days", "trend"]
WIDTH_PX = 552
HEIGHT_PX: dict[PictureName, int] = {"days": 216, "trend": 200}
ZONE_COLOURS = ("#9aa3b2", "#5aa9e6", "#2fb39a", "#8ac24a", "#f2a541", "#e4572e")
"""Zones 0 (below) to 5; each readable on white and on near-black."""
PLAIN_COLOUR = "#5b8def"
"""Bars without a heart rate."""
LINE_COLOUR, LOAD_COLOUR, INK = "#e4572e", "#9db4d6", "#7c8494"
VISIBLE = 0.02
"""Share of a bar below which nobody sees its colour."""


class Picture(BaseModel):
    """One picture: what to draw, and what it says in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: PictureName
    alt: str
    title: str
    caption: str
    legend: tuple[tuple[str, str], ...] = ()  # colour, words
    bars: tuple[Bar, ...] = ()
    bar_values: tuple[str, ...] = ()  # the number above each bar
    trend: tuple[TrendPoint, ...] = ()
    width_px: int = WIDTH_PX
    height_px: int


def pictures(sheet: DigestSheet) -> tuple[Picture, ...]:
    """The bars of the period, and load with fitness where there are weeks enough."""
    words = words_for(sheet.language, sheet.units)
    return (_days(sheet, words), *([_trend(sheet, words)] if sheet.trend else []))


def _days(sheet: DigestSheet, words: Words) -> Picture:
    has_zones = any(bar.zone_shares for bar in sheet.bars)
    return Picture(
        name="days",
        title=words.label(f"days_title_{sheet.period.window}"),
        caption=words.label("days_caption" if has_zones else "days_caption_plain"),
        legend=_legend(sheet, words) if has_zones else (),
        alt=_alt_days(sheet, words),
        bars=sheet.bars,
        bar_values=tuple(bar.text.partition(" ")[0] for bar in sheet.bars),
        height_px=HEIGHT_PX["days"],
    )


def _legend(sheet: DigestSheet, words: Words) -> tuple[tuple[str, str], ...]:
    used = {
        zone for bar in sheet.bars for zone, share in enumerate(bar.zone_shares) if share >= VISIBLE
    }
    zones = [(ZONE_COLOURS[zone], _zone(zone, words)) for zone in sorted(used)]
    bare = any(bar.text and not bar.zone_shares for bar in sheet.bars)
    return (*zones, *([(PLAIN_COLOUR, words.label("no_heart_rate"))] if bare else []))


def _zone(zone: int, words: Words) -> str:
    return words.label("zone", n=f"{zone}") if zone else words.label("zone_none")


def _alt_days(sheet: DigestSheet, words: Words) -> str:
    told = [_alt_bar(bar, words) for bar in _worth_telling(sheet)]
    unit = words.label(f"alt_unit_{sheet.period.window}")
    return words.label("alt_days", unit=unit, list="; ".join(told))


def _worth_telling(sheet: DigestSheet) -> list[Bar]:
    """All bars of a week and of a year; of a month only those with a run."""
    return [bar for bar in sheet.bars if bar.text or sheet.period.window != "month"]


def _alt_bar(bar: Bar, words: Words) -> str:
    if not bar.text:
        return f"{bar.name} {words.label('alt_rest')}"
    shares = [
        words.label("alt_zone", n=f"{zone}", percent=words.wording.percent(share * 100))
        for zone, share in enumerate(bar.zone_shares)
        if zone and share >= 0.005
    ]
    return f"{bar.name} {bar.text}" + (f" ({', '.join(shares)})" if shares else "")


def _trend(sheet: DigestSheet, words: Words) -> Picture:
    number, points = words.wording.count, sheet.trend
    weeks = number(len(points) * WEEKS_PER_POINT[sheet.period.window])
    is_year = sheet.period.window == "year"
    alt = words.label(
        "alt_trend",
        n=weeks,
        last=words.wording.day_short(points[-1].last),
        list=", ".join(point.load_text for point in points),
        **{"from": points[0].fitness_text, "to": points[-1].fitness_text},
    )
    return Picture(
        name="trend",
        title=words.label("trend_title", n=weeks),
        caption=words.label("trend_caption_year" if is_year else "trend_caption"),
        legend=(
            (LOAD_COLOUR, words.label("load_bars")),
            (LINE_COLOUR, words.label("fitness_line")),
        ),
        alt=alt,
        trend=points,
        height_px=HEIGHT_PX["trend"],
    )
