"""Commands of a reader: what was done with a text, the own wording, no more mails."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from deployments.cli.replies import Reply, paragraph
from runletters.content import Kind
from runletters.edges.digest_desk import unsubscribe as unsubscribe_by_token
from runletters.edges.store import Store
from runletters.engagement import Act, TextKind, made
from runletters.errors import EngagementError, SettingsError
from runletters.settings import Settings

UserName = Annotated[str, Parameter(name=["--user", "-u"], help="Whose text.")]


def engage(
    act: Annotated[Act, Parameter(help="What was done with the text.")],
    item: Annotated[str, Parameter(help="The activity's id; of a digest its window and period.")],
    *,
    user: UserName,
    kind: Annotated[TextKind, Parameter(help="letter, coaching or digest.")] = "letter",
    rating: Annotated[int | None, Parameter(help="1 to 5, with `rated`.")] = None,
    event: Annotated[str, Parameter(help="An id; told twice, it counts once.")] = "",
) -> Reply:
    """Record that a reader opened, read, rated, edited or shared a text."""
    fields = {"user_id": user, "kind": kind, "item": item, "act": act, "rating": rating}
    told = made(fields | {"event_id": event, "at": datetime.now(UTC)})
    with Store.open(Settings().store) as store:
        new = store.engage([told])
    said = "Recorded." if new else "Known already."
    return Reply(data={**told.model_dump(mode="json"), "new": new}, screen=[paragraph(said)])


def edit(
    activity: Annotated[str, Parameter(help="The activity's id.")],
    *,
    user: UserName,
    kind: Annotated[Kind, Parameter(help="letter or coaching.")] = "letter",
    text: Annotated[str | None, Parameter(help="The new wording.")] = None,
    file: Annotated[
        Path | None, Parameter(help="A file with the new wording; - reads it from the input.")
    ] = None,
    undo: Annotated[bool, Parameter(negative="", help="Take the own wording back.")] = False,
) -> Reply:
    """Keep the runner's own wording of a text; no later run overwrites it."""
    body = None if undo else _wording(text, file)
    now = datetime.now(UTC)
    event = {"user_id": user, "kind": kind, "item": activity, "act": "edited", "at": now}
    with Store.open(Settings().store) as store:
        store.edit(user, activity, kind, body, now=now)
        if not undo:
            store.engage([made(event)])
        shown = store.content(user, activity, kind)
    said = "The text is the written one again." if undo else "Your wording is kept."
    data = {"user": user, "activity": activity, "kind": kind, "text": shown and shown["text"]}
    return Reply(data=data, screen=[paragraph(said)])


def unsubscribe(
    *,
    user: Annotated[str | None, Parameter(name=["--user", "-u"], help="Who.")] = None,
    token: Annotated[str | None, Parameter(help="The signed end of an unsubscribe link.")] = None,
) -> Reply:
    """Switch a user's digests off, by name or by the token of a mail's link."""
    if (user is None) == (token is None):
        raise SettingsError("Expected either --user or --token.")
    settings, now = Settings(), datetime.now(UTC)
    with Store.open(settings.store) as store:
        if user is not None:
            store.set_user(user, preferences={"digests": False}, now=now)
        gone = user or unsubscribe_by_token(store, settings, token or "", now=now)
    if gone is None:
        raise SettingsError("This token was not signed here; nothing was changed.")
    again = f"Switch them on again: runletters user --user {gone} --digests"
    return Reply(data={"user": gone, "digests": False}, screen=[paragraph(f"Done. {again}")])


def _wording(text: str | None, file: Path | None) -> str:
    if (text is None) == (file is None):
        raise EngagementError("Expected one of --text, --file and --undo.")
    from_file = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8") if file else ""
    body = (text if text is not None else from_file).strip()
    if not body:
        raise EngagementError(
            "The new wording is empty.", remedy="--undo takes an earlier wording back."
        )
    return body
