"""What Prefect is told before it is imported: quiet, batched, and patient."""

from __future__ import annotations

import os
from pathlib import Path

from runletters.settings import Settings

_PREFECT = {
    "PREFECT_LOGGING_LEVEL": "WARNING",
    # People get one clear line; the state of the run keeps the traceback.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "200",
}
"""As in prefect.toml, for whoever starts the command from another folder."""


def prepare_prefect(*, debug: bool) -> None:
    """Set Prefect's environment; what the person set already stays."""
    for name, value in _PREFECT.items():
        os.environ.setdefault(name, value)
    if home := os.environ.get("PREFECT_HOME"):
        # Prefect makes the folder but not those above it, and then its server never starts.
        Path(home).expanduser().mkdir(parents=True, exist_ok=True)
    if debug:
        os.environ["PREFECT_LOGGING_LEVEL"] = "DEBUG"
        os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "DEBUG"


def use_private_prefect(settings: Settings) -> None:
    """Keep the demo's Prefect inside the data folder, away from any server in the profile."""
    os.environ["PREFECT_HOME"] = str(Path(settings.home).absolute() / "prefect")
    for name in ("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_PROFILE"):
        os.environ.pop(name, None)
