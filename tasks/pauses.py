"""Waits out a long pause that the model's API asked for: one thread does, and no claim is held."""

from __future__ import annotations

import time
from collections.abc import Callable

from prefect.logging import get_run_logger

from runletters.backfilling import Order
from runletters.edges.writers import pause_left_s
from runletters.progress import Tally, duration_text
from runletters.settings import Settings

NAP_S = 5.0
LEAST_S = 1.0  # a pause that ended meanwhile still takes from the patience


def patiently(write: Callable[[Order], Tally], order: Order, settings: Settings) -> Tally:
    """Write an order; what a long pause kept from being written is written after it.

    Pauses that add up to more than the settings allow, with nothing written between them, end
    the run with what is left to do.
    """
    tally, patience_s = write(order), float(settings.longest_pause_s)
    while tally.is_paused:
        left_s = max(LEAST_S, pause_left_s(order.writer, settings))
        if left_s > patience_s:
            break
        _wait_out(left_s, order, settings)
        later = write(order)
        patience_s = float(settings.longest_pause_s) if later.done else patience_s - left_s
        tally = tally.taken_up(later)
    return tally


def _wait_out(left_s: float, order: Order, settings: Settings) -> None:
    get_run_logger().warning(
        "The API asked for a pause: nothing is called for %s.", duration_text(left_s)
    )
    while left_s > 0:
        time.sleep(min(left_s, NAP_S))
        left_s = pause_left_s(order.writer, settings)
