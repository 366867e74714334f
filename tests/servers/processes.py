"""Processes that a test starts: their own group, their output in a file, ended by their id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

_Found = TypeVar("_Found")
_PATIENCE_S = 15.0


def free_port() -> int:
    """A port on loopback that nobody has at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], log: Path, *, environment: Mapping[str, str], folder: Path
) -> Generator[subprocess.Popen[bytes]]:
    """A process that ends with the block, and with it all that it started."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=dict(environment), cwd=folder, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the group of a process to stop; what is still there after a while is killed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE_S)
            break
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what outlived its parent


def until(look: Callable[[], _Found | None], *, within_s: float, what: str) -> _Found:
    """What `look` finds, asked again and again.

    Raises:
        TimeoutError: it found nothing in time; the message says what was waited for.
    """
    patience = time.monotonic() + within_s
    while time.monotonic() < patience:
        if (found := look()) is not None:
            return found
        time.sleep(0.25)
    raise TimeoutError(f"waited {within_s:.0f} s for {what}")


def gone_process() -> str:
    """The owner of claims whose process is dead."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return f"{socket.gethostname()}/{process.pid}/gone"
