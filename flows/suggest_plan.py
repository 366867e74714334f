"""Suggests the next one to four weeks of training, inside stated limits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.forms import EMPTY, Day, WriterChoice, writer_of
from runletters.edges.training_desk import PlanOrder
from runletters.metrics.plan import race_on
from runletters.settings import Settings
from tasks.plans import draw_plan, keep_plan, show_plan, write_plan
from tasks.promises import kept_in, whole


@flow(name="suggest-plan", flow_run_name="plan-{user}")
def suggest_plan(
    user: Annotated[str, Field(min_length=1, examples=["ada"])],
    weeks: Annotated[int, Field(ge=1, le=4)] = 4,
    start: Day = EMPTY,
    race: Literal["none", "5km", "10km", "half_marathon", "marathon"] = "none",
    race_day: Day = EMPTY,
    writer: WriterChoice = "default",
) -> dict[str, Any]:
    """Suggest the next weeks by stated rules, and put them into words. No medical advice.

    The same history gives the same plan, which is told once and never paid twice.

    Args:
        user: Whose weeks: the name the history was ingested under.
        weeks: How many weeks, one to four.
        start: First day of the plan; the day after the newest run if empty.
        race: Distance of a race to plan for.
        race_day: Day of that race.
        writer: offline is free and needs no key, claude needs one; default: as the worker is set.

    Returns:
        The plan day by day, its words and who wrote them.
    """
    settings = Settings()
    order = PlanOrder(
        user_id=user,
        weeks=weeks,
        start=start,
        race=race_on(race, race_day),
        writer=writer_of(writer, settings),
    )
    drawn = draw_plan(order, settings)
    if drawn.kept:
        return show_plan(user, drawn.kept)
    (write,) = kept_in(settings, write_plan)
    words = write(whole(drawn.item), run_id=str(flow_run.id), settings=whole(settings))
    return show_plan(user, keep_plan(drawn, words, settings))
