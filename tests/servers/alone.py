"""Starts one of the programs beside this file in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def process_of(program: str, *told: str) -> subprocess.Popen[str]:
    """`python -m servers.<program>`; it is spoken with through its pipes."""
    places = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return subprocess.Popen(
        [sys.executable, "-m", f"servers.{program}", *told],
        env=os.environ | {"PYTHONPATH": places},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
