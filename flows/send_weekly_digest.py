"""Sends digests to the runners whose Monday breakfast it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import flow, unmapped

from flows.forms import EMPTY, Day, Moment, Unset
from runletters.digests.periods import Window
from runletters.settings import Settings
from tasks.digests import (
    check_mail,
    chosen,
    digest_summary,
    find_due_digests,
    gather_sent,
    no_digests,
    send_digest,
    why_no_mail,
)
from tasks.promises import SIDE_BY_SIDE


@flow(name="send-weekly-digest", flow_run_name="digest-{window}", task_runner=SIDE_BY_SIDE)
def send_weekly_digest(
    window: Window = "week",
    user: str | Unset = "",
    ending: Day = EMPTY,
    at: Moment = EMPTY,
) -> dict[str, Any]:
    """Write and send the digests that are due: once per user and period, never twice.

    Args:
        window: What the digest is about.
        user: Only this user, at once; everybody whose time has come if empty.
        ending: Last day of the digest as 2026-01-31, with a user; the newest whole one if empty.
        at: Act as if it were this moment, as 2026-01-31T06:00:00Z; now if empty.
    """
    settings = Settings()
    now = at or datetime.now(UTC)

    if not user:
        # The schedules run on every house: one without a mail server has nothing to send.
        if no_mail := why_no_mail(settings):
            return no_digests(no_mail)
        due = find_due_digests(window, now, settings)
    else:
        check_mail(settings)
        due = [chosen(user, window, ending, now, settings)]
    futures = send_digest.map(due, now=unmapped(at), settings=unmapped(settings))

    return digest_summary(gather_sent(futures, due))
