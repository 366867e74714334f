"""What people see while a flow runs and when it is over: artifacts, and a bar in the terminal."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    update_progress_artifact,
)
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from runletters.content import Outcome
from runletters.progress import duration_text, eta_s
from runletters.summaries import summary_markdown
from runletters.users import user_key

_LOG = logging.getLogger(__name__)
_ARTIFACT_EVERY_S = 5.0
"""Each update is a request to the server: a person cannot read faster anyway."""


class Watcher:
    """Counts finished items; keeps the artifact and the terminal bar up to date."""

    def __init__(self, user_id: str, total: int, bar: Progress) -> None:
        self._total, self._finished, self._failed = total, 0, 0
        self._started = self._shown = time.monotonic()
        self._bar, self._line = bar, bar.add_task("writing", total=total)
        self._artifact = _open_artifact(user_id, total)

    def finished(self, outcome: Outcome) -> Outcome:
        """Count one outcome and hand it on."""
        self._finished += 1
        self._failed += not outcome.is_done
        self._bar.update(self._line, advance=1)
        if time.monotonic() - self._shown >= _ARTIFACT_EVERY_S:
            self._shown = time.monotonic()
            self._show()
        return outcome

    def close(self) -> None:
        """Show the last state."""
        self._show()

    def _show(self) -> None:
        if self._artifact is not None:
            percent = 100.0 * self._finished / max(self._total, 1)
            try:
                update_progress_artifact(
                    artifact_id=self._artifact, progress=percent, description=self._words()
                )
            except Exception:  # noqa: BLE001 - a picture of progress fails no run
                _LOG.warning("Progress is shown no further: its artifact cannot be updated.")
                self._artifact = None

    def _words(self) -> str:
        elapsed = time.monotonic() - self._started
        left = eta_s(finished=self._finished, total=self._total, elapsed_s=elapsed)
        wait = f", {duration_text(left)} left" if left else ""
        failed = f", {self._failed:,} failed" if self._failed else ""
        return f"{self._finished:,} of {self._total:,} texts{failed}{wait}"


def _open_artifact(user_id: str, total: int) -> UUID | None:
    if not total:
        return None
    created = create_progress_artifact(
        progress=0.0,
        key=f"backfill-progress-{user_key(user_id)}",
        description=f"0 of {total:,} texts",
    )
    return cast("UUID", created)  # Prefect types the synchronous call as perhaps a coroutine


@contextmanager
def watching(user_id: str, total: int) -> Generator[Watcher]:
    """A watcher for the block; the bar is drawn on stderr, only for people."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as bar:
        watcher = Watcher(user_id, total, bar)
        yield watcher
        watcher.close()


def publish_summary(result: dict[str, Any]) -> None:
    """Put the summary where the UI shows it."""
    create_markdown_artifact(
        markdown=summary_markdown(result),
        key=f"backfill-summary-{user_key(result['user'])}",
        description="What was written, skipped and failed, and what it cost",
    )
