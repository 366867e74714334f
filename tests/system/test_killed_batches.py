"""Batches and kill -9: at each moment that matters, on real processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from servers.claude_api import Behaviour, ClaudeApiServer
from servers.homes import move_in
from servers.prefect_house import House
from servers.processes import until

from runletters.edges.store import Store
from runletters.settings import Settings

pytestmark = pytest.mark.system
REPOSITORY = Path(__file__).resolve().parents[2]
KEY = "test-key"


@contextmanager
def backfill(house: House, settings: Settings, url: str) -> Generator[subprocess.Popen[str]]:
    """`runletters backfill --mode batch` in a process of its own."""
    command = [sys.executable, "-m", "deployments.cli", "backfill", "--user", "kim", "--json"]
    environment = house.environment | {
        "RUNLETTERS_HOME": str(settings.home),
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": url,
        "RUNLETTERS_BATCH_POLL_S": "0.2",
        "RUNLETTERS_BATCH_IN_DOUBT_S": "4",
    }
    with subprocess.Popen(
        [*command, "--writer", "claude", "--mode", "batch"],
        cwd=REPOSITORY, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def states(settings: Settings) -> list[str]:
    engine = sa.create_engine(settings.store)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT state FROM batches").scalars().all()
    engine.dispose()
    return list(found)


Moment = Callable[[ClaudeApiServer, Settings], bool]
MOMENTS: dict[str, tuple[str | None, Moment, int]] = {
    "between intent and create": ("hang", lambda _, home: states(home) == ["intended"], 0),
    "between create and answer": ("accepted_timeout", lambda fake, _: bool(fake.batches.all), 1),
    "while waiting": (None, lambda _, home: states(home) == ["submitted"], 1),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_neither_loses_nor_pays_twice(server: House, tmp_path: Path, moment: str) -> None:
    """The next run finds or continues the same batch; all texts are there, each paid once."""
    settings = Settings(_env_file=None, home=tmp_path / "home")
    move_in(settings, "kim", runs=2)
    fault, is_reached, batches = MOMENTS[moment]
    with ClaudeApiServer(Behaviour(key=KEY, hang_s=60, batch_s=3)) as fake:
        fake.faults.play(*([fault] if fault else []))
        with backfill(server, settings, fake.url) as first:
            until(lambda: is_reached(fake, settings) or None, within_s=120, what=moment)
            first.kill()
            first.wait()
        with backfill(server, settings, fake.url) as second:
            said, _ = second.communicate(timeout=200)

    with Store.open(settings.store) as store:
        written, ledger = store.contents("kim"), store.attempts()
    assert 0 == second.returncode, said
    assert 4 == written.height == len(fake.bill.lines)
    assert batches == len(fake.batches.all)
    assert fake.bill.total_nano_usd() == ledger["cost_nano_usd"].sum()
