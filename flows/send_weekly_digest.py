"""Sends digests to the runners whose Monday breakfast it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import flow, unmapped
from prefect.runtime import flow_run

from flows.forms import EMPTY, Day, Moment, Unset, WriterChoice, writer_of
from runletters.digests.periods import Window
from runletters.edges.processes import owner_name
from runletters.settings import Settings
from tasks.digests import (
    begin_writing,
    check_mail,
    chosen,
    digest_summary,
    draw_digest,
    find_due_digests,
    gather_drawn,
    gather_sent,
    gather_words,
    keeping_digests,
    no_digests,
    raise_if_stopped,
    send_digest,
    why_no_mail,
    write_digest,
)
from tasks.promises import SIDE_BY_SIDE, kept_in, whole


@flow(name="send-weekly-digest", flow_run_name="digest-{window}", task_runner=SIDE_BY_SIDE)
def send_weekly_digest(
    window: Window = "week",
    user: str | Unset = "",
    ending: Day = EMPTY,
    at: Moment = EMPTY,
    writer: WriterChoice = "default",
) -> dict[str, Any]:
    """Write and send the digests that are due: once per user and period, never twice.

    A text is kept before it is mailed, so a run that was interrupted pays for none again.

    Args:
        window: What the digest is about.
        user: Only this user, at once; everybody whose time has come if empty.
        ending: Last day of the digest as 2026-01-31, with a user; the newest whole one if empty.
        at: Act as if it were this moment, as 2026-01-31T06:00:00Z; now if empty.
        writer: offline is free and needs no key, claude needs one; default: as the worker is set.
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
    who, run_id = writer_of(writer, settings), str(flow_run.id)
    if due:
        begin_writing(who, run_id, settings)

    same, owner = unmapped(whole(settings)), owner_name(run_id)
    with keeping_digests(owner, settings):
        drawing = draw_digest.map(
            due, writer=unmapped(who), owner=unmapped(owner), now=unmapped(now), settings=same
        )
        drawn = gather_drawn(drawing, due)
        (write,) = kept_in(settings, write_digest)
        items = [each.item for each in drawn if each.item]
        words = gather_words(write.map(whole(items), run_id=run_id, settings=same), drawn)
        futures = send_digest.map(drawn, words, now=unmapped(at), settings=same)
        sent = gather_sent(futures, due)

    result = digest_summary(sent)
    raise_if_stopped(words)
    return result
