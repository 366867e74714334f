"""Writes the letter and the insight of one activity."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.write_chapter import write_chapter
from runletters.backfilling import Order
from runletters.content import KINDS, Kind, WriterName
from runletters.settings import Settings
from tasks.outcomes import close_account
from tasks.planning import check_writer, plan
from tasks.promises import SIDE_BY_SIDE


@flow(
    name="process-activity",
    flow_run_name="activity-{user}-{activity}",
    task_runner=SIDE_BY_SIDE,
)
def process_activity(
    user: Annotated[str, Field(description="Whose activity.", examples=["ada"])],
    activity: Annotated[str, Field(description="The activity's id, as `letters` lists it.")],
    kinds: Annotated[tuple[Kind, ...], Field(description="What to write.")] = KINDS,
    refresh: Annotated[
        bool, Field(description="Write again if facts, prompt or model changed.")
    ] = False,
    writer: Annotated[
        WriterName | None, Field(description="offline (free) or claude; the setting if empty.")
    ] = None,
) -> dict[str, Any]:
    """Write the letter and the insight of one activity, side by side, each as a task run."""
    settings = Settings()
    order = Order(
        user_id=user,
        activity_id=activity,
        kinds=kinds,
        refresh=refresh,
        writer=writer or settings.writer,
        run_id=str(flow_run.id),
    )
    check_writer(order, settings)
    ahead = plan(order, settings)
    return close_account(ahead, write_chapter.fn(order), settings)
