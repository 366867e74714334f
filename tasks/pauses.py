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


def patiently(write: Callable[[Order], Tally], order: Order, settings: Settings) -> Tally:
    """Write an order; what a long pause kept from being written is written after it.

    A pause longer than the settings allow ends the run with what is left to do.
    """
    tally = write(order)
    while tally.is_paused and _waited_out(order, settings):
        tally = tally.taken_up(write(order))
    return tally


def _waited_out(order: Order, settings: Settings) -> bool:
    left_s = pause_left_s(order.writer, settings)
    if left_s > settings.longest_pause_s:
        return False
    get_run_logger().warning(
        "The API asked for a pause: nothing is called for %s.", duration_text(left_s)
    )
    while (left_s := pause_left_s(order.writer, settings)) > 0:
        time.sleep(min(left_s, NAP_S))
    return True
