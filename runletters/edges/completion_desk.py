"""Tells a user by mail how a backfill ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from runletters.digests.completion import completion_page, is_worth_a_mail
from runletters.digests.sending import Sent
from runletters.edges.post_office import Outgoing, id_of, is_configured, post, user_links
from runletters.edges.store import Store
from runletters.settings import Settings


@dataclass(frozen=True, kw_only=True)
class FailedRun:
    """A flow run that ended with an error."""

    run_id: str
    flow: str
    user_id: str
    error: str
    started_at: datetime


def tell(
    store: Store,
    settings: Settings,
    result: Mapping[str, Any],
    *,
    run_id: str,
    clock: Callable[[], datetime],
    link: str | None = None,
) -> Sent:
    """Mail the summary of a flow run to the user it was for, once per run.

    Args:
        store: open.
        settings: mail server and sender.
        result: the summary; needs `user`, and `error` where the run failed.
        run_id: the flow run.
        clock: aware.
        link: where the run can be looked at.

    Returns:
        What became of it; `skipped` with the reason where there is nobody to tell, nothing
        to tell, or no way to.
    """
    user_id = str(result.get("user") or "")
    user = store.user(user_id)
    email = user.preferences.email if user else None
    why = _why_not(settings, email, result)
    if user is None or email is None or why:
        return Sent(user_id=user_id, item=run_id, state="skipped", note=why or "no such user")
    links = user_links(settings, user_id)
    outgoing = Outgoing(
        user_id=user_id,
        recipient=email,
        purpose="backfill",
        item=run_id,
        page=completion_page(result, user.preferences, links, link=link),
        message_id=id_of(settings, user_id, run_id),
    )
    return post(store, settings, outgoing, clock=clock)


def close_failed(
    store: Store,
    settings: Settings,
    failed: FailedRun,
    *,
    clock: Callable[[], datetime],
    link: str | None = None,
) -> Sent:
    """Keep that a flow run ended with an error, and mail it with what had been paid by then.

    A run that closed its account before it raised keeps that account, and its one mail. One
    that failed, was told and is tried again is told once more when it is complete.
    """
    outcomes = store.flow_outcomes(failed.user_id)
    if failed.run_id in outcomes.filter(pl.col("state") != "failed")["flow_run_id"]:
        note = "told when its account was closed"
        return Sent(user_id=failed.user_id, item=failed.run_id, state="skipped", note=note)
    result = {
        "user": failed.user_id,
        "error": failed.error,
        "cost_nano_usd": store.spent_by_run(failed.run_id).cost_nano_usd,
    }
    store.record_flow(
        failed.run_id,
        failed.flow,
        failed.user_id or None,
        started_at=failed.started_at,
        ended_at=clock(),
        summary=result,
        state="failed",
    )
    return tell(store, settings, result, run_id=f"{failed.run_id} failed", clock=clock, link=link)


def _why_not(settings: Settings, email: str | None, result: Mapping[str, Any]) -> str:
    if not is_configured(settings):
        return "mail is not configured"
    if not email:
        return "no e-mail address"
    return "" if is_worth_a_mail(result) else "nothing happened"
