"""Commands that start flows."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from cyclopts import Parameter, validators
from rich.console import Console, RenderableType

from deployments.cli.environment import use_private_prefect
from deployments.cli.quoting import ANY_PRICE_USD, leave_for, offer_for
from deployments.cli.replies import EXIT_CODES, SOME_FAILED, Reply, paragraph, two_columns
from runletters.activities import Rights
from runletters.backfilling import Order
from runletters.batching import WritingMode
from runletters.content import KINDS, RunKind, WriterName
from runletters.errors import (
    BudgetReached,
    Busy,
    NotApproved,
    TierLimit,
    WriterPaused,
    WriterStopped,
)
from runletters.settings import Settings
from runletters.summaries import nothing_to_do, summary_rows


def _is_a_name(kind: object, value: str) -> None:
    del kind  # cyclopts passes it by position
    if not value.strip():
        raise ValueError("Expected a name.")


UserName = Annotated[
    str, Parameter(name=["--user", "-u"], help="Whose history.", validator=_is_a_name)
]
MaxCost = Annotated[
    Decimal | None,
    Parameter(
        help="The most this run may spend, in US dollars.", validator=validators.Number(gt=0)
    ),
]


def ingest(
    path: Annotated[str, Parameter(help="File, folder or zip; a local path or s3://.")],
    *,
    user: UserName,
    rights: Annotated[
        Rights | None,
        Parameter(help="What may be done with it, where you know better than the source says."),
    ] = None,
) -> Reply:
    """Load a history: a Strava export, FIT, GPX and TCX files, or running_page's JSON."""
    from flows.ingest_history import ingest_history

    result = start(lambda: ingest_history(path, user, rights))
    rows = [(name.replace("_", " "), f"{value}") for name, value in result.items()]
    code = SOME_FAILED if result.get("quarantined") else 0
    return Reply(data=result, screen=[two_columns(rows, title=f"History of {user}")], code=code)


def backfill(
    *,
    user: UserName,
    kinds: Annotated[tuple[RunKind, ...], Parameter(help="What to write for each run.")] = KINDS,
    since: Annotated[date | None, Parameter(help="First local day, YYYY-MM-DD.")] = None,
    until: Annotated[date | None, Parameter(help="Last local day, YYYY-MM-DD.")] = None,
    max_activities: Annotated[
        int | None,
        Parameter(help="At most this many newest runs.", validator=validators.Number(gte=1)),
    ] = None,
    refresh: Annotated[
        bool, Parameter(negative="", help="Also write again what is stale.")
    ] = False,
    writer: Annotated[WriterName | None, Parameter(help="offline or claude.")] = None,
    mode: Annotated[
        WritingMode | None,
        Parameter(help="claude only: live, batch (half price, within a day), or auto."),
    ] = None,
    max_cost_usd: MaxCost = None,
    yes: Annotated[
        bool, Parameter(name=["--yes", "-y"], negative="", help="Pay without asking.")
    ] = False,
    dry_run: Annotated[bool, Parameter(negative="", help="Plan and quote only.")] = False,
) -> Reply:
    """Write what is missing in a history: a letter and an insight for every run."""
    settings = Settings()
    order = Order(
        user_id=user,
        kinds=kinds,
        since=since,
        until=until,
        max_activities=max_activities,
        refresh=refresh,
        writer=writer or settings.writer,
        mode=mode or settings.mode,
        max_cost_usd=max_cost_usd,
    )
    result = _without_a_flow(order, settings, dry_run=dry_run)
    if result is None:
        result = _backfill_flow(order, ANY_PRICE_USD if yes else leave_for(order, settings))
    return summary_reply(result)


def _without_a_flow(order: Order, settings: Settings, *, dry_run: bool) -> dict[str, Any] | None:
    """The summary where nothing is to be written: no reason to start Prefect then."""
    from tasks.planning import check_writer, read_plan

    if not dry_run:
        check_writer(order, settings)
    plan = read_plan(order, settings)
    is_anything_open = plan.pairs or plan.on_their_way
    if is_anything_open and not dry_run:
        return None
    offer = offer_for(plan, settings) if plan.pairs else None
    return nothing_to_do(plan, is_dry_run=dry_run, quote=offer)


def _backfill_flow(order: Order, ask_above_usd: float) -> dict[str, Any]:
    from flows.backfill_history import backfill_history

    return start(
        lambda: backfill_history(
            user=order.user_id,
            kinds=order.kinds,
            since=order.since,
            until=order.until,
            max_activities=order.max_activities,
            refresh=order.refresh,
            writer=order.writer,
            mode=order.mode,
            max_cost_usd=float(order.max_cost_usd or 0),
            ask_above_usd=ask_above_usd,
        )
    )


def process(
    activity: Annotated[str, Parameter(help="The activity's id, as `letters` lists it.")],
    *,
    user: UserName,
    refresh: Annotated[bool, Parameter(negative="", help="Also write again if stale.")] = False,
    writer: Annotated[WriterName | None, Parameter(help="offline or claude.")] = None,
) -> Reply:
    """Write the letter and the insight of one activity."""
    from flows.process_activity import process_activity

    result = start(
        lambda: process_activity(user=user, activity=activity, refresh=refresh, writer=writer)
    )
    return summary_reply(result)


def publish() -> Reply:
    """Write the DuckDB file that analysts open, and swap it in."""
    from flows.publish_warehouse import publish_warehouse

    result = start(publish_warehouse)
    rows = [(name.replace("_", " "), f"{value}") for name, value in result.items()]
    return Reply(data=result, screen=[two_columns(rows, title="Published")])


def demo(
    *,
    years: Annotated[int, Parameter(help="Years of invented history.")] = 3,
    seed: Annotated[int, Parameter(help="Another seed, another runner.")] = 7,
) -> Reply:
    """The main job on an invented history: no key, no server, no cost."""
    settings = Settings()
    use_private_prefect(settings)
    from deployments.cli.demonstration import demonstrate

    return demonstrate(settings, years=years, seed=seed)


def start(flow: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run a flow; say why it takes a moment before the first thing happens."""
    if sys.stderr.isatty() and not os.environ.get("PREFECT_API_URL"):
        Console(stderr=True).print("[dim]Starting Prefect (half a minute the first time)[/dim]")
    try:
        return flow()
    except RuntimeError as error:
        if "ephemeral Prefect API server" not in str(error):
            raise
        raise Busy(
            "Prefect's own server did not start in time.",
            remedy="Is the machine very busy, or its disk full? Try again, or run `make server` "
            "in another terminal and set PREFECT_API_URL=http://127.0.0.1:4200/api.",
        ) from error


def summary_reply(result: dict[str, Any]) -> Reply:
    """The summary of a backfill as an answer."""
    title = f"Letters and insights of {result['user']}, written by {result['writer']}"
    screen: list[RenderableType] = [two_columns(summary_rows(result), title=title)]
    screen += [paragraph(f"{count} × {why}", style="red") for why, count in _worst(result)]
    screen += [
        paragraph(result[name]) for name in ("stopped", "note", "tier_message") if result.get(name)
    ]
    return Reply(data=result, screen=screen, code=_summary_code(result))


def _summary_code(result: dict[str, Any]) -> int:
    """What ended the run, then failures; a run that the tier kept from everything is no success."""
    if result.get("stopped_by") in {BudgetReached.__name__, NotApproved.__name__}:
        return EXIT_CODES[BudgetReached]
    if result.get("stopped_by") == WriterPaused.__name__:
        return EXIT_CODES[WriterStopped]
    if result["failed"]:
        return SOME_FAILED
    is_kept_out = result["tier_message"] and not result["done"] and not result["planned"]
    wrote_before = result["skipped_by_reason"]["already_written"]
    return EXIT_CODES[TierLimit] if is_kept_out and not wrote_before else 0


def _worst(result: dict[str, Any]) -> list[tuple[str, int]]:
    return sorted(result["failures"].items(), key=lambda item: -item[1])[:5]


__all__ = ["backfill", "demo", "ingest", "process", "publish"]
