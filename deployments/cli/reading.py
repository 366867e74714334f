"""Commands that read what was written."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any

import polars as pl
from cyclopts import Parameter, validators
from rich.console import RenderableType
from rich.rule import Rule

from deployments.cli.prompts import prompt_reply
from deployments.cli.replies import Reply, paragraph, table, two_columns
from runletters.activities import local_start
from runletters.batching import what_next
from runletters.edges.batch_rows import BatchRows
from runletters.edges.history_files import History
from runletters.edges.processes import is_dead
from runletters.edges.store import Store
from runletters.errors import UnknownActivity
from runletters.failures import shown
from runletters.progress import duration_text
from runletters.settings import Settings
from runletters.summaries import status_counts
from runletters.users import User

UserName = Annotated[str, Parameter(name=["--user", "-u"], help="Whose history.")]
AnyUser = Annotated[str | None, Parameter(name=["--user", "-u"], help="Only this user.")]


def letters(
    *,
    user: UserName,
    limit: Annotated[
        int, Parameter(help="How many of the newest.", validator=validators.Number(gte=1))
    ] = 20,
) -> Reply:
    """List the newest letters of a user."""
    settings = Settings()
    with Store.open(settings.store) as store:
        known = store.known_user(user)
        written = store.contents(user, kind="letter")
    rows = _with_days(written, known, settings).head(limit).to_dicts()
    data = {"user": user, "letters": [_listed(row) for row in rows]}
    cells = [[_day(row), row["activity_id"], _first_line(row["text"])] for row in rows]
    screen: list[RenderableType] = [table(["day", "activity", "letter"], cells)]
    hint = f"Read one: runletters show {rows[0]['activity_id']} --user {user}" if rows else (
        f"No letters yet. Write them: runletters backfill --user {user}"
    )  # fmt: skip
    return Reply(data=data, screen=[*screen, paragraph(hint)])


def show(
    activity: Annotated[str, Parameter(help="The activity's id.")],
    *,
    user: AnyUser = None,
    prompt: Annotated[
        bool, Parameter(negative="", help="Show instead what is sent to the model about it.")
    ] = False,
) -> Reply:
    """Show the letter and the insight of one activity, or what the model is shown."""
    settings = Settings()
    with Store.open(settings.store) as store:
        owner = user or _owner(store, activity)
        if prompt:
            return prompt_reply(owner, activity, settings)
        found = {kind: store.content(owner, activity, kind) for kind in ("letter", "coaching")}
        state = store.status(owner).filter(pl.col("activity_id") == activity)
    if not any(found.values()) and state.is_empty():
        raise UnknownActivity(
            f"Activity {activity!r} is not known for {owner or 'any user'}.",
            remedy="`runletters letters --user U` lists what there is.",
        )
    data = {
        "user": owner,
        "activity": activity,
        **{kind: _public(row) for kind, row in found.items()},
        **_states(state),
    }
    return Reply(data=data, screen=activity_screen(found, state))


def status(*, user: AnyUser = None) -> Reply:
    """What is written, pending, being written and failed, with reasons, costs and batches."""
    settings = Settings()
    with Store.open(settings.store) as store:
        asked = store.users() if user is None else [store.known_user(user)]
        users = [known.user_id for known in asked]
        data = {
            name: status_counts(store.status(name), store.spent_by_user(name)) for name in users
        }
        failed = {name: store.failures(name).to_dicts() for name in users}
        away = {name: _under_way(store, name) for name in users}
    for name, reasons in failed.items():
        data[name] |= {"failures": reasons, "batches": away[name]}
    screen: list[RenderableType] = [
        two_columns(_status_rows(counts), title=name) for name, counts in data.items()
    ]
    screen += [_batch_table(name, rows) for name, rows in away.items() if rows]
    screen += [_failure_table(name, rows) for name, rows in failed.items() if rows]
    return Reply(
        data={"users": data}, screen=screen or [paragraph("Nobody's history is loaded yet.")]
    )


def _status_rows(counts: dict[str, Any]) -> list[tuple[str, str]]:
    """People get words and dollars; nano-dollars and every failure are for programs."""
    shown_to_people = {
        what.replace("_", " "): str(amount)
        for what, amount in counts.items()
        if what not in {"failures", "batches", "cost_nano_usd", "cost_usd"}
    }
    return [*shown_to_people.items(), ("cost", f"${counts['cost_usd']}")]


def activity_screen(
    found: dict[str, dict[str, Any] | None], state: pl.DataFrame
) -> list[RenderableType]:
    """Letter and insight one below the other; what is missing says why."""
    parts: list[RenderableType] = []
    for kind, heading in (("letter", "The letter"), ("coaching", "The insight")):
        row = found[kind]
        text = row["text"] if row else _missing(kind, state)
        parts += [Rule(heading, align="left"), paragraph(text)]
    return parts


def _states(state: pl.DataFrame) -> dict[str, str | None]:
    """What became of both texts, and why one is missing; empty where none was ever planned."""
    names = [f"{kind}_{what}" for kind in ("letter", "coaching") for what in ("status", "error")]
    return state.select(names).row(0, named=True) if state.height else {}


def _missing(kind: str, state: pl.DataFrame) -> str:
    if state.is_empty():
        return "Not planned: this activity is not a run, or its history is not loaded."
    row = state.row(0, named=True)
    reason = row[f"{kind}_error"]
    return f"{row[f'{kind}_status']}" + (f": {reason}" if reason else "")


def _under_way(store: Store, user: str) -> list[dict[str, Any]]:
    """Message batches that were not read to their end."""
    now = datetime.now(UTC)
    return [
        {
            "batch": each.batch.name,
            "state": each.batch.state,
            "texts": each.texts,
            "model": each.batch.model,
            "age_s": round((now - each.batch.created_at).total_seconds()),
            "next": what_next(
                user, is_submitted=each.batch.state == "submitted", is_held=each.is_held
            ),
        }
        for each in BatchRows(store.engine).under_way(user, is_dead, now=now)
    ]


def _batch_table(user: str, rows: list[dict[str, Any]]) -> RenderableType:
    cells = [
        [row["batch"], str(row["texts"]), duration_text(row["age_s"]), row["next"]] for row in rows
    ]
    title = f"Message batches under way for {user}"
    return table(["batch", "texts", "for", "what next"], cells, title=title)


def _failure_table(user: str, rows: list[dict[str, Any]]) -> RenderableType:
    reasons = Counter(f"{row['error_type']}: {row['error']}" for row in rows)
    groups, others = shown(reasons)
    cells = [[str(group.texts), group.example, group.what_to_do] for group in groups]
    if others:
        cells.append([str(others), "other reasons", "--json lists every one"])
    title = f"Failed for {user}; taken again by the next run"
    return table(["texts", "why", "what to do"], cells, title=title)


def _owner(store: Store, activity: str) -> str:
    owners = [
        user.user_id
        for user in store.users()
        if activity in store.status(user.user_id)["activity_id"]
    ]
    if len(owners) > 1:
        raise UnknownActivity(
            f"Activity {activity!r} exists for {len(owners)} users.", remedy="Add --user."
        )
    return owners[0] if owners else ""


def _with_days(written: pl.DataFrame, user: User, settings: Settings) -> pl.DataFrame:
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    day = local_start(user.preferences.time_zone).dt.date().alias("day")
    starts = history.activities(user.user_id).select("activity_id", "started_at", day)
    return written.join(starts, on="activity_id", how="left").sort("started_at", descending=True)


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    known = {name: row[name] for name in ("started_at", "day")}
    return {"activity": row["activity_id"], **known, "letter": row["text"]}


def _public(row: dict[str, Any] | None) -> dict[str, Any] | None:
    kept = ("text", "structured", "writer", "model", "version", "is_fallback", "created_at")
    return {name: row[name] for name in kept if name in row} if row else None


def _day(row: dict[str, Any]) -> str:
    return f"{row['day']}" if row["day"] else ""


def _first_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else line[:89] + "…"
