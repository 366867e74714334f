"""Writes the letter and the insight of one activity."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.forms import WriterChoice, writer_of
from flows.write_chapter import write_chapter
from runletters.backfilling import Order
from runletters.content import KINDS, RunKind
from runletters.settings import Settings
from tasks.outcomes import close_account
from tasks.pauses import patiently
from tasks.planning import check_writer, plan
from tasks.promises import SIDE_BY_SIDE


@flow(
    name="process-activity",
    flow_run_name="activity-{user}-{activity}",
    task_runner=SIDE_BY_SIDE,
)
def process_activity(
    user: Annotated[str, Field(min_length=1, examples=["ada"])],
    activity: Annotated[str, Field(min_length=1, examples=["12203346123"])],
    kinds: tuple[RunKind, ...] = KINDS,
    refresh: bool = False,
    writer: WriterChoice = "default",
) -> dict[str, Any]:
    """Write the letter and the insight of one activity, side by side, each as a task run.

    Args:
        user: Whose activity: the name the history was ingested under.
        activity: The activity's id, as `runletters letters` lists it.
        kinds: What to write.
        refresh: Write again if facts, prompt or model changed since.
        writer: offline is free and needs no key, claude needs one; default: as the worker is set.

    Returns:
        The summary, as the store keeps it: counts, failures by reason, tokens, cost, seconds.
    """
    settings = Settings()
    order = Order(
        user_id=user,
        activity_id=activity,
        kinds=kinds,
        refresh=refresh,
        writer=writer_of(writer, settings),
        run_id=str(flow_run.id),
    )
    check_writer(order, settings)
    ahead = plan(order, settings)
    return close_account(ahead, patiently(write_chapter.fn, order, settings), settings)
