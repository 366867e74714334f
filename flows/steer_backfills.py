"""Stops the queues of backfills when the day's budget is reached; the next day they go on."""

from __future__ import annotations

from typing import Annotated, Literal

from prefect import flow
from pydantic import Field

from flows.forms import EMPTY, Day
from tasks.queues import pause_queues, resume_queues, utc_today


@flow(name="steer-backfills", flow_run_name="{step}-backfills")
def steer_backfills(
    step: Annotated[Literal["pause", "resume"], Field(examples=["resume"])] = "resume",
    day: Day = EMPTY,
) -> list[str]:
    """Pause or resume the queues of backfills, premium and free.

    Each queue says in its description why it stands still. A queue that somebody paused by
    hand is left alone.

    Args:
        step: pause: the budget of the day is reached; resume: the day is over.
        day: UTC day, as 2026-01-31: whose budget is reached, or which day it is now; today if
            empty.

    Returns:
        The queues that were paused, or that go on.
    """
    of = day or utc_today()
    return pause_queues(of) if step == "pause" else resume_queues(of)
