"""The offline writer and kill -9: a backfill that dies in the middle is continued, not repeated."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers.homes import move_in
from servers.prefect_house import REPOSITORY, House
from servers.processes import until

from runletters.edges.store import Store
from runletters.settings import Settings

pytestmark = pytest.mark.system
RUNS = 100  # long enough to be killed in the middle
ENOUGH = 4  # texts that are in the store when the kill comes


def test_a_killed_backfill_is_continued_and_nothing_is_written_twice(
    server: House, tmp_path: Path
) -> None:
    """Every text is there once, in its first version; what was kept before the kill is used."""
    settings = Settings(_env_file=None, home=tmp_path / "home")
    ids = move_in(settings, "ira", runs=RUNS)

    with backfill(server, settings) as first:
        until(lambda: is_in_the_middle(settings), within_s=240, what="results ahead of the store")
        first.kill()
        first.wait()
    survived, kept = written(settings), kept_results(settings)
    with backfill(server, settings) as second:
        said, _ = second.communicate(timeout=300)

    assert ENOUGH <= survived < len(kept) < 2 * RUNS, "not killed in the middle"
    assert 0 == second.returncode, said
    summary = json.loads(said)
    assert 2 * RUNS - survived == summary["done"]
    assert survived == summary["skipped_by_reason"]["already_written"]
    with Store.open(settings.store) as store:
        texts, status = store.contents("ira", current=False), store.status("ira")
    assert {(one, kind) for one in ids for kind in ("letter", "coaching")} == {
        *texts.select("activity_id", "kind").iter_rows()
    }
    assert (2 * RUNS, {1}) == (texts.height, set(texts["version"]))
    assert {"completed"} == {*status["letter_status"], *status["coaching_status"]}
    # Prefect writes a result when a task ran, not when it was found: these ran once.
    assert kept == {name: kept_results(settings)[name] for name in kept}
    assert 2 * RUNS == len(kept_results(settings))


@contextmanager
def backfill(house: House, settings: Settings) -> Generator[subprocess.Popen[str]]:
    """`runletters backfill` in a process of its own, on small windows."""
    environment = house.environment | {
        "RUNLETTERS_HOME": str(settings.home),
        "RUNLETTERS_WINDOW": "5",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "deployments.cli", "backfill", "--user", "ira", "--json"],
        cwd=REPOSITORY, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def is_in_the_middle(settings: Settings) -> bool | None:
    """Whether there is something in the store, and something more among the kept results."""
    return ENOUGH <= written(settings) < len(kept_results(settings)) or None


def written(settings: Settings) -> int:
    with Store.open(settings.store) as store:
        return store.contents("ira").height


def kept_results(settings: Settings) -> dict[str, int]:
    """Time of writing of every whole result, in nanoseconds, by name."""
    found = (path for path in Path(settings.results).rglob("*") if path.is_file())
    return {str(path): path.stat().st_mtime_ns for path in found if is_whole(path)}


def is_whole(path: Path) -> bool:
    """A kill may leave the half of a file; it is written again."""
    try:
        return bool(json.loads(path.read_text("utf-8")))
    except ValueError:
        return False
