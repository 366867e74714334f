"""Who on this machine holds a claim, and whether that process still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def owner_name(flow_run_id: str) -> str:
    """The name under which this process claims items: host, process id, flow run."""
    return f"{socket.gethostname()}/{os.getpid()}/{flow_run_id}"


def is_dead(owner: str) -> bool:
    """Whether the claim's process ran on this machine and is gone.

    A process id that was given to somebody else counts as alive: the lease then ends by time.
    """
    host, _, rest = owner.partition("/")
    process_id = rest.partition("/")[0]
    if host != socket.gethostname() or not process_id.isdigit():
        return False
    return int(process_id) != os.getpid() and not _exists(int(process_id))


def _exists(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(process_id)


def _is_zombie(process_id: int) -> bool:
    """A killed child that nobody has waited for still has an id, and writes nothing."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] == "Z"
