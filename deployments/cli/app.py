"""The commands by name. Each lives in the module of what it is about."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

from cyclopts import App, CycloptsError, Group, Parameter
from rich.console import Console

from deployments.cli import (
    engaging,
    journaling,
    mailing,
    quoting,
    reading,
    running,
    serving,
    sourcing,
    training,
    upkeep,
)
from deployments.cli.environment import prepare_prefect
from deployments.cli.replies import Reply, WrongUsage, emit, emit_error

_EVERYWHERE = Group("Everywhere", sort_key=0)

app = App(
    name="runletters",
    help="Letters and coaching insights for every run of a history, every number true.",
    version_flags=["--version"],
)
for command in (
    running.demo,
    running.ingest,
    running.backfill,
    quoting.quote,
    running.process,
    running.publish,
    reading.letters,
    reading.show,
    reading.status,
    mailing.digest,
    journaling.journal,
    training.compare,
    training.predict,
    training.trend,
    engaging.engage,
    engaging.edit,
    engaging.unsubscribe,
    training.plan,
    serving.serve,
    serving.automations,
    serving.resume,
    upkeep.user,
    upkeep.forget,
    upkeep.doctor,
):
    app.command(command)
app.command(sourcing.source)
app.meta.group_parameters = _EVERYWHERE


@app.meta.default
def _launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    json: Annotated[bool, Parameter(negative="", help="One JSON object on stdout.")] = False,
    debug: Annotated[bool, Parameter(negative="", help="Full tracebacks and logs.")] = False,
) -> int:
    """Letters and coaching insights for every run of a history, every number true."""
    prepare_prefect(debug=debug)
    try:
        reply = app(tokens, exit_on_error=False, print_error=False, console=_help_console(json))
    except CycloptsError as error:
        return emit_error(_wrong_usage(error), as_json=json)
    except Exception as error:  # noqa: BLE001 - the border: people get one clear line
        if debug:
            traceback.print_exc()
        return emit_error(error, as_json=json)
    if isinstance(reply, Reply):
        emit(reply, as_json=json)
        return reply.code
    return 0


def _wrong_usage(error: CycloptsError) -> WrongUsage:
    command = " ".join(["runletters", *(error.command_chain or ()), "--help"])
    return WrongUsage(str(error), remedy=f"`{command}` shows what there is.")


def _help_console(json: bool) -> Console:
    """Help leaves stdout alone when a program listens."""
    return Console(stderr=json)


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        code = app.meta()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
