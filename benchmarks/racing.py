"""Runs one contestant against the fake and measures it from outside."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.stage import Fake, PrefectServer, cpu_s, memory_mb, per_second

_LOOK_S = 0.25
_SETTLE_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Race:
    """What one contestant did, and what it took."""

    code: int
    done: int
    failed: int
    seconds: float  # as it says itself, without its imports
    whole_s: float
    cpu_s: float  # the same
    server_cpu_s: float
    fake_cpu_s: float
    peak_mb: float
    by_status: Mapping[int, int]
    starts: Sequence[float]  # moments at which the fake accepted a call
    recorded: Mapping[str, int] = field(default_factory=dict[str, int])
    errors: str = ""

    @property
    def texts(self) -> int:
        """All that were asked for."""
        return max(1, self.done + self.failed)

    @property
    def items_per_s(self) -> float:
        """Texts that came out, a second."""
        return self.done / self.seconds if self.seconds else 0.0

    def ms_per_text(self, seconds: float) -> float:
        """CPU milliseconds a text."""
        return 1000 * seconds / self.texts

    @property
    def throttled(self) -> int:
        """Answers of 429."""
        return self.by_status.get(429, 0)

    @property
    def per_second(self) -> list[int]:
        """Calls that were accepted, in each second from the first one on."""
        return per_second(self.starts)


class _Watch:
    """CPU and memory of a process and its children, looked at four times a second."""

    def __init__(self, pid: int) -> None:
        self._pid, self._over = pid, threading.Event()
        self.cpu_s, self.peak_mb = 0.0, 0.0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_S):
            try:
                self.cpu_s = max(self.cpu_s, cpu_s(self._pid))
                self.peak_mb = max(self.peak_mb, memory_mb(self._pid))
            except psutil.Error:
                continue

    def end(self) -> None:
        """Stop looking."""
        self._over.set()
        self._thread.join()


def race(
    module: str,
    arguments: Sequence[str],
    *,
    fake: Fake,
    environment: Mapping[str, str],
    folder: Path,
    server: PrefectServer | None = None,
    tasks: Sequence[str] = (),
    within_s: float = 300.0,
) -> Race:
    """Run `python -m module arguments` in that folder to its end.

    Args:
        module: a contestant.
        arguments: of its command line.
        fake: who answers; only what comes during the race is counted.
        environment: all that it sees.
        folder: where it runs: a prefect.toml there counts.
        server: its Prefect server, if it has one.
        tasks: how the names of its task runs begin.
        within_s: it is ended after so long.
    """
    before, fake_before = fake.stats(), cpu_s(fake.pid)
    server_before = cpu_s(server.pid) if server else 0.0
    began = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=folder, env=_bytecode_kept(environment), stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
        watch = _Watch(process.pid)
        try:
            said, _ = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
        finally:
            process.kill()  # nothing, if it has ended; a bench that is stopped leaves nobody
            watch.end()
        errors.seek(0)
        complaint = errors.read().decode(errors="replace")[-2_000:]
    whole_s = time.perf_counter() - began
    recorded = _settled(server, tasks) if server else {}
    after, reply = fake.stats(), _last_line(said)
    return Race(
        code=process.returncode,
        done=int(reply.get("done") or 0),
        failed=int(reply.get("failed") or 0),
        seconds=float(reply.get("seconds") or whole_s),
        whole_s=whole_s,
        cpu_s=max(0.0, watch.cpu_s - float(reply.get("imports_cpu_s") or 0.0)),
        server_cpu_s=cpu_s(server.pid) - server_before if server else 0.0,
        fake_cpu_s=cpu_s(fake.pid) - fake_before,
        peak_mb=watch.peak_mb,
        by_status=_new_statuses(before, after),
        starts=after["starts"][len(before["starts"]) :],
        recorded=recorded,
        errors=complaint,
    )


def _bytecode_kept(environment: Mapping[str, str]) -> dict[str, str]:
    """As people run it: compiled once, not at every start."""
    return {n: value for n, value in environment.items() if n != "PYTHONDONTWRITEBYTECODE"}


def _settled(server: PrefectServer, tasks: Sequence[str]) -> dict[str, int]:
    """What is recorded once nothing changes any more, or after half a minute."""
    deadline, seen = time.monotonic() + _SETTLE_S, dict[str, int]()
    while time.monotonic() < deadline:
        now = server.task_runs(*tasks)
        if now == seen and not now.keys() & {"running", "pending"}:
            return now
        seen = now
        time.sleep(2)
    return seen


def _new_statuses(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[int, int]:
    old = before["by_status"]
    counts = {int(k): n - old.get(k, 0) for k, n in after["by_status"].items()}
    return {status: count for status, count in counts.items() if count}


def _last_line(said: bytes) -> dict[str, Any]:
    for line in reversed(said.decode(errors="replace").strip().splitlines()):
        try:
            return json.loads(line)
        except ValueError:
            continue
    return {}
