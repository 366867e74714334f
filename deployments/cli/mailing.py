"""The command that shows and sends digests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from deployments.cli.replies import SOME_FAILED, Reply, paragraph, two_columns
from deployments.cli.running import start
from runletters.digests.periods import Window
from runletters.digests.writing import WrittenDigest
from runletters.edges.digest_desk import preview_page
from runletters.settings import Settings

UserName = Annotated[str, Parameter(name=["--user", "-u"], help="Whose runs.")]


def digest(
    *,
    user: UserName,
    window: Annotated[Window, Parameter(help="week, month or year.")] = "week",
    ending: Annotated[
        date | None,
        Parameter(help="Last day, YYYY-MM-DD; the newest whole week, month or year if not given."),
    ] = None,
    preview: Annotated[
        Path | None, Parameter(help="Write the mail as HTML to this file; needs no mail server.")
    ] = None,
    send: Annotated[
        bool, Parameter(negative="", help="Send it now, unless it was sent before.")
    ] = False,
) -> Reply:
    """Show the digest of a week, a month or a year, write it to a file, or send it."""
    from tasks.digests import chosen, read_digest

    settings, now = Settings(), datetime.now(UTC)
    due = chosen(user, window, ending, now, settings)
    written = read_digest(due, now, settings)
    reply = _shown(written, user, settings, preview)
    return _sent(reply, user, window, due.period.last) if send else reply


def _shown(written: WrittenDigest, user: str, settings: Settings, preview: Path | None) -> Reply:
    data: dict[str, Any] = {
        "user": user,
        "window": written.window,
        "period": written.period.key,
        "subject": written.subject,
        "note": written.note,
        "preview": None,
    }
    if written.is_skipped:
        return Reply(data=data, screen=[paragraph(written.note or "")])
    page = preview_page(settings, written, user)
    data["text"] = page.plain
    if preview is None:
        return Reply(
            data=data, screen=[paragraph(page.subject, style="bold"), paragraph(page.plain)]
        )
    preview.parent.mkdir(parents=True, exist_ok=True)
    preview.write_text(page.html, encoding="utf-8")
    data["preview"] = str(preview)
    return Reply(
        data=data,
        screen=[paragraph(page.subject, style="bold"), paragraph(f"Written to {preview}")],
    )


def _sent(reply: Reply, user: str, window: Window, ending: date) -> Reply:
    from flows.send_weekly_digest import send_weekly_digest

    result = start(lambda: send_weekly_digest(window=window, user=user, ending=ending))
    rows = [
        (name, f"{count}") for name, count in result.items() if isinstance(count, int) and count
    ]
    notes = [paragraph(f"{each['state']}: {each['note']}") for each in result["notes"]]
    bad = sum(result[name] for name in ("unsent", "rejected", "ambiguous"))
    return Reply(
        data={**reply.data, "sending": result},
        screen=[two_columns(rows, title=reply.data["subject"]), *notes],
        code=SOME_FAILED if bad else 0,
    )
