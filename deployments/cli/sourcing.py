"""Commands about where new activities come from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import App, Parameter

from deployments.cli.replies import SOME_FAILED, Reply, paragraph, table, two_columns
from deployments.cli.running import start
from runletters.activities import Rights
from runletters.edges.store import Store
from runletters.settings import Settings
from runletters.sources import Source, read_config

UserName = Annotated[str, Parameter(name=["--user", "-u"], help="Whose source.")]
SourceName = Annotated[str | None, Parameter(name="--name", help="Its name; the kind if none.")]
RightsChoice = Annotated[
    Rights | None, Parameter(help="What may be done with it, where you know better.")
]

source = App(name="source", help="Where a runner's new activities come from.")
add = App(name="add", help="Add a source, or give one of that name new settings.")
source.command(add)


@add.command
def inbox(
    path: Annotated[str, Parameter(help="Folder or s3:// prefix, as the worker sees it.")],
    *,
    user: UserName,
    name: SourceName = None,
    rights: RightsChoice = None,
) -> Reply:
    """Watch a folder: whatever ingest can read may be put there."""
    return _added(user, name, {"kind": "inbox", "path": path, "rights": rights})


@add.command
def intervals(
    key: Annotated[str, Parameter(help="Where the API key is: env:NAME or block:NAME.")],
    *,
    user: UserName,
    name: SourceName = None,
    athlete: Annotated[str, Parameter(help="Athlete id; 0 is whose key it is.")] = "0",
    since: Annotated[str, Parameter(help="First local day, YYYY-MM-DD.")] = "2000-01-01",
    rights: RightsChoice = None,
) -> Reply:
    """Read an account of intervals.icu. The key itself is never kept here."""
    values = {"key": key, "athlete": athlete, "since": since, "rights": rights}
    return _added(user, name, {"kind": "intervals", **values})


@add.command
def sql(
    url: Annotated[str, Parameter(help="SQLAlchemy URL without password, env:… or block:….")],
    *,
    user: UserName,
    query: Annotated[str, Parameter(help="A SELECT that compares with :watermark.")],
    watermark: Annotated[str, Parameter(help="Its column that grows, such as updated_at.")],
    column: Annotated[
        tuple[str, ...], Parameter(negative="", help="ours=theirs, such as started_at=begin_ts.")
    ] = (),
    begin: Annotated[str, Parameter(name="--start", help="The watermark of the first look.")] = (
        "1970-01-01 00:00:00"
    ),
    name: SourceName = None,
    rights: RightsChoice = None,
) -> Reply:
    """Ask an app's own database, read only, for what is new since the last look."""
    columns = {ours: theirs for ours, _, theirs in (each.partition("=") for each in column)}
    values = {"url": url, "query": query, "watermark": watermark, "columns": columns}
    return _added(user, name, {"kind": "sql", **values, "start": begin, "rights": rights})


@source.command(name="list")
def list_sources(*, user: Annotated[str | None, Parameter(name=["--user", "-u"])] = None) -> Reply:
    """Every source, how far it was read, and what is wrong with it."""
    with Store.open(Settings().store) as store:
        found = store.sources(user)
    rows = [
        [
            each.user_id,
            each.name,
            each.config.kind,
            each.state,
            f"{each.polled_at:%Y-%m-%d %H:%M}" if each.polled_at else "never",
            " ".join(filter(None, (each.reason, each.remedy))),
        ]
        for each in found
    ]
    data = {"sources": [each.model_dump(mode="json") for each in found]}
    columns = ["user", "name", "kind", "state", "looked at (UTC)", "note"]
    return Reply(data=data, screen=[table(columns, rows)])


@source.command
def remove(name: str, *, user: UserName) -> Reply:
    """Forget a source; what came from it stays."""
    with Store.open(Settings().store) as store:
        store.remove_source(user, name)
    return Reply(data={"removed": name}, screen=[paragraph(f"Removed {name}.")])


@source.command
def look(*, user: Annotated[str, Parameter(name=["--user", "-u"])] = "") -> Reply:
    """Look at the sources now, instead of waiting for the next quarter of an hour."""
    from flows.generate_new_activities import generate_new_activities

    result = start(lambda: generate_new_activities(user))
    rows = [(key, f"{value}") for key, value in result.items() if isinstance(value, int)]
    notes = [
        paragraph(f"{each['source']} of {each['user_id']}: {each['reason']} {each['remedy'] or ''}")
        for each in result["notes"]
        if each["reason"]
    ]
    code = SOME_FAILED if result["failed"] or result["quarantined"] else 0
    return Reply(data=result, screen=[two_columns(rows), *notes], code=code)


def _added(user: str, name: str | None, values: dict[str, Any]) -> Reply:
    config = read_config(values)
    made, now = Source(user_id=user, name=name or config.kind, config=config), datetime.now(UTC)
    with Store.open(Settings().store) as store:
        store.ensure_user(user, now=now)
        store.set_source(made, now=now)
    said = f"{made.name}: looked at every quarter of an hour, or now: runletters source look"
    return Reply(data=made.model_dump(mode="json"), screen=[paragraph(said)])
