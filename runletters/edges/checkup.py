"""A look at everything that must work, for `runletters doctor`."""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.errors import RunlettersError
from runletters.settings import Settings

_LEAST_FREE_BYTES = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    found: str
    state: str = "ok"  # ok, note (works, but know this), bad
    remedy: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether something that is needed does not work."""
        return self.state == "bad"

    @property
    def mark(self) -> str:
        """A sign for the terminal."""
        return {"ok": "ok", "note": "!", "bad": "BAD"}[self.state]

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def checks(settings: Settings, *, free_bytes: int) -> list[Check]:
    """Look at everything; a check that fails never stops the next."""
    looks: list[Callable[[], Check]] = [
        _python,
        lambda: _disk(free_bytes),
        lambda: _store(settings),
        lambda: _history(settings),
        lambda: _writer(settings),
        lambda: _published(settings),
        _server,
    ]
    return list(_looked(looks))


def _looked(looks: list[Callable[[], Check]]) -> Iterator[Check]:
    for look in looks:
        try:
            yield look()
        except (RunlettersError, OSError, ValueError) as error:
            name = getattr(look, "__name__", "check").strip("_")
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
            return Check(name="store", found=f"reachable, {len(store.users())} users")
    except RunlettersError as error:
        return Check(name="store", found=str(error), state="bad", remedy=error.remedy)


def _history(settings: Settings) -> Check:
    try:
        history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
        return Check(name="history", found=f"readable, {len(history.users())} users")
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


def _server() -> Check:
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        found = "none set: each command starts a private one and ends it"
        remedy = "prefect server start; then set PREFECT_API_URL to have the UI and schedules"
        return Check(name="prefect server", found=found, state="note", remedy=remedy)
    try:
        with urllib.request.urlopen(f"{url}/admin/version", timeout=5) as answer:  # noqa: S310 - the person's own setting
            return Check(name="prefect server", found=f"{url}, {json.load(answer)}")
    except (urllib.error.URLError, ValueError) as error:
        return Check(
            name="prefect server",
            found=f"{url}: {error}",
            state="bad",
            remedy="Start it with `prefect server start`, or unset PREFECT_API_URL.",
        )
