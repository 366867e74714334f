"""Stops the queues of backfills when the day's budget is reached; the next day they go on."""

from __future__ import annotations

from typing import Annotated, Literal

from prefect import flow
from pydantic import Field

from flows.forms import EMPTY, Day, Moment
from tasks.queues import pause_queues, resume_queues, utc_day


@flow(name="steer-backfills", flow_run_name="{step}-backfills")
def steer_backfills(
    step: Annotated[Literal["pause", "resume"], Field(examples=["resume"])] = "resume",
    day: Day = EMPTY,
    at: Moment = EMPTY,
) -> list[str]:
    """Pause or resume the queues of backfills, premium and free.

    Each queue says in its description why it stands still. A queue that somebody paused by
    hand is left alone. News of a budget whose day is over pauses nothing.

    Args:
        step: pause: the budget of the day is reached; resume: the day is over.
        day: The UTC day whose budget is reached, as 2026-01-31; today if empty.
        at: Act as if it were this moment, as 2026-01-31T00:07:00Z; now if empty.

    Returns:
        The queues that were paused, or that go on.
    """
    today = utc_day(at)
    return pause_queues(day or today, today) if step == "pause" else resume_queues(today)
