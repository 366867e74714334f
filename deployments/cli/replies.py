"""What a command answers, and how it reaches the person or the program that asked."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from runletters import errors
from runletters.untrusted import visible


class WrongUsage(errors.RunlettersError):
    """What was typed is no command of ours, or lacks something."""


EXIT_CODES: dict[type[BaseException], int] = {
    errors.SettingsError: 3,
    errors.UnknownActivity: 4,
    errors.UnknownSource: 4,
    errors.UnknownUser: 4,
    errors.HistoryError: 4,
    errors.Busy: 5,
    errors.StoreError: 5,
    WrongUsage: 2,
    errors.ImpossibleOrder: 2,
    errors.EngagementError: 2,
    errors.TierLimit: 6,
    errors.BudgetReached: 7,
    errors.NotApproved: 7,
    errors.WriterStopped: 8,
}
"""0 done · 1 unexpected · 2 wrong usage · 3 a setting is missing · 4 not found or unreadable ·
5 busy or store trouble · 6 tier · 7 budget · 8 the model service stopped the run ·
10 done, but some items failed or were quarantined."""

SOME_FAILED = 10


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The answer of one command: data for programs, a screen for people, an exit code."""

    data: dict[str, Any]
    screen: list[RenderableType] = field(default_factory=list[RenderableType])
    code: int = 0


def exit_code(error: BaseException) -> int:
    """The exit code of an error: that of its class, or of the nearest class above it."""
    if _is_of_s3(error):
        return EXIT_CODES[errors.StoreError]
    return next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), 1)


def emit(reply: Reply, *, as_json: bool) -> None:
    """Write the answer to stdout: exactly one JSON object, or a screen."""
    if as_json:
        sys.stdout.write(_json(reply.data) + "\n")
        return
    Console(highlight=False).print(Group(*reply.screen))


def emit_error(error: BaseException, *, as_json: bool) -> int:
    """One clear line on stderr; with --json also one object on stdout."""
    code = exit_code(error)
    message = _message(error)
    if as_json:
        data = {"error": type(error).__name__, "message": message, "exit_code": code}
        sys.stdout.write(_json(data) + "\n")
    Console(stderr=True, highlight=False, soft_wrap=True).print(
        Text.assemble(("error: ", "bold red"), visible(message))
    )
    return code


def _message(error: BaseException) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return f"S3 said no: {said.rstrip('.')}. {_ABOUT_S3}" if _is_of_s3(error) else said


def _is_of_s3(error: BaseException) -> bool:
    # By name: botocore takes long to import, and few use it.
    return type(error).__module__.partition(".")[0] == "botocore"


_ABOUT_S3 = (
    "Check the address, RUNLETTERS_S3_ENDPOINT_URL for a server other than AWS, "
    "and AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_DEFAULT_REGION."
)


def two_columns(rows: list[tuple[str, str]], *, title: str | None = None) -> Table:
    """A small table of what and how much. Texts are shown as they are, never as markup."""
    table = Table(
        title=_heading(title), title_justify="left", title_style="bold", show_header=False
    )
    table.add_column()
    table.add_column(justify="right")
    for what, amount in rows:
        table.add_row(Text(visible(what)), Text(visible(amount)))
    return table


def table(columns: list[str], rows: list[list[str]], *, title: str | None = None) -> Table:
    """A table whose cells are shown as they are, never as markup."""
    made = Table(*columns, title=_heading(title), title_justify="left", title_style="bold")
    for row in rows:
        made.add_row(*(Text(visible(cell)) for cell in row))
    return made


def paragraph(text: str, *, style: str = "") -> Text:
    """A text of our own or a stranger's; control characters are dropped."""
    return Text(visible(text) + "\n", style=style)


def _heading(title: str | None) -> Text | None:
    return None if title is None else Text(visible(title), style="bold")


def _json(data: dict[str, Any]) -> str:
    """One line of JSON; what a terminal could obey is escaped, the data stay."""
    text = json.dumps(data, ensure_ascii=False, default=str)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)
