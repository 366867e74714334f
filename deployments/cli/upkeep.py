"""Commands for who runs the house: users, erasing, a look at everything that must work."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from deployments.cli.replies import Reply, paragraph, table, two_columns
from runletters.edges.checkup import checks
from runletters.edges.history_files import History
from runletters.edges.journal_files import forget_journal
from runletters.edges.results import forget_results
from runletters.edges.store import Store
from runletters.facts import Units
from runletters.settings import Settings

UserName = Annotated[str, Parameter(name=["--user", "-u"], help="Who.")]


def user(
    *,
    user: UserName,
    tier: Annotated[Literal["free", "premium"] | None, Parameter(help="free or premium.")] = None,
    language: Annotated[str | None, Parameter(help="ISO 639-1 code of the texts.")] = None,
    units: Annotated[Units | None, Parameter(help="metric or imperial.")] = None,
    name: Annotated[str | None, Parameter(help="Name to use in texts.")] = None,
    allow_notes: Annotated[bool | None, Parameter(help="Whether notes may be used.")] = None,
    heart_rate_max: Annotated[int | None, Parameter(help="Highest heart rate, bpm.")] = None,
    heart_rate_rest: Annotated[int | None, Parameter(help="Heart rate at rest, bpm.")] = None,
    email: Annotated[str | None, Parameter(help="Where digests and notices go.")] = None,
    time_zone: Annotated[str | None, Parameter(help="IANA name, such as Europe/Berlin.")] = None,
    digests: Annotated[bool | None, Parameter(help="Whether digests are sent.")] = None,
) -> Reply:
    """Show a user, or change tier and preferences."""
    changes: dict[str, Any] = {
        "language": language,
        "units": units,
        "reader_name": name,
        "allow_notes": allow_notes,
        "heart_rate_max_bpm": heart_rate_max,
        "heart_rate_rest_bpm": heart_rate_rest,
        "email": email,
        "time_zone": time_zone,
        "digests": digests,
    }
    given = {key: value for key, value in changes.items() if value is not None}
    now = datetime.now(UTC)
    with Store.open(Settings().store) as store:
        store.ensure_user(user, now=now)
        known = store.set_user(user, tier=tier, preferences=given or None, now=now)
    data = {"user": known.user_id, "tier": known.tier, **known.preferences.model_dump()}
    rows = [(key.replace("_", " "), str(value)) for key, value in data.items() if value is not None]
    return Reply(data=data, screen=[two_columns(rows)])


def forget(
    *,
    user: UserName,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask.")] = False,
) -> Reply:
    """Erase a user everywhere: store, history, kept results, published file, Prefect."""
    from deployments.cli.running import start
    from deployments.forgetting import forget_on_server
    from flows.publish_warehouse import publish_warehouse

    if not yes and input(f"Erase everything of {user!r}? Type the name to confirm: ") != user:
        return Reply(data={"erased": False}, screen=[paragraph("Nothing was erased.")], code=2)
    settings = Settings()
    with Store.open(settings.store) as store:
        counts = store.forget(user, now=datetime.now(UTC))
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    counts["history_files"] = history.forget(user)
    counts["journal_files"] = forget_journal(settings, user)
    counts["kept_results"] = forget_results(settings, user)
    counts["published_tables"] = len(start(publish_warehouse).get("tables", {}))
    counts |= forget_on_server(user)
    rows = [(key.replace("_", " "), str(value)) for key, value in counts.items()]
    return Reply(data={"user": user, "erased": True, **counts}, screen=[two_columns(rows)])


def doctor() -> Reply:
    """Check keys, store, history, mail, sources, receiver, server and worker; say what to do."""
    settings = Settings()
    found = checks(settings, free_bytes=shutil.disk_usage(settings.home.absolute().anchor).free)
    rows = [[check.mark, check.name, check.found, check.remedy] for check in found]
    bad = [check.name for check in found if check.is_bad]
    data = {"ok": not bad, "checks": [check.as_dict() for check in found]}
    screen = [table(["", "what", "found", "what to do"], rows)]
    return Reply(data=data, screen=[*screen], code=3 if bad else 0)
