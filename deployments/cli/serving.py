"""Commands that keep the house running: deployments in one process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from deployments.cli.replies import Reply, paragraph
from runletters.errors import SettingsError
from runletters.settings import Settings

_HOST = "127.0.0.1"
_STARTS_WITHIN_S = 180


def serve(
    *,
    limit: Annotated[int, Parameter(help="Flow runs side by side.")] = 4,
    port: Annotated[int, Parameter(help="Of the server, where PREFECT_API_URL names none.")] = 4200,
    receiver_port: Annotated[
        int, Parameter(help="Of the receiver of webhooks, where a secret for one is set.")
    ] = 4280,
) -> Reply:
    """Run every deployment and schedule of prefect.yaml in this one process; Ctrl-C ends it."""
    with _server(port) as url:
        os.environ["PREFECT_API_URL"] = url
        Console(stderr=True).print(f"Serving; the UI is {url.removesuffix('/api')}")
        from deployments.serving import serve_all

        serve_all(limit=limit, receiver_port=receiver_port)
    return Reply(data={"served": url}, screen=[paragraph("Ended.")])


@contextmanager
def _server(port: int) -> Generator[str]:
    """The server that is set or already runs here; else one that ends with the block."""
    from runletters.edges.server_api import is_well

    url = os.environ.get("PREFECT_API_URL") or f"http://{_HOST}:{port}/api"
    if os.environ.get("PREFECT_API_URL") or is_well(url):
        yield url
        return
    command = [sys.executable, "-m", "prefect", "server", "start"]
    process = subprocess.Popen(  # noqa: S603 - our own Python
        [*command, "--host", _HOST, "--port", str(port)],
        # The pages ask this address; else port 4200, whatever --port says.
        env={"PREFECT_UI_API_URL": url, **os.environ},
    )
    try:
        _wait(process, url)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    from runletters.edges.server_api import is_well

    patience = time.monotonic() + _STARTS_WITHIN_S
    while not is_well(url):
        if process.poll() is not None or time.monotonic() > patience:
            raise SettingsError(
                f"The Prefect server did not start at {url}.",
                remedy="Is the port taken? Choose another with --port, or set PREFECT_API_URL.",
            )
        time.sleep(0.5)


def automations() -> Reply:
    """Make or renew the automations on the server: dead runs, failures, the day's budget."""
    from deployments.automations import create_automations

    names = create_automations(Settings())
    return Reply(data={"automations": names}, screen=[paragraph("\n".join(names))])


def resume() -> Reply:
    """Let backfills go on: resume their queues on the server, whoever or whatever paused them.

    What the day's budget paused goes on by itself the next day (UTC).
    """
    from tasks.queues import resume as resume_all

    names = resume_all()
    said = f"Go on: {', '.join(names)}" if names else "No queue of backfills is paused."
    return Reply(data={"resumed": names}, screen=[paragraph(said)])
