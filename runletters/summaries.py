"""The summary of a backfill, for the UI, the terminal and the table of flow outcomes.

Pure: a plan and a tally in, rows and Markdown out.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl

from runletters.backfilling import Plan
from runletters.content import KINDS
from runletters.failures import shown
from runletters.ledger import Spent
from runletters.progress import Tally, duration_text
from runletters.quoting import Quote
from runletters.untrusted import markdown_text, narrow

NANO = Decimal(1_000_000_000)
ORIGIN_USD_PER_ACTIVITY = "0.0034"
"""What the app this product came from claimed to pay per activity, for comparison."""

_SKIPPED = {
    "already_written": "already written",
    "being_written": "being written by another run",
    "rights": "rights do not allow it",
    "beyond_tier": "beyond the free tier",
    "beyond_max": "beyond max_activities",
}


def summary(
    plan: Plan,
    tally: Tally,
    spent: Spent,
    *,
    seconds: float,
    model: str | None = None,
    quote: Quote | None = None,
) -> dict[str, Any]:
    """Everything worth keeping about one flow run, as plain JSON values.

    Money and tokens come from the ledger, rejected texts and failed calls included. What came
    of batches that another run had handed in was planned by nobody here, and is not skipped.
    """
    elsewhere = max(0, plan.skipped.being_written - tally.taken_over)
    skipped = plan.skipped.model_copy(update={"being_written": elsewhere})
    return {
        "user": plan.order.user_id,
        "writer": plan.order.writer,
        "model": model if plan.order.writer == "claude" else None,
        "kinds": list(plan.order.kinds),
        "activities_in_scope": plan.activities_in_scope,
        "planned": len(plan.pairs) + tally.taken_over,
        "done": tally.done,
        "failed": tally.failed,
        "released": tally.released,
        "fallback": tally.fallback,
        "unchanged": tally.unchanged,
        "skipped": skipped.total,
        "skipped_by_reason": skipped.model_dump(),
        "failures": tally.reasons,
        "calls": spent.calls,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "cost_nano_usd": spent.cost_nano_usd,
        "unpriced": spent.unpriced,
        "unknown_billing": spent.unknown_billing,
        "cost_usd": cost_text(spent.cost_nano_usd),
        "cost_usd_per_activity": per_activity_text(spent.cost_nano_usd, tally.activities),
        "success_rate": tally.success_rate,
        "seconds": round(seconds, 3),
        "tier_message": plan.tier_message,
        "quote": quoted(quote),
        "stopped": tally.stopped,
        "stopped_by": tally.stopped_by,
        "left": _left(plan, tally) if tally.stopped else 0,
    }


def _left(plan: Plan, tally: Tally) -> int:
    """Texts of the plan that the run did not come to; the next run takes them."""
    planned = len(plan.pairs) + tally.taken_over
    return max(0, planned - tally.done - tally.failed - tally.unchanged)


def quoted(offer: Quote | None) -> dict[str, Any] | None:
    """A quote as the summary keeps it; None where nothing is paid."""
    if offer is None or offer.chosen is None:
        return None
    chosen = offer.chosen
    return {
        "texts": offer.texts,
        "model": chosen.model,
        "mode": chosen.mode,
        "cost_p50_nano_usd": chosen.cost_p50_nano_usd,
        "cost_p90_nano_usd": chosen.cost_p90_nano_usd,
        "cost_p50_usd": _dollars_or_none(chosen.cost_p50_nano_usd),
        "cost_p90_usd": _dollars_or_none(chosen.cost_p90_nano_usd),
        "minutes": round(chosen.minutes, 2),
        "limit": chosen.limit,
    }


def _dollars_or_none(cost_nano_usd: int | None) -> str | None:
    return None if cost_nano_usd is None else cost_text(cost_nano_usd)


def _quote_rows(result: dict[str, Any]) -> list[tuple[str, str]]:
    """The quote, and how the truth compares with it for as many texts as were tried."""
    quote = result.get("quote")
    if not quote:
        return []
    what = f"{quote['texts']:,} texts, {quote['model']} {quote['mode']}"
    cost = f"${quote['cost_p50_usd']} (p90 ${quote['cost_p90_usd']})"
    minutes = f"{duration_text(quote['minutes'] * 60)} ({quote['limit']})"
    rows = [
        ("quoted for", what),
        ("  cost", cost if quote["cost_p50_usd"] is not None else "unknown: no price is known"),
        ("  time", minutes),
    ]
    tried = result["done"] + result["failed"]
    if tried and quote["cost_p50_nano_usd"]:
        expected = quote["cost_p50_nano_usd"] * tried / quote["texts"]
        share = result["cost_nano_usd"] / expected
        rows.append(("  paid, as a share of the quote for these texts", f"{share:.0%}"))
    return rows


def cost_text(cost_nano_usd: int) -> str:
    """Dollars with as many digits as the amount deserves."""
    digits = 4 if cost_nano_usd >= 10**7 else 6
    return f"{cost_nano_usd / NANO:.{digits}f}" if cost_nano_usd else "0"


def per_activity_text(cost_nano_usd: int, activities: int) -> str | None:
    """Dollars per activity that was touched; None where none was."""
    if not activities:
        return None
    return f"{cost_nano_usd / NANO / activities:.6f}" if cost_nano_usd else "0"


def nothing_to_do(plan: Plan, *, is_dry_run: bool, quote: Quote | None = None) -> dict[str, Any]:
    """The summary of a run that was not started: the plan only, or nothing to write."""
    note = "Nothing to do: everything in reach is written." if not plan.pairs else ""
    if is_dry_run:
        note = f"A dry run: {len(plan.pairs):,} texts would be written; nothing was."
    return summary(plan, Tally(), Spent(), seconds=0.0, quote=quote) | {"note": note}


def quote_columns() -> list[str]:
    """What a row of `quote_rows` says."""
    return ["model", "mode", "dollars p50", "dollars p90", "minutes", "bound by"]


def quote_rows(quote: Quote) -> list[list[str]]:
    """Every way to write what is missing, the chosen one first."""
    return [
        [
            offer.model,
            offer.mode,
            _dollars_or_none(offer.cost_p50_nano_usd) or "unknown",
            _dollars_or_none(offer.cost_p90_nano_usd) or "unknown",
            f"{offer.minutes:.1f}",
            offer.limit,
        ]
        for offer in quote.offers
    ]


def quote_basis(quote: Quote) -> list[str]:
    """Where the figures of a quote come from, one sentence per kind."""
    return [
        f"{need.texts:,} × {need.kind}: {need.input_tokens:.0f} tokens in ("
        + ("counted by the API" if need.input_from == "count_tokens" else "estimated")
        + f" on {need.n} of them), {need.output_p50:.0f} to {need.output_p90:.0f} out ("
        + ("as seen in the ledger" if need.output_from == "ledger" else "estimated")
        + ")."
        for need in quote.needs
    ]


def quote_markdown(quote: Quote) -> str:
    """The quote as Markdown for the UI."""
    lines = ["| written by | dollars | time |", "|---|---:|---|"]
    lines += [
        f"| {markdown_text(f'{model}, {mode}')} | {p50} (p90 {p90}) "
        f"| {minutes} min ({markdown_text(limit)}) |"
        for model, mode, p50, p90, minutes, limit in quote_rows(quote)
    ]
    basis = "\n".join(f"- {sentence}" for sentence in quote_basis(quote))
    head = f"### Quote for {markdown_text(quote.user_id)}: {quote.texts:,} texts"
    return "\n".join([head, "", *lines, "", basis])


def asking(quote: Quote, ask_above_nano_usd: int) -> str:
    """The question that is put before a run that would cost more than was agreed."""
    chosen = quote.chosen
    if chosen is None or chosen.cost_p90_nano_usd is None or chosen.cost_p50_nano_usd is None:
        return ""
    return (
        f"{quote.texts:,} texts with {chosen.model}, {chosen.mode}: about "
        f"${cost_text(chosen.cost_p50_nano_usd)}, hardly more than "
        f"${cost_text(chosen.cost_p90_nano_usd)}, in about "
        f"{duration_text(chosen.minutes * 60)} ({chosen.limit}). "
        f"Runs above ${cost_text(ask_above_nano_usd)} ask first."
    )


def status_counts(status: pl.DataFrame, spent: Spent) -> dict[str, Any]:
    """How many texts of each kind are in which state, and what all of it cost."""
    counts: dict[str, Any] = {}
    for kind in KINDS:
        states = dict(status[f"{kind}_status"].value_counts().iter_rows())
        counts |= {f"{kind}_{state}": int(states.get(state, 0)) for state in STATES}
    return counts | {
        "calls": spent.calls,
        "cost_nano_usd": spent.cost_nano_usd,
        "cost_usd": cost_text(spent.cost_nano_usd),
    }


STATES = ("completed", "pending", "generating", "failed")


def summary_rows(result: dict[str, Any]) -> list[tuple[str, str]]:
    """The summary as lines of (what, how much), in the order people ask."""
    skipped = [
        (f"  {text}", f"{result['skipped_by_reason'][name]:,}")
        for name, text in _SKIPPED.items()
        if result["skipped_by_reason"][name]
    ]
    tokens = f"{result['input_tokens']:,} in, {result['output_tokens']:,} out"
    return [
        ("texts written", f"{result['done']:,}"),
        *([("  of these offline in place of a rejected text", f"{result['fallback']:,}")]
          if result["fallback"] else []),
        ("texts skipped", f"{result['skipped']:,}"),
        *skipped,
        *([("texts unchanged", f"{result['unchanged']:,}")] if result["unchanged"] else []),
        ("texts failed", f"{result['failed']:,}"),
        *([("texts left to do", f"{result['left']:,}")] if result["left"] else []),
        ("tokens", tokens),
        ("cost", _cost(result)),
        *([("  calls at a price nobody knows", f"{result['unpriced']:,}")]
          if result["unpriced"] else []),
        *([("  calls that may have been billed unseen", f"{result['unknown_billing']:,}")]
          if result["unknown_billing"] else []),
        ("cost per activity", _per_activity(result)),
        ("time", duration_text(result["seconds"])),
        *_quote_rows(result),
    ]  # fmt: skip


def _cost(result: dict[str, Any]) -> str:
    if not result["unpriced"]:
        return f"${result['cost_usd']}"
    known = f"${result['cost_usd']} and " if result["cost_nano_usd"] else ""
    return f"{known}an unknown amount: no price is known for {result['model'] or 'the model'}"


def _per_activity(result: dict[str, Any]) -> str:
    paid = result["cost_usd_per_activity"]
    if paid is None or result["unpriced"]:
        return "-"
    return f"${paid} (the app this came from: ${ORIGIN_USD_PER_ACTIVITY})"


def summary_markdown(result: dict[str, Any]) -> str:
    """The summary as Markdown for the UI. User and reasons are escaped."""
    rows = "\n".join(
        f"| {_below(what)} | {markdown_text(amount)} |" for what, amount in summary_rows(result)
    )
    parts = [f"| {markdown_text(result['user'])} | |\n|---|---:|\n{rows}"]
    if result["failures"]:
        parts.append("### Failures\nEach keeps its reason and is taken again by the next run.")
        parts.append(_reasons(result["failures"]))
    parts += [markdown_text(result[name]) for name in ("stopped", "tier_message") if result[name]]
    return "\n\n".join(parts)


def _below(what: str) -> str:
    """A table has no indents: what belongs to the line above begins with a dot."""
    return f"· {what.strip()}" if what.startswith(" ") else what


def _reasons(failures: dict[str, int]) -> str:
    """A list: beside reasons of this length no other column fits a phone."""
    groups, others = shown(failures)
    reasons = [
        f"- **{group.texts:,} × {markdown_text(group.kind)}:** "
        f"{markdown_text(narrow(group.example[:300]))}\n\n  *What to do:* {group.what_to_do}"
        for group in groups
    ]
    more = [f"- **{others:,} × other reasons:** `runletters status --json` lists them."]
    return "\n".join(reasons + (more if others else []))
