"""What a recording is when its file does not say: by how fast it was.

Pure: no clock, no network, no database. Many GPX files carry no sport. In a runner's
history one that moved at a runner's pace is taken for a run, and says so by a flag; a
source that knows better is believed as soon as it comes.
"""

from __future__ import annotations

from runletters.activities import Summary
from runletters.multisport import MULTISPORT_LEG

SPORT_ASSUMED = "sport_assumed"
SLOWEST_M_S, FASTEST_M_S = 1.8, 5.6
"""9:16 to 2:59 per km on average while moving: slower is a walk, faster is mostly a ride."""
SHORTEST_M = 500.0


def with_assumed_sport(summary: Summary) -> Summary:
    """The summary as a run, flagged, where no sport is known and the pace is a runner's."""
    if summary.sport != "unknown" or not _is_at_running_pace(summary):
        return summary
    if MULTISPORT_LEG in summary.quality:  # it names its runs and calls this one something else
        return summary
    quality = (*summary.quality, SPORT_ASSUMED)
    return summary.model_copy(update={"sport": "running", "quality": quality})


def as_the_source_said(summary: Summary) -> Summary:
    """The summary without the assumption, as it is compared and merged with others."""
    if SPORT_ASSUMED not in summary.quality:
        return summary
    quality = tuple(flag for flag in summary.quality if flag != SPORT_ASSUMED)
    return summary.model_copy(update={"sport": "unknown", "quality": quality})


def _is_at_running_pace(summary: Summary) -> bool:
    seconds, metres = summary.moving_s or summary.elapsed_s, summary.distance_m
    if not seconds or not metres or metres < SHORTEST_M:
        return False
    return SLOWEST_M_S <= metres / seconds <= FASTEST_M_S
