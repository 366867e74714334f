"""The command line as people and programs use it: a process, its output, its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from botocore.exceptions import EndpointConnectionError

from deployments.cli.app import app
from deployments.cli.replies import emit_error
from runletters.edges.sample_files import write_strava_export
from runletters.samples.history import generate_history
from runletters.users import user_key

REPOSITORY = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="module")
def export(home: Path) -> Path:
    """A small Strava export: an invented autumn."""
    target = home / "export.zip"
    history = generate_history(seed=5, years=1, until=date(2026, 11, 22), runs_per_week=0.3)
    write_strava_export(target, history)
    return target


@pytest.fixture(scope="module")
def run(home: Path, prefect_server: str) -> Run:
    """Starts `runletters …` with its own home, on the test's Prefect server."""

    def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if "PREFECT" not in name}
        env.pop("ANTHROPIC_API_KEY", None)
        env |= {"RUNLETTERS_HOME": str(home), "PREFECT_API_URL": prefect_server}
        return subprocess.run(
            [sys.executable, "-m", "deployments.cli", *arguments],
            env=env | environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=240,
            check=False,
        )  # fmt: skip

    return start


def one_object(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Stdout holds exactly one JSON object."""
    assert 1 == len(done.stdout.strip().splitlines()), done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def written(run: Run, export: Path) -> dict[str, Any]:
    """The export loaded and written about once, as the other tests need it."""
    ingested = run("ingest", str(export), "--user", "ada", "--json")
    assert 0 == ingested.returncode, ingested.stderr
    run("user", "--user", "ada", "--tier", "premium")
    return one_object(run("backfill", "--user", "ada", "--json"))


def test_a_backfill_says_what_it_did_in_one_object(written: dict[str, Any]) -> None:
    """Counts, cost and seconds are there for programs."""
    assert written["done"] == written["planned"] > 0
    assert (0, 0) == (written["failed"], written["cost_nano_usd"])


def test_twice_is_once(run: Run, export: Path, written: dict[str, Any]) -> None:
    """The second ingest loads nothing; the second backfill writes nothing and says so."""
    ingested = one_object(run("ingest", str(export), "--user", "ada", "--json"))
    again = run("backfill", "--user", "ada")

    assert 0 == ingested["loaded"]
    assert "Nothing to do" in again.stdout
    assert written["done"] > 0


def test_letters_and_show_read_what_was_written(run: Run, written: dict[str, Any]) -> None:
    """The list names activities; each can be shown with its letter and insight."""
    listed = one_object(run("letters", "--user", "ada", "--json"))
    activity = listed["letters"][0]["activity"]
    shown = run("show", activity)

    assert 2 * len(listed["letters"]) <= written["done"]
    assert "The letter" in shown.stdout
    assert "The insight" in shown.stdout
    assert listed["letters"][0]["letter"].split()[0] in shown.stdout


def test_status_counts_every_text(run: Run, written: dict[str, Any]) -> None:
    """Completed letters and insights add up to what the backfill wrote."""
    counts = one_object(run("status", "--json"))["users"]["ada"]

    assert written["done"] == counts["letter_completed"] + counts["coaching_completed"]


def test_publish_makes_a_file_that_duckdb_opens(
    run: Run, home: Path, written: dict[str, Any]
) -> None:
    """Plain duckdb.connect, read only; the analysts' two queries run as they stand."""
    done = one_object(run("publish", "--json"))

    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        current = warehouse.execute("SELECT count(*) FROM content WHERE is_current").fetchone()
        for state in ("generating", "failed"):
            rows = warehouse.execute(
                f"SELECT * FROM generation_status "
                f"WHERE letter_status = '{state}' OR coaching_status = '{state}'"
            ).fetchall()
            assert [] == rows
    assert (written["done"],) == current
    assert done["bytes"] > 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["backfill", "--user", "nobody"], 4, "runletters ingest PATH --user nobody"),
        (["show", "no-such-activity"], 4, "is not known"),
        (["ingest", "/no/such/file.fit", "--user", "ada"], 4, "/no/such/file.fit"),
        (["backfill", "--user", "ada", "--writer", "claude"], 3, "ANTHROPIC_API_KEY"),
        (["backfill"], 2, "--user"),
    ],
)
def test_errors_are_one_clear_line_with_an_exit_code(
    run: Run, written: dict[str, Any], arguments: list[str], code: int, words: str
) -> None:
    """What was found and what to do, on stderr; no traceback."""
    done = run(*arguments)

    assert written
    assert code == done.returncode, done.stderr
    assert words in " ".join((done.stderr + done.stdout).split())
    assert "Traceback" not in done.stderr


@pytest.mark.system
def test_a_server_that_does_not_start_is_one_clear_line(run: Run) -> None:
    """Without a server, Prefect starts its own; where that takes too long, people read why."""
    done = run("publish", PREFECT_API_URL="", PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="0")

    assert 5 == done.returncode, done.stderr
    assert "did not start in time" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.system
def test_a_dear_backfill_does_not_start_where_nobody_can_be_asked(
    run: Run, written: dict[str, Any]
) -> None:
    """No terminal: exit code 7 with the quote and the way out, and nothing waits."""
    done = run(
        "backfill", "--user", "ada", "--refresh", "--writer", "claude",
        RUNLETTERS_ASK_ABOVE_USD="0.001", ANTHROPIC_API_KEY="x",
        ANTHROPIC_BASE_URL="http://127.0.0.1:9",
    )  # fmt: skip

    assert written
    assert 7 == done.returncode, done.stderr
    assert "--yes" in done.stderr
    assert "claude-haiku-4-5" in done.stderr


def test_an_error_is_one_object_too(run: Run) -> None:
    """With --json a program gets the error where it expects the answer."""
    done = run("show", "no-such-activity", "--json")

    assert {"error": "UnknownActivity", "exit_code": 4}.items() <= one_object(done).items()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("ingest --user ada", "--path"),
        ("backfill --user ada --since 2026-13-01", "2026-13-01"),
        ("backfil --user ada", "backfil"),
        ("publish --user ada", "--user"),
        ("ingest runs.zip --user=", "Expected a name"),
    ],
)
def test_wrong_usage_is_one_line_and_one_object(
    typed: str, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program gets an object on stdout also where the command was mistyped; people get a line."""
    monkeypatch.setattr(os, "environ", dict(os.environ))  # the command line prepares it for itself

    with pytest.raises(SystemExit) as ended:
        app.meta([*typed.split(), "--json"])

    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert (2, "WrongUsage", 2) == (ended.value.code, answer["error"], answer["exit_code"])
    assert (1, 1) == (len(said.out.splitlines()), len(said.err.splitlines()))
    assert words in said.err
    assert "--help` shows what there is" in said.err


@pytest.mark.parametrize("command", ["backfill", "quote"])
def test_days_that_run_backwards_are_wrong_usage(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No run can lie between: said, not answered with nothing done."""
    monkeypatch.setattr(os, "environ", dict(os.environ))

    with pytest.raises(SystemExit) as ended:
        app.meta(
            [command, "--user", "ada", "--since", "2026-02-01", "--until", "2026-01-31", "--json"]
        )

    answer = json.loads(capsys.readouterr().out)
    assert (2, "ImpossibleOrder") == (ended.value.code, answer["error"])
    assert "2026-02-01, comes after the last, 2026-01-31" in answer["message"]


def test_debug_shows_the_traceback_and_keeps_code_and_object(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks for the reason and who reads the code get the same answer."""
    monkeypatch.setattr(os, "environ", dict(os.environ))

    with pytest.raises(SystemExit) as ended:
        app.meta(
            [
                "backfill",
                "--user=a",
                "--since=2026-02-01",
                "--until=2026-01-31",
                "--debug",
                "--json",
            ]
        )

    said = capsys.readouterr()
    assert (2, "ImpossibleOrder") == (ended.value.code, json.loads(said.out)["error"])
    assert "Traceback" in said.err


def test_s3_that_says_no_is_told_with_what_to_check(capsys: pytest.CaptureFixture[str]) -> None:
    """A bucket that cannot be reached is store trouble (5), in one line that names the settings."""
    code = emit_error(EndpointConnectionError(endpoint_url="http://127.0.0.1:9"), as_json=True)

    said = capsys.readouterr()
    assert (5, 1) == (code, len(said.err.splitlines()))
    assert "S3 said no: Could not connect to the endpoint URL" in said.err
    assert "RUNLETTERS_S3_ENDPOINT_URL" in json.loads(said.out)["message"]


def test_doctor_names_what_is_missing(run: Run) -> None:
    """A claude writer without a key is found and the remedy named."""
    fine = run("doctor", "--json")
    broken = run("doctor", "--json", RUNLETTERS_WRITER="claude")

    assert 0 == fine.returncode, fine.stdout
    bad = [check for check in one_object(broken)["checks"] if check["state"] == "bad"]
    assert (3, ["writer"]) == (broken.returncode, [check["name"] for check in bad])


def test_forget_erases_everywhere(run: Run, home: Path, written: dict[str, Any]) -> None:
    """Store, history, kept results and the published file know nothing of the user any more."""
    canary = b"canary-of-bob"
    run("user", "--user", "canary-of-bob", "--tier", "premium")
    export = home / "bob.zip"
    history = generate_history(seed=9, years=1, until=date(2026, 11, 22), runs_per_week=0.1)
    write_strava_export(export, history)
    run("ingest", str(export), "--user", "canary-of-bob")
    run("backfill", "--user", "canary-of-bob")
    run("publish")

    done = one_object(run("forget", "--user", "canary-of-bob", "--yes", "--json"))

    left = [path for path in home.rglob("*") if path.is_file() and canary in path.read_bytes()]
    assert done["erased"]
    assert [] == left
    assert written


@pytest.mark.system
def test_forget_erases_flow_runs_and_artifacts(run: Run, home: Path, prefect_server: str) -> None:
    """The server knows no run and no artifact of the user; a longer name with it stays."""
    export = home / "ann.zip"
    history = generate_history(seed=9, years=1, until=date(2026, 11, 22), runs_per_week=0.1)
    write_strava_export(export, history)
    for name in ("ann", "anna"):
        run("ingest", str(export), "--user", name)
    before = known_to_prefect(prefect_server, "ann")

    run("forget", "--user", "ann", "--yes")

    assert (["ingest-ann"], 1) == before
    assert ([], 0) == known_to_prefect(prefect_server, "ann")
    assert (["ingest-anna"], 1) == known_to_prefect(prefect_server, "anna")


def known_to_prefect(url: str, user: str) -> tuple[list[str], int]:
    """Names of the user's flow runs, and how many artifacts have a key of theirs."""
    runs = httpx.post(f"{url}/flow_runs/filter", json={}).raise_for_status().json()
    key = {"key": {"like_": f"%-{user_key(user)}"}}
    artifacts = httpx.post(f"{url}/artifacts/filter", json={"artifacts": key})
    names = [one["name"] for one in runs if one["parameters"].get("user") == user]
    return names, len({one["key"] for one in artifacts.raise_for_status().json()})
