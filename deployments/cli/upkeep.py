"""Commands for who runs the house: users, erasing, a look at everything that must work."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from deployments.cli.replies import EXIT_CODES, Reply, paragraph, table, two_columns
from runletters.edges.checkup import checks
from runletters.edges.store import Store
from runletters.errors import Busy
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
    threshold_heart_rate: Annotated[
        int | None, Parameter(help="Heart rate at the lactate threshold, bpm.")
    ] = None,
    threshold_pace: Annotated[
        float | None, Parameter(help="Pace at that threshold, seconds per km.")
    ] = None,
    sex: Annotated[Literal["female", "male"] | None, Parameter(help="For TRIMP.")] = None,
    birth_year: Annotated[int | None, Parameter(help="For the highest heart rate by age.")] = None,
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
        "threshold_heart_rate_bpm": threshold_heart_rate,
        "threshold_pace_s_per_km": threshold_pace,
        "sex": sex,
        "birth_year": birth_year,
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
    """Erase a user everywhere: store, history, kept results, published file, Prefect.

    What cannot be reached is named, with what to do; the rest is erased all the same (exit
    code 5 then).
    """
    from deployments.forgetting import forget_everywhere

    if not yes and not _is_confirmed(user):
        return Reply(
            data={"user": user, "erased": False, "left": {}, "note": _NOT_CONFIRMED},
            screen=[paragraph(_NOT_CONFIRMED)],
            code=2,
        )
    gone = forget_everywhere(Settings(), user)
    rows = [(key.replace("_", " "), str(value)) for key, value in gone.erased.items()]
    left = [
        paragraph(f"Not erased: {place}. {why}", style="red") for place, why in gone.left.items()
    ]
    return Reply(
        data={"user": user, "erased": not gone.left, "left": dict(gone.left), **gone.erased},
        screen=[two_columns(rows), *left, paragraph(_EVENTS_STAY)],
        code=EXIT_CODES[Busy] if gone.left else 0,
    )


_NOT_CONFIRMED = "Nothing was erased: the name was not confirmed. `--yes` asks nothing."
_EVENTS_STAY = (
    "A Prefect server drops its record of events (with names of runs) by itself, "
    "seven days later unless PREFECT_EVENTS_RETENTION_PERIOD says otherwise."
)


def _is_confirmed(user: str) -> bool:
    """Ask on stderr: stdout belongs to the answer. Nobody there is no."""
    sys.stderr.write(f"Erase everything of {user!r}? Type the name to confirm: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == user


def doctor() -> Reply:
    """Check keys, store, history, mail, sources, receiver, server and worker; say what to do."""
    settings = Settings()
    found = checks(settings, free_bytes=shutil.disk_usage(settings.home.absolute().anchor).free)
    rows = [[check.mark, check.name, check.found, check.remedy] for check in found]
    bad = [check.name for check in found if check.is_bad]
    data = {"ok": not bad, "checks": [check.as_dict() for check in found]}
    screen = [table(["", "what", "found", "what to do"], rows)]
    return Reply(data=data, screen=[*screen], code=3 if bad else 0)
