"""The pull step of prefect.yaml: flow runs work in the checkout their code is imported from."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def enter_checkout() -> dict[str, str]:
    """Make the checkout the working folder, so that `.env` and relative paths are found there."""
    os.chdir(CHECKOUT)
    return {"directory": str(CHECKOUT)}
