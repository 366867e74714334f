"""Writes what is missing in a runner's history: a letter and an insight for every run."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.write_chapter import write_chapter
from runletters.backfilling import Order
from runletters.content import KINDS, Kind, WriterName
from runletters.progress import Tally
from runletters.settings import Settings
from tasks.outcomes import close_account
from tasks.planning import check_writer, plan
from tasks.promises import SIDE_BY_SIDE


@flow(name="backfill-history", flow_run_name="backfill-{user}", task_runner=SIDE_BY_SIDE)
def backfill_history(
    user: Annotated[str, Field(description="Whose history.", examples=["ada"])],
    kinds: Annotated[tuple[Kind, ...], Field(description="What to write for each run.")] = KINDS,
    since: Annotated[date | None, Field(description="First local day of the runs.")] = None,
    until: Annotated[date | None, Field(description="Last local day of the runs.")] = None,
    max_activities: Annotated[
        int | None, Field(ge=1, description="At most this many of the newest runs.")
    ] = None,
    refresh: Annotated[
        bool, Field(description="Also write again what is stale: facts, prompt or model changed.")
    ] = False,
    writer: Annotated[
        WriterName | None, Field(description="offline (free) or claude; the setting if empty.")
    ] = None,
    dry_run: Annotated[bool, Field(description="Plan only: write nothing, pay nothing.")] = False,
) -> dict[str, Any]:
    """Write what is missing in a runner's history, newest first.

    Nothing is written twice: what exists is skipped, what another run holds is left to it,
    and a run that was killed is continued where it was. A text that fails fails alone, keeps
    its reason, and is taken again by the next run.
    """
    settings = Settings()
    order = Order(
        user_id=user,
        kinds=kinds,
        since=since,
        until=until,
        max_activities=max_activities,
        refresh=refresh,
        writer=writer or settings.writer,
        run_id=str(flow_run.id),
    )
    check_writer(order, settings)
    ahead = plan(order, settings)
    chapters = () if dry_run else ahead.chapters

    # One chapter is written in this run, where people look for it; more become child runs.
    write = write_chapter if len(chapters) > 1 else write_chapter.fn
    tally = sum((write(chapter) for chapter in chapters), Tally())
    return close_account(ahead, tally, settings)
