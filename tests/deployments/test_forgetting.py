"""Erasing a user: with a Prefect server that is out of reach, and on one that is not."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import duckdb
import httpx
import pytest
from prefect import flow, get_run_logger, task
from prefect.runtime import flow_run
from servers.homes import move_in
from servers.processes import free_port, until

from deployments.cli import upkeep
from deployments.forgetting import forget_on_server
from runletters.digests.sending import Sent
from runletters.edges.forgetting import forget_here
from runletters.edges.publishing import publish_house
from runletters.edges.store import Store
from runletters.settings import Settings
from runletters.users import user_key
from tasks.digests import digest_summary

REPOSITORY = Path(__file__).resolve().parents[2]


def test_an_unreachable_server_keeps_nothing_of_the_house(tmp_path: Path) -> None:
    """Store, history, kept results and published file are erased; the server is named as left."""
    settings = Settings(_env_file=None, home=tmp_path / "home")
    for user in ("canary-of-bob", "ada"):
        move_in(settings, user, runs=1)
    result = Path(settings.results) / user_key("canary-of-bob") / "letter" / "f1"
    result.parent.mkdir(parents=True)
    result.write_text("canary-of-bob")
    publish_house(settings, now=datetime.now(UTC))
    assert "canary-of-bob" in published_users(settings)

    done = forget("canary-of-bob", settings, PREFECT_API_URL=f"http://127.0.0.1:{free_port()}/api")

    answer = json.loads(done.stdout)
    assert (5, False) == (done.returncode, answer["erased"]), done.stderr
    assert ["Prefect server"] == list(answer["left"])
    assert "run `forget` again" in answer["left"]["Prefect server"]
    assert "Traceback" not in done.stderr
    assert {"ada"} == published_users(settings)
    assert [] == files_with(b"canary-of-bob", settings.home)


def test_a_bucket_out_of_reach_is_named_and_a_second_run_finishes(
    tmp_path: Path, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in the house goes at once; what lies in the bucket is listed, and goes later."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    near = Settings(
        _env_file=None, home=tmp_path, s3_endpoint_url=s3_endpoint,
        history_url="s3://runs/history", results_url="s3://runs/results",
        publish_url="s3://runs/warehouse.duckdb",
    )  # fmt: skip
    far = near.model_copy(update={"s3_endpoint_url": f"http://127.0.0.1:{free_port()}"})
    move_in(near, "canary-of-bob", runs=1)
    kept = f"results/{user_key('canary-of-bob')}/letter/f1"
    boto3.client("s3", endpoint_url=s3_endpoint).put_object(Bucket="runs", Key=kept, Body=b"{}")
    publish_house(near, now=datetime.now(UTC))

    first = forget_here(far, "canary-of-bob", now=datetime.now(UTC))
    left = keys_of(s3_endpoint, "canary-of-bob")
    second = forget_here(near, "canary-of-bob", now=datetime.now(UTC))

    assert ["history", "kept results", "published file"] == list(first.left)
    assert all("then run `forget` again" in why for why in first.left.values())
    assert 1 == first.erased["users"]
    assert [] == files_with(b"canary-of-bob", tmp_path)
    assert {} == second.left
    assert (len(left), 1) == (
        second.erased["history_files"] + second.erased["kept_results"],
        second.erased["kept_results"],
    )
    assert [] == keys_of(s3_endpoint, "canary-of-bob")
    file = tmp_path / "fetched.duckdb"
    boto3.client("s3", endpoint_url=s3_endpoint).download_file(
        "runs", "warehouse.duckdb", str(file)
    )
    assert b"canary-of-bob" not in file.read_bytes()


def keys_of(endpoint: str, user: str) -> list[str]:
    bucket = boto3.resource("s3", endpoint_url=endpoint).Bucket("runs")
    return [each.key for each in bucket.objects.all() if user_key(user) in each.key]


def test_nobody_who_confirms_is_no(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --yes and without a terminal nothing is erased; stdout is left to the answer."""
    settings = Settings(_env_file=None, home=tmp_path / "home")
    move_in(settings, "ada", runs=1)
    monkeypatch.setenv("RUNLETTERS_HOME", str(settings.home))
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    reply = upkeep.forget(user="ada")

    with Store.open(settings.store) as store:
        assert ["ada"] == [user.user_id for user in store.users()]
    assert (2, False) == (reply.code, reply.data["erased"])
    asked = capsys.readouterr()
    assert ("", True) == (asked.out, "'ada'" in asked.err)


@pytest.mark.server
def test_child_runs_digests_logs_and_artifacts_go(prefect_server: str) -> None:
    """A child without the user's name goes with its parent; in what is shared, others stay."""
    cleo = f"cleo-{uuid4().hex[:8]}"  # tried again on the same server, nobody is known yet
    cleopatra = f"{cleo}-patra"
    runs = about_one_user(user=cleo)
    for_everybody(users=[cleo, cleopatra])
    before = until(
        lambda: _if_all_arrived(known_of(prefect_server, cleo, runs)),
        within_s=60, what="logs and task runs, which arrive a moment later",
    )  # fmt: skip

    gone = forget_on_server(cleo)

    assert ["child-of-nobody", f"runs-of-{cleo}"] == sorted(before["runs"])
    assert {"prefect_flow_runs": 2, "prefect_artifact_rows": 1}.items() <= gone.items()
    assert NOTHING == until(
        lambda: _if(known_of(prefect_server, cleo, runs), NOTHING), within_s=60, what="no trace"
    )
    kept = NOTHING | {"tasks": [f"digest-{cleopatra}"], "rows": [cleopatra]}
    assert kept == until(
        lambda: _if(known_of(prefect_server, cleopatra, runs), kept),
        within_s=60, what="the other's digest",
    )  # fmt: skip


def forget(user: str, settings: Settings, **environment: str) -> subprocess.CompletedProcess[str]:
    """`runletters forget`, as a process of its own."""
    env = {name: value for name, value in os.environ.items() if "PREFECT" not in name}
    env |= {"RUNLETTERS_HOME": str(settings.home), **environment}
    return subprocess.run(
        [sys.executable, "-m", "deployments.cli", "forget", "--user", user, "--yes", "--json"],
        env=env, cwd=REPOSITORY, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def published_users(settings: Settings) -> set[str]:
    with duckdb.connect(settings.published, read_only=True) as warehouse:
        return {user for (user,) in warehouse.execute("SELECT user_id FROM users").fetchall()}


def files_with(word: bytes, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and word in path.read_bytes()]


@flow(flow_run_name="runs-of-{user}")
def about_one_user(user: str) -> list[str]:  # noqa: ARG001 - what the server keeps
    """Two flow runs, of which one does not know the user; their ids."""
    return [str(flow_run.id), anonymous_child(note="of nobody")]


@flow(flow_run_name="child-of-nobody")
def anonymous_child(note: str) -> str:  # noqa: ARG001 - what the server keeps
    get_run_logger().warning("a log line of the child")
    return str(flow_run.id)


@flow(flow_run_name="digests-of-all")
def for_everybody(users: list[str]) -> None:
    for user in users:
        one_digest(user)
    digest_summary([Sent(user_id=user, item="2026-W47", state="sent") for user in users])


@task(task_run_name="digest-{user}")
def one_digest(user: str) -> None:
    """Named as the task runs of digests are."""


NOTHING: dict[str, list[str]] = {"runs": [], "logs": [], "tasks": [], "rows": []}


def known_of(api: str, user: str, runs: list[str]) -> dict[str, list[str]]:
    """What the server has of a user: those flow runs, their logs, and rows of what is shared."""
    ask = _asking(api)
    digests = ask("artifacts/filter", artifacts={"key": {"any_": ["digests"]}})
    rows = [row["user_id"] for one in digests for row in json.loads(one["data"])]
    return {
        "runs": [run["name"] for run in ask("flow_runs/filter", flow_runs={"id": {"any_": runs}})],
        "logs": [
            log["message"] for log in ask("logs/filter", logs={"flow_run_id": {"any_": runs}})
        ],
        "tasks": [
            run["name"]
            for run in ask("task_runs/filter", task_runs={"name": {"any_": [f"digest-{user}"]}})
        ],
        "rows": [row for row in rows if row == user],
    }


def _asking(api: str) -> Any:
    def ask(path: str, **body: Any) -> Any:
        return httpx.post(f"{api}/{path}", json=body, timeout=60).raise_for_status().json()

    return ask


def _if_all_arrived(found: dict[str, list[str]]) -> dict[str, list[str]] | None:
    """A log that comes after its flow run was deleted stays: the last words of both are awaited."""
    last_words = sum(message.startswith("Finished") for message in found["logs"])
    return found if found["tasks"] and len(found["runs"]) == last_words else None


def _if(found: dict[str, list[str]], wanted: dict[str, list[str]]) -> dict[str, list[str]] | None:
    return found if found == wanted else None
