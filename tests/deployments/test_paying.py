"""Paying from the command line: a real process, a real terminal, the fake's own bill."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers.claude_api import ClaudeApiServer
from servers.homes import move_in

from runletters.edges.store import Store
from runletters.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
BACKFILL = [sys.executable, "-m", "deployments.cli", "backfill", "--user", "paula"]
Told = dict[str, str]
pytestmark = [pytest.mark.server, pytest.mark.system]


@pytest.fixture
def server() -> Iterator[ClaudeApiServer]:
    with ClaudeApiServer() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """Four runs of a premium runner: eight texts."""
    settings = Settings(_env_file=None, home=tmp_path)
    move_in(settings, "paula", runs=4)
    return settings


@pytest.fixture
def told(home: Settings, server: ClaudeApiServer, prefect_server: str) -> Told:
    """What a command is told by its environment."""
    names = ("PREFECT", "RUNLETTERS", "ANTHROPIC")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    return kept | {
        "RUNLETTERS_HOME": str(home.home),
        "RUNLETTERS_WRITER": "claude",
        "RUNLETTERS_CONCURRENCY": "2",
        "ANTHROPIC_API_KEY": "test-key",
        "ANTHROPIC_BASE_URL": server.url,
        "PREFECT_API_URL": prefect_server,
        "COLUMNS": "200",
    }


def test_a_budget_that_is_reached_ends_with_code_7_and_what_is_left(
    home: Settings, server: ClaudeApiServer, told: Told
) -> None:
    """People read how much is left and what to do; programs too; the bill stays below."""
    limit_usd = 0.012

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*BACKFILL, *more], env=told, cwd=REPOSITORY, capture_output=True, text=True,
            timeout=240, check=False,
        )  # fmt: skip

    first = run("--max-cost-usd", f"{limit_usd}", "--json")
    paid = server.bill.total_nano_usd()
    second = run("--max-cost-usd", "0.000001")
    rest = run("--json")

    result = json.loads(first.stdout)
    assert (7, "BudgetReached") == (first.returncode, result["stopped_by"]), first.stderr
    assert (0, 8) == (result["failed"], result["done"] + result["left"])
    assert 0 < result["left"] < 8
    assert result["cost_nano_usd"] == paid <= limit_usd * 1e9
    words = " ".join(second.stdout.split())
    assert 7 == second.returncode, second.stderr
    assert "The budget of" in words
    assert "What is left stays pending." in words
    assert (0, result["left"]) == (rest.returncode, json.loads(rest.stdout)["done"])
    with Store.open(home.store) as store:
        assert server.bill.total_nano_usd() == store.spent_by_user("paula").cost_nano_usd


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        pytest.param("y\n", 0, "texts written", id="yes"),
        pytest.param("n\n", 7, "Declined", id="no"),
        pytest.param("\n", 7, "Declined", id="enter"),
        pytest.param("\x04", 7, "Declined", id="ctrl-d"),
    ],
)
def test_a_terminal_is_asked_before_a_dear_backfill(
    server: ClaudeApiServer, told: Told, answer: str, code: int, said: str
) -> None:
    """The quote and the question; only yes pays."""
    told |= {"RUNLETTERS_ASK_ABOVE_USD": "0.001", "TERM": "xterm"}
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        BACKFILL, env=told, cwd=REPOSITORY, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        try:
            asked = read_until(ours, lambda text: "Continue?" in text)
            os.write(ours, answer.encode())
            after = read_until(ours, lambda _: False)
            ended = process.wait(240)
        finally:
            process.kill()
            os.close(ours)

    assert "claude-haiku-4-5" in asked
    assert "$" in asked
    assert code == ended, asked + after
    assert said in " ".join(after.split())
    assert "Traceback" not in after
    assert (code == 0) == (server.bill.total_nano_usd() > 0)


def read_until(terminal: int, is_enough: Callable[[str], bool], within_s: float = 240) -> str:
    """What a terminal shows until that is enough, or until nobody writes to it any more."""
    read, ends_at = b"", time.monotonic() + within_s
    while time.monotonic() < ends_at and not is_enough(read.decode(errors="replace")):
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            some = os.read(terminal, 65_536)
        except OSError:  # the other side was closed
            break
        if not some:
            break
        read += some
    return read.decode(errors="replace")
