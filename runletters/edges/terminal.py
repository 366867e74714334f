"""Progress for people at a terminal: a bar on stderr, nothing where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)


@contextmanager
def progress_bar(what: str, total: int) -> Generator[Callable[[], None]]:
    """A bar for the block; call what is yielded once per finished thing."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    is_seen = sys.stderr.isatty() and total > 0
    with Progress(*columns, console=console, disable=not is_seen) as bar:
        line = bar.add_task(what, total=total)
        yield lambda: bar.advance(line)
