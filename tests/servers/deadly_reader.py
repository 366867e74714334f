"""A reader that some files kill; in a module of its own, so that processes can import it."""

from __future__ import annotations

import os
import signal

from runletters.activities import ReadResult
from runletters.edges import readers


def deadly(name: str, content: bytes) -> ReadResult:
    """Read a file, or die of it as a broken decoder would."""
    if content.startswith(b"kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    return readers.read_bytes(name, content)
