"""What several benchmarks share: one invented export on disk, and commands run for real."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from runletters.edges.sample_files import write_strava_export
from runletters.samples import generate_history

REPOSITORY = Path(__file__).resolve().parents[1]
SEED, YEARS, UNTIL = 7, 3, date(2026, 11, 22)
USER = "bench"


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One command that ran in a process of its own."""

    code: int
    seconds: float
    peak_mb: float  # of the largest process among it and its children
    reply: dict[str, Any]
    errors: str

    @property
    def why_not(self) -> str:
        """One line about what went wrong."""
        lines = self.errors.strip().splitlines()
        said = str(self.reply.get("message") or (lines[-1] if lines else "it said nothing"))
        return f"exit code {self.code}: {said}"[:300]


def run_measured(command: list[str], *, env: dict[str, str], folder: Path) -> Ran:
    """Run a command to its end; wall seconds and peak memory by wait4 (getrusage).

    Args:
        command: Program and arguments.
        env: Added to this process's environment.
        folder: Where stdout and stderr go, as files: a pipe could fill up and block.
    """
    folder.mkdir(parents=True, exist_ok=True)
    out, err = folder / "stdout", folder / "stderr"
    began = time.perf_counter()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=os.environ | env, stdout=stdout, stderr=stderr
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    per_mb = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Ran(
        code=process.returncode,
        seconds=time.perf_counter() - began,
        peak_mb=usage.ru_maxrss / per_mb,
        reply=_last_object(out.read_text("utf-8", errors="replace")),
        errors=err.read_text("utf-8", errors="replace"),
    )


class Workbench:
    """A folder that lives as long as one `make bench`; expensive things are made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"

    @cached_property
    def export(self) -> Path:
        """The demo's Strava export: three years of one invented runner, as a zip."""
        target = self.folder / "export.zip"
        write_strava_export(target, generate_history(SEED, YEARS, UNTIL))
        return target

    def files(self, suffix: str, most: int) -> list[tuple[str, bytes]]:
        """(name, plain bytes) of at most so many files of a format, spread over the years."""
        with zipfile.ZipFile(self.export) as archive:
            names = [n for n in archive.namelist() if n.removesuffix(".gz").endswith(suffix)]
            chosen = names[:: max(1, len(names) // most)][:most]
            return [(n.removesuffix(".gz"), _plain(n, archive.read(n))) for n in chosen]

    def runletters(self, *arguments: str) -> Ran:
        """Run our command line in a process of its own, with a data folder of its own."""
        command = [sys.executable, "-m", "deployments.cli", *arguments, "--json"]
        alone = {
            "RUNLETTERS_HOME": str(self.home),
            "PREFECT_HOME": str(self.home / "prefect"),
            "PREFECT_API_URL": "",
            "RUNLETTERS_WRITER": "offline",
        }
        return run_measured(command, env=alone, folder=self.folder / f"ran-{arguments[0]}")

    @cached_property
    def ingested(self) -> Ran:
        """The export, loaded for a premium user; what the command said and took."""
        ran = self.runletters("ingest", str(self.export), "--user", USER)
        if ran.code == 0:
            self.runletters("user", "--user", USER, "--tier", "premium")
        return ran


def _plain(name: str, content: bytes) -> bytes:
    return (gzip.decompress(content) if name.endswith(".gz") else content).lstrip()


def _last_object(text: str) -> dict[str, Any]:
    for line in reversed(text.strip().splitlines()):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return {}
