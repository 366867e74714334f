"""What a backfill would cost, and the question before one that costs more than was agreed."""

from __future__ import annotations

import sys
from datetime import date
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.prompt import Confirm

from deployments.cli.replies import Reply, paragraph, table
from runletters.backfilling import Order, Plan
from runletters.batching import WritingMode
from runletters.budgeting import nano_usd
from runletters.content import KINDS, RunKind
from runletters.errors import NotApproved
from runletters.quoting import Quote
from runletters.settings import Settings
from runletters.summaries import asking, quote_basis, quote_columns, quote_rows

UserName = Annotated[str, Parameter(name=["--user", "-u"], help="Whose history.")]
ANY_PRICE_USD = 1e9
SLACK = 1.5
"""The flow makes its quote anew; it may be this much above the one that was agreed to."""


def quote(
    *,
    user: UserName,
    kinds: Annotated[tuple[RunKind, ...], Parameter(help="What to write for each run.")] = KINDS,
    since: Annotated[date | None, Parameter(help="First local day, YYYY-MM-DD.")] = None,
    until: Annotated[date | None, Parameter(help="Last local day, YYYY-MM-DD.")] = None,
    max_activities: Annotated[int | None, Parameter(help="At most this many newest runs.")] = None,
    refresh: Annotated[
        bool, Parameter(negative="", help="Also write again what is stale.")
    ] = False,
    mode: Annotated[WritingMode | None, Parameter(help="live, batch or auto.")] = None,
) -> Reply:
    """Say what a backfill with claude would cost and how long it would take; pays nothing."""
    from tasks.planning import read_plan

    settings = Settings()
    order = Order(
        user_id=user,
        kinds=kinds,
        since=since,
        until=until,
        max_activities=max_activities,
        refresh=refresh,
        writer="claude",
        mode=mode or settings.mode,
    )
    plan = read_plan(order, settings)
    offer = offer_for(plan, settings) if plan.pairs else None
    if offer is None:
        note = "Nothing to do: everything in reach is written."
        return Reply(data={"user": user, "texts": 0, "note": note}, screen=[paragraph(note)])
    return quote_reply(offer)


def quote_reply(offer: Quote) -> Reply:
    """A quote as an answer: every way to write what is missing, the chosen one first."""
    title = f"Quote for {offer.user_id}: {offer.texts:,} texts"
    offers = table(quote_columns(), quote_rows(offer), title=title)
    offers.columns[0].no_wrap = True  # the models differ at the end of their names
    basis = " ".join(quote_basis(offer))
    limits = f"Minutes by the published limits of tier {offer.tier}."
    return Reply(
        data=offer.model_dump(mode="json") | {"user": offer.user_id, "texts": offer.texts},
        screen=[offers, paragraph(f"{basis} {limits}")],
    )


def offer_for(plan: Plan, settings: Settings) -> Quote | None:
    """The quote of a plan; None where nothing is paid."""
    from tasks.quoting import read_quote

    return read_quote(plan, settings) if plan.order.writer == "claude" else None


def leave_for(order: Order, settings: Settings) -> float:
    """Dollars up to which the flow need not ask, after asking here.

    A terminal is asked; where there is none, nobody is kept waiting.

    Raises:
        NotApproved: the answer was no, or there is nobody to ask.
    """
    from tasks.planning import read_plan

    agreed_usd, limit = float(settings.ask_above_usd), nano_usd(settings.ask_above_usd) or 0
    plan = read_plan(order, settings)
    offer = offer_for(plan, settings) if plan.pairs else None
    if offer is None or not offer.is_above(limit):
        return agreed_usd * SLACK
    _ask(asking(offer, limit))
    worst = offer.chosen.cost_p90_nano_usd if offer.chosen else None
    return (worst or 0) / 1e9 * SLACK


def _ask(question: str) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise NotApproved(question, remedy="Give --yes, or raise RUNLETTERS_ASK_ABOVE_USD.")
    try:
        is_agreed = Confirm.ask(
            f"{question} Continue?", console=Console(stderr=True), default=False
        )
    except EOFError:  # Ctrl-D is no answer
        is_agreed = False
    if not is_agreed:
        raise NotApproved("Declined; nothing was written or paid.")
