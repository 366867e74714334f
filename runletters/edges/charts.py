"""Draws the pictures of a digest as PNG, with matplotlib and without a display.

The background is transparent and every colour stands on white as on near-black, so one
picture serves light and dark mail programs. Drawn at twice the size it is shown at.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from runletters.digests.pictures import (
    INK,
    LINE_COLOUR,
    LOAD_COLOUR,
    PLAIN_COLOUR,
    ZONE_COLOURS,
    Picture,
)
from runletters.digests.sheet import Bar
from runletters.errors import SettingsError

Drawing: TypeAlias = Any
"""A figure or axes of matplotlib, whose own types leave most keyword arguments unknown."""

_POINTS_PER_PX = 0.75  # 96 px an inch, 72 points an inch
_SHARP = 2


def draw(pictures: Sequence[Picture]) -> Mapping[str, bytes]:
    """PNG bytes by the picture's name.

    Raises:
        SettingsError: matplotlib is not installed.
    """
    return {picture.name: _png(picture) for picture in pictures}


def _png(picture: Picture) -> bytes:
    figure = _figure(picture)
    axes = figure.add_axes((0.005, 0.14, 0.99, 0.75))
    _bare(axes)
    if picture.name == "days":
        _draw_bars(axes, picture)
    else:
        _draw_trend(axes, picture)
    buffer = io.BytesIO()
    figure.savefig(
        buffer, format="png", dpi=96 * _SHARP, transparent=True, metadata={"Software": None}
    )
    return buffer.getvalue()


def _figure(picture: Picture) -> Drawing:
    try:
        from matplotlib.figure import Figure as NewFigure  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        raise SettingsError(
            "Pictures of digests need matplotlib, which is not installed.",
            remedy="Install it: pip install 'runletters[mail]'",
        ) from error
    return NewFigure(figsize=(picture.width_px / 96, picture.height_px / 96))


def _bare(axes: Drawing) -> None:
    axes.set_facecolor("none")
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(INK)
    axes.spines["bottom"].set_linewidth(0.6)
    axes.tick_params(axis="x", length=0, colors=INK, labelsize=_size(15), pad=5)
    axes.set_yticks([])


def _size(px: float) -> float:
    return px * _POINTS_PER_PX


def _draw_bars(axes: Drawing, picture: Picture) -> None:
    bars = picture.bars
    width = 0.62 if len(bars) <= 12 else 0.74
    for place, bar in enumerate(bars):
        _stack(axes, place, bar, width)
    top = max((bar.distance_m for bar in bars), default=0.0) or 1.0
    for place, text in enumerate(picture.bar_values):
        axes.annotate(
            text, (place, bars[place].distance_m), (0, 3), textcoords="offset points",
            ha="center", va="bottom", color=INK, fontsize=_size(_value_px(len(bars))),
            fontweight="bold" if len(bars) <= 12 else "normal",
        )  # fmt: skip
    axes.set_ylim(0, top * 1.04)
    axes.set_xlim(-0.6, len(bars) - 0.4)
    shown = range(len(bars)) if len(bars) <= 12 else range(0, len(bars), 5)
    axes.set_xticks(list(shown), [bars[place].label for place in shown])


def _value_px(bars: int) -> int:
    return 16 if bars <= 7 else 14 if bars <= 12 else 10


def _stack(axes: Drawing, place: int, bar: Bar, width: float) -> None:
    shares = bar.zone_shares or (1.0,)
    colours = ZONE_COLOURS if bar.zone_shares else (PLAIN_COLOUR,)
    bottom = 0.0
    for share, colour in zip(shares, colours, strict=True):
        height = share * bar.distance_m
        axes.bar(place, height, width, bottom=bottom, color=colour, linewidth=0)
        bottom += height


def _draw_trend(axes: Drawing, picture: Picture) -> None:
    points = picture.trend
    places = list(range(len(points)))
    loads, fitness = [point.load for point in points], [point.fitness for point in points]
    axes.bar(places, loads, 0.62, color=LOAD_COLOUR, alpha=0.75, linewidth=0)
    most_load, most_fitness = (max(loads) or 1.0) * 1.3, (max(fitness) or 1.0) * 1.35
    axes.set_ylim(0, most_load)
    axes.set_xlim(-0.6, len(points) - 0.4)
    line = axes.twinx()
    _bare(line)
    # The scale starts at zero for both: a line that leaves the ground would exaggerate.
    line.set_ylim(0, most_fitness)
    line.plot(places, fitness, color=LINE_COLOUR, linewidth=2.2, solid_capstyle="round")
    ends: dict[str, Any] = {
        "textcoords": "offset points", "color": LINE_COLOUR, "fontweight": "bold",
        "fontsize": _size(16), "va": "bottom", "ha": "center",
    }  # fmt: skip
    line.plot(places[-1:], fitness[-1:], "o", color=LINE_COLOUR, markersize=5)
    for place in (places[0], places[-1]):
        # Above the bar too: a figure across its edge is hard to read.
        above = max(fitness[place], loads[place] / most_load * most_fitness)
        line.annotate(points[place].fitness_text, (place, above), (0, 6), **ends)
    step = max(1, round(len(points) / 4))
    shown = [place for place in places if (places[-1] - place) % step == 0]
    axes.set_xticks(shown, [points[place].label for place in shown])
    line.spines["bottom"].set_visible(False)


__all__ = ["draw"]
