"""Says that a budget is reached, to whoever listens: an automation pauses the backfills then."""

from __future__ import annotations

from prefect.events import emit_event

from runletters.budgeting import day_over

DAY_IS_OVER = "runletters.budget.reached"


def tell_of_budget(stopped: str | None) -> None:
    """Emit an event if what stopped the run is the budget of a day for all users."""
    if day := day_over(stopped):
        emit_event(
            DAY_IS_OVER,
            resource={
                "prefect.resource.id": "runletters.budget.day",
                "prefect.resource.name": "the day's budget for all users",
            },
            payload={"message": stopped, "day": day.isoformat()},
        )
