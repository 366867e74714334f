"""Writes what is missing in a runner's history: a letter and an insight for every run."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from flows.forms import (
    EMPTY,
    Day,
    ModeChoice,
    Unset,
    WriterChoice,
    dollars_of,
    mode_of,
    writer_of,
)
from flows.write_chapter import write_chapter
from flows.write_in_batches import write_in_batches
from runletters.backfilling import Order
from runletters.content import KINDS, RunKind
from runletters.progress import Tally
from runletters.settings import Settings
from tasks.mailing import tell_of_failure
from tasks.outcomes import close_account
from tasks.pauses import patiently
from tasks.planning import check_writer, plan
from tasks.promises import SIDE_BY_SIDE
from tasks.quoting import ask_leave, make_quote


@flow(
    name="backfill-history",
    flow_run_name="backfill-{user}",
    task_runner=SIDE_BY_SIDE,
    on_failure=[tell_of_failure],
)
def backfill_history(
    user: Annotated[str, Field(min_length=1, examples=["ada"])],
    kinds: tuple[RunKind, ...] = KINDS,
    since: Day = EMPTY,
    until: Day = EMPTY,
    max_activities: Annotated[int, Field(ge=0)] | Unset = 0,
    refresh: bool = False,
    writer: WriterChoice = "default",
    mode: ModeChoice = "default",
    max_cost_usd: Annotated[float, Field(ge=0, examples=[5])] | Unset = 0,
    ask_above_usd: Annotated[float, Field(ge=0, examples=[20])] | Unset = 0,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Write what is missing in a runner's history, newest first.

    Nothing is written twice: what exists is skipped, what another run holds is left to it,
    and a run that was killed is continued where it was. A text that fails fails alone, keeps
    its reason, and is taken again by the next run.

    Args:
        user: Whose history: the name it was ingested under.
        kinds: What to write for each run.
        since: First local day of the runs, as 2026-01-31; from the beginning if empty.
        until: Last local day of the runs, as 2026-01-31; to the newest if empty.
        max_activities: At most this many of the newest runs; 0 for all.
        refresh: Also write again what is stale: facts, prompt or model changed since.
        writer: offline is free and needs no key, claude needs one; default: as the worker is set.
        mode: live writes at once, batch at half the price within a day, auto in batches where
            there are many texts; default: as the worker is set. For the claude writer.
        max_cost_usd: The most this run may spend, in US dollars; 0: as the worker is set. A run
            that reaches it ends with what is left to do.
        ask_above_usd: A run whose quote is above this pauses and asks before it pays; 0: as the
            worker is set.
        dry_run: Plan, count and quote only: write nothing, pay nothing.

    Returns:
        The summary, as the store keeps it: counts, failures by reason, tokens, cost, seconds.
    """
    settings = Settings()
    order = Order(
        user_id=user,
        kinds=kinds,
        since=since,
        until=until,
        max_activities=max_activities or None,
        refresh=refresh,
        writer=writer_of(writer, settings),
        mode=mode_of(mode, settings),
        max_cost_usd=dollars_of(max_cost_usd),
        run_id=str(flow_run.id),
    )
    if not dry_run:
        check_writer(order, settings)
    ahead = plan(order, settings)
    quote = make_quote(ahead, settings)
    tally = Tally() if dry_run else ask_leave(quote, ask_above_usd, settings)
    if dry_run or tally.stopped:
        return close_account(ahead, tally, settings, quote)

    order, chapters = ahead.by_batch(settings.batch_from)
    # One chapter is written in this run, where people look for it; more become child runs.
    write = write_chapter if len(chapters) > 1 else write_chapter.fn
    for chapter in chapters:
        tally += patiently(write, chapter, settings)
        if tally.stopped:
            break
    if order.mode == "batch" or ahead.on_their_way:
        tally += patiently(write_in_batches, order, settings)
    return close_account(ahead, tally, settings, quote)
