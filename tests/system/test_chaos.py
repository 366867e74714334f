"""A small chaos run: faults, a kill, a budget, two runs at once, and the books are right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.system
REPOSITORY = Path(__file__).resolve().parents[2]


def test_thirty_activities_survive_a_kill(tmp_path: Path) -> None:
    """The program ends by itself, says that every promise held, and writes its table."""
    target = tmp_path / "chaos.json"
    command = [
        sys.executable, "-m", "chaos.run",
        "--activities", "30", "--kills", "1", "--out", str(target),
    ]  # fmt: skip

    ended = subprocess.run(
        command, cwd=REPOSITORY, env=os.environ | {"PYTHONPATH": f"{REPOSITORY}:tests"},
        capture_output=True, text=True, timeout=540, check=False,
    )  # fmt: skip

    assert 0 == ended.returncode, ended.stdout[-3000:] + ended.stderr[-3000:]
    lines = json.loads(target.read_text("utf-8"))
    named = {line["fault"]: line for line in lines}
    assert {"fault", "trials", "lost", "paid_twice", "in_flight_bound", "seconds"} == set(lines[0])
    assert 1 == named["kill -9 of a flow process"]["trials"]
    assert {(0, 0)} == {(line["lost"], line["paid_twice"]) for line in lines}
