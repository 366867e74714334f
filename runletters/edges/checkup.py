"""A look at everything that must work, for `runletters doctor`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from runletters.edges.check import Check
from runletters.edges.checkup_server import server_checks
from runletters.edges.history_files import History
from runletters.edges.mail import MailServer
from runletters.edges.server_api import Unreachable, version_of
from runletters.edges.store import Store
from runletters.errors import RunlettersError
from runletters.settings import Settings

_LEAST_FREE_BYTES = 1_000_000_000


def checks(settings: Settings, *, free_bytes: int) -> list[Check]:
    """Look at everything; a check that fails never stops the next."""
    looks: dict[str, Callable[[], Check]] = {
        "python": _python,
        "disk": lambda: _disk(free_bytes),
        "store": lambda: _store(settings),
        "history": lambda: _history(settings),
        "writer": lambda: _writer(settings),
        "published file": lambda: _published(settings),
        "mail": lambda: _mail(settings),
        "sources": lambda: _sources(settings),
        "receiver": lambda: _receiver(settings),
        "prefect server": _server,
    }
    found = list(_looked(looks))
    return found + ([] if found[-1].state != "ok" else list(_asked(os.environ["PREFECT_API_URL"])))


def _asked(url: str) -> Iterator[Check]:
    try:
        yield from server_checks(url)
    except (*Unreachable, KeyError) as error:
        found = f"{type(error).__name__}: {error}"
        remedy = "Look at the server's log; is it the Prefect version of requirements/run.txt?"
        yield Check(name="prefect server", found=found, state="bad", remedy=remedy)


def _looked(looks: Mapping[str, Callable[[], Check]]) -> Iterator[Check]:
    for name, look in looks.items():
        try:
            yield look()
        except RunlettersError as error:
            yield Check(name=name, found=str(error.args[0]), state="bad", remedy=error.remedy)
        except (OSError, ValueError) as error:
            yield Check(name=name, found=" ".join(str(error).split()), state="bad")


def _python() -> Check:
    return Check(name="python", found=sys.version.split()[0])


def _disk(free_bytes: int) -> Check:
    found = f"{free_bytes / 1e9:.1f} GB free"
    if free_bytes >= _LEAST_FREE_BYTES:
        return Check(name="disk", found=found)
    return Check(name="disk", found=found, state="note", remedy="Free at least 1 GB.")


def _store(settings: Settings) -> Check:
    try:
        with Store.open(settings.store) as store:
            return Check(name="store", found=f"reachable, {_users(len(store.users()))}")
    except RunlettersError as error:
        return Check(name="store", found=str(error.args[0]), state="bad", remedy=error.remedy)


def _users(count: int) -> str:
    return f"{count} user{'' if count == 1 else 's'}"


def _history(settings: Settings) -> Check:
    try:
        history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
        return Check(name="history", found=f"readable, {_users(len(history.users()))}")
    except Exception as error:  # noqa: BLE001 - boto3 has no common root; people get the line
        return Check(
            name="history",
            found=" ".join(str(error).split()),
            state="bad",
            remedy="Check RUNLETTERS_HISTORY_URL and the AWS credentials.",
        )


def _writer(settings: Settings) -> Check:
    has_key = settings.anthropic_api_key is not None
    if settings.writer == "offline":
        found = "offline: free, no key needed" + ("; a key for claude is set" if has_key else "")
        return Check(name="writer", found=found)
    if has_key:
        return Check(name="writer", found=f"claude with {settings.model}, key set")
    return Check(
        name="writer",
        found="claude, without a key",
        state="bad",
        remedy="Set ANTHROPIC_API_KEY, or RUNLETTERS_WRITER=offline.",
    )


def _published(settings: Settings) -> Check:
    if settings.published.startswith("s3://"):
        return Check(name="published file", found=settings.published)
    path = Path(settings.published)
    if path.exists():
        return Check(name="published file", found=f"{path.stat().st_size / 1e6:.1f} MB")
    return Check(
        name="published file", found="not there yet", state="note", remedy="runletters publish"
    )


def _mail(settings: Settings) -> Check:
    missing = [
        name
        for name, value in (
            ("RUNLETTERS_SMTP_URL", settings.smtp_url),
            ("RUNLETTERS_MAIL_FROM", settings.mail_from),
        )
        if not value
    ]
    if settings.smtp_url is None:
        remedy = f"To send digests and notices, set {' and '.join(missing)}."
        return Check(name="mail", found="not set up: no mail is sent", state="note", remedy=remedy)
    if missing:
        remedy = f"Set {missing[0]}, such as Run Letters <letters@example.org>."
        return Check(name="mail", found="a server, but no sender", state="bad", remedy=remedy)
    server = MailServer.at(settings.smtp_url.get_secret_value())
    try:
        server.check()
    except RunlettersError as error:
        return Check(name="mail", found=str(error.args[0]), state="bad", remedy=error.remedy)
    return Check(name="mail", found=f"{server.host}:{server.port} answers")


def _sources(settings: Settings) -> Check:
    with Store.open(settings.store) as store:
        sources = store.sources()
    failed = [f"{each.name} of {each.user_id}" for each in sources if each.state == "failed"]
    if failed:
        remedy = "runletters source list says why."
        found = f"failing: {', '.join(failed)}"
        return Check(name="sources", found=found, state="bad", remedy=remedy)
    if sources:
        return Check(name="sources", found=f"{len(sources)} watched")
    remedy = "To have new runs noticed: runletters source add inbox PATH --user U."
    return Check(name="sources", found="none watched", state="note", remedy=remedy)


def _receiver(settings: Settings) -> Check:
    hooks = {"new activities": settings.hook_secret, "Stripe": settings.stripe_webhook_secret}
    wanted = [name for name, secret in hooks.items() if secret]
    if not wanted:
        remedy = "Optional: set RUNLETTERS_HOOK_SECRET or RUNLETTERS_STRIPE_WEBHOOK_SECRET."
        return Check(name="receiver", found="no webhooks", state="note", remedy=remedy)
    if settings.stripe_webhook_secret and find_spec("stripe") is None:
        remedy = "Install the extra: pip install runletters[receiver]."
        found = "Stripe's webhook is set, its library is not installed"
        return Check(name="receiver", found=found, state="bad", remedy=remedy)
    return Check(name="receiver", found=f"for {' and '.join(wanted)}, with runletters serve")


def _server() -> Check:
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        found = "none set: each command starts a private one and ends it"
        remedy = "prefect server start; then set PREFECT_API_URL to have the UI and schedules"
        return Check(name="prefect server", found=found, state="note", remedy=remedy)
    try:
        return Check(name="prefect server", found=f"{url}, {version_of(url)}")
    except Unreachable as error:
        return Check(
            name="prefect server",
            found=f"{url}: {error}",
            state="bad",
            remedy="Start it with `prefect server start`, or unset PREFECT_API_URL.",
        )
