"""Flow runs that die: killed for real, started again within a bound, given up beyond it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from servers.homes import move_in
from servers.prefect_house import REPOSITORY, House, house, worker
from servers.processes import until
from servers.smtp import Mailbox, mail_server

from runletters.edges.store import Store
from runletters.pausing import BACKFILL_QUEUES
from runletters.settings import Settings
from tasks.budgets import DAY_IS_OVER

pytestmark = pytest.mark.system
RUNS = 100  # long enough to be killed in the middle


@pytest.fixture(scope="module")
def mail() -> Generator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture(scope="module")
def tended(tmp_path_factory: pytest.TempPathFactory, mail: Mailbox) -> Generator[House]:
    """A house of its own, whose automations allow one restart."""
    with house(tmp_path_factory.mktemp("tended")) as made:
        made.environment.update(
            RUNLETTERS_MOST_RESTARTS="1",
            RUNLETTERS_SMTP_URL=mail.url,
            RUNLETTERS_MAIL_FROM="Run Letters <letters@example.org>",
            RUNLETTERS_OPERATOR_EMAIL="ops@example.org",
        )
        with worker(made):
            yield made


@pytest.fixture
def settings(tended: House) -> Settings:
    return Settings(_env_file=None, home=tended.home)


def processes_of(run: dict[str, Any]) -> list[int]:
    """The process that the worker started for a flow run, and all below it."""
    first = int(str(run["infrastructure_pid"] or "0").rpartition(":")[2])
    return family(first) if Path(f"/proc/{first}/stat").exists() else []


def family(process_id: int) -> list[int]:
    """A process and its descendants."""
    below: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = path.read_text().rpartition(")")[2].split()[1]
            below.setdefault(int(parent), []).append(int(path.parent.name))
    found = [process_id]
    for each in found:
        found += below.get(each, [])
    return found


def kill_at_work(tended: House, settings: Settings, flow_run_id: str, *, count: int) -> None:
    """Wait until the run runs for the `count`-th time and has claimed something; kill it."""

    def at_work() -> list[int] | None:
        run = state_of(tended, flow_run_id)
        if run["state_type"] != "RUNNING" or run["run_count"] < count:
            assert run["state_type"] not in {"COMPLETED", "FAILED"}, "too fast to be killed"
            return None
        with Store.open(settings.store) as store:
            states = store.status("kim")["letter_status"].to_list()
        return (processes_of(run) or None) if "generating" in states else None

    for process in until(at_work, within_s=240, what=f"run {count} of {flow_run_id} at work"):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def state_of(tended: House, flow_run_id: str) -> dict[str, Any]:
    return httpx.get(f"{tended.api}/flow_runs/{flow_run_id}", timeout=30).json()


def test_a_killed_run_is_started_again_and_given_up_when_it_is_killed_again(
    tended: House, settings: Settings, mail: Mailbox
) -> None:
    """The same run, the same budget; after the bound it stays Crashed and who runs it is told."""
    move_in(settings, "kim", runs=RUNS)
    flow_run_id = tended.start("backfill", user="kim")

    kill_at_work(tended, settings, flow_run_id, count=1)
    kill_at_work(tended, settings, flow_run_id, count=2)

    def told() -> EmailMessage | None:
        about = [each for each in mail.to("ops@example.org") if flow_run_id in words_of(each)]
        return next(iter(about), None)

    message = until(told, within_s=240, what="the operator's mail")
    run = state_of(tended, flow_run_id)
    assert ("CRASHED", 2) == (run["state_type"], run["run_count"])
    assert "backfill-kim" in message["Subject"]
    again = tended.ended(tended.start("backfill", user="kim"), within_s=240)
    with Store.open(settings.store) as store:
        written = store.contents("kim")
    assert "COMPLETED" == again["state_type"]
    assert {"letter": RUNS, "coaching": RUNS} == dict(written["kind"].value_counts().iter_rows())


def test_a_run_without_a_heartbeat_is_found_and_started_again(
    tended: House, settings: Settings
) -> None:
    """A machine that went away says nothing: its run is declared dead and another begins it."""
    move_in(settings, "lou", runs=1)
    automations(tended, RUNLETTERS_ZOMBIE_AFTER_S="20")
    flow_run_id = lost_run(tended, "lou")

    until(
        lambda: "Crashed" in states_of(tended, flow_run_id) or None,
        within_s=240, what="the lost run to be declared dead",
    )  # fmt: skip
    automations(tended)  # else the window of this test would find living runs, too
    ended = completed(tended, flow_run_id, within_s=240)

    assert ["Running", "Crashed", "AwaitingRetry"] == states_of(tended, flow_run_id)[1:4]
    assert "COMPLETED" == ended["state_type"]


def waiting_run(tended: House, user: str) -> str:
    """A backfill that is due tomorrow."""
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    waits = {"type": "SCHEDULED", "state_details": {"scheduled_time": later}}
    found = tended.ask("deployments/filter", deployments={"name": {"any_": ["backfill"]}})
    made = tended.ask(
        f"deployments/{found[0]['id']}/create_flow_run", parameters={"user": user}, state=waits
    )
    return str(made["id"])


def lost_run(tended: House, user: str) -> str:
    """A backfill that somebody began and whose machine went away after its first heartbeat."""
    flow_run_id = waiting_run(tended, user)
    running = {"type": "RUNNING", "name": "Running"}
    tended.ask(f"flow_runs/{flow_run_id}/set_state", state=running, force=True)
    heartbeat = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": "prefect.flow-run.heartbeat",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{flow_run_id}"},
        "related": [
            {"prefect.resource.id": "prefect.tag.run-letters", "prefect.resource.role": "tag"}
        ],
    }
    httpx.post(f"{tended.api}/events", json=[heartbeat], timeout=30).raise_for_status()
    return flow_run_id


def completed(tended: House, flow_run_id: str, *, within_s: float) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        run = state_of(tended, flow_run_id)
        return run if run["state_type"] == "COMPLETED" else None

    return until(look, within_s=within_s, what="the lost run to be written by another process")


def states_of(tended: House, flow_run_id: str) -> list[str]:
    """Names of the run's states until now, oldest first."""
    answer = httpx.get(
        f"{tended.api}/flow_run_states/", params={"flow_run_id": flow_run_id}, timeout=30
    )
    answer.raise_for_status()
    return [state["name"] for state in sorted(answer.json(), key=lambda each: each["timestamp"])]


def test_a_run_that_never_begins_is_found_and_started_again(
    tended: House, settings: Settings
) -> None:
    """Its worker took it and went away: it is declared dead, and another worker begins it."""
    move_in(settings, "max", runs=1)
    automations(tended, RUNLETTERS_PENDING_AFTER_S="20")
    flow_run_id = waiting_run(tended, "max")
    pending = {"type": "PENDING", "name": "Pending"}
    tended.ask(f"flow_runs/{flow_run_id}/set_state", state=pending, force=True)

    until(
        lambda: "Crashed" in states_of(tended, flow_run_id) or None,
        within_s=240, what="the run that never began to be declared dead",
    )  # fmt: skip
    automations(tended)
    ended = completed(tended, flow_run_id, within_s=240)

    assert ["Pending", "Crashed", "AwaitingRetry"] == states_of(tended, flow_run_id)[1:4]
    assert "COMPLETED" == ended["state_type"]


def test_a_failure_is_mailed(tended: House, mail: Mailbox) -> None:
    """Who runs the house reads which run failed and why, and what to do; once."""
    flow_run_id = tended.start("process-activity", user="nobody", activity="1")
    name = tended.ended(flow_run_id)["name"]

    def told() -> list[str] | None:
        found = [words_of(each) for each in mail.to("ops@example.org") if name in each["Subject"]]
        return found or None

    words = until(told, within_s=120, what="the operator's mail about a failure")

    assert 1 == len(words)
    assert "runletters ingest PATH --user nobody" in words[0]


def words_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return "" if body is None else str(body.get_content())


def test_a_reached_budget_pauses_the_queues_of_backfills_until_the_next_day(
    tended: House,
) -> None:
    """Both backfill queues stop and say why; the next day's schedule lets them go on."""
    tell_of_the_budget(tended, "2999-11-28")  # a day that is over would stop nobody
    until(lambda: both(tended, is_paused=True), within_s=120, what="two paused queues")
    said = {each["description"] for each in queues(tended).values() if each["is_paused"]}

    same_day = tended.ended(tended.start("steer", step="resume", at="2999-11-28T23:59:00Z"))
    still = both(tended, is_paused=True)
    next_day = tended.ended(tended.start("steer", step="resume", at="2999-11-29T00:07:00Z"))

    assert len(said) == 1
    assert "the budget of 2999-11-28" in said.pop()
    assert ("COMPLETED", True) == (same_day["state_type"], still)
    assert ("COMPLETED", True) == (next_day["state_type"], both(tended, is_paused=False))
    assert {""} == {queues(tended)[name]["description"] for name in BACKFILL_QUEUES}


def test_a_queue_paused_by_hand_stays_paused_until_somebody_resumes(tended: House) -> None:
    """The schedule leaves it alone; `runletters resume` does not."""
    tended.command("work-queue", "pause", "backfill", "--pool", "run-letters")

    tended.ended(tended.start("steer", step="resume"))
    left = queues(tended)["backfill"]["is_paused"]
    done = subprocess.run(
        [sys.executable, "-m", "deployments.cli", "resume", "--json"],
        env=tended.environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip

    assert left
    assert {"resumed": ["backfill"]}.items() <= json.loads(done.stdout).items(), done.stderr
    assert both(tended, is_paused=False)


def queues(tended: House) -> dict[str, dict[str, Any]]:
    found = tended.ask("work_pools/run-letters/queues/filter")
    return {each["name"]: each for each in found}


def both(tended: House, *, is_paused: bool) -> bool | None:
    """True where both queues of backfills are like that, and who waits is served."""
    found = queues(tended)
    states = [found[name]["is_paused"] for name in BACKFILL_QUEUES]
    is_served = not found["interactive"]["is_paused"]
    return (states == [is_paused] * 2 and is_served) or None


def tell_of_the_budget(tended: House, day: str) -> None:
    """What the flow run says that reached it."""
    said = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": DAY_IS_OVER,
        "resource": {"prefect.resource.id": "runletters.budget.day"},
        "payload": {"day": day},
    }
    httpx.post(f"{tended.api}/events", json=[said], timeout=30).raise_for_status()


def test_automations_are_made_once(tended: House) -> None:
    """The command may be given again: five, as before, and one that was switched off stays off."""
    (before, _) = automations(tended), automations(tended)
    first = before[0]
    httpx.patch(
        f"{tended.api}/automations/{first['id']}", json={"enabled": False}, timeout=30
    ).raise_for_status()

    after = automations(tended)

    httpx.patch(f"{tended.api}/automations/{first['id']}", json={"enabled": True}, timeout=30)
    ours = [each for each in after if each["name"].startswith("Run Letters: ")]
    assert 5 == len(ours) == len({each["name"] for each in ours})
    assert [False] == [each["enabled"] for each in after if each["id"] == first["id"]]


def automations(tended: House, **environment: str) -> list[dict[str, Any]]:
    """Those the server has, after the command."""
    done = subprocess.run(
        [sys.executable, "-m", "deployments.cli", "automations"],
        env=tended.environment | environment, cwd=REPOSITORY, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    return tended.ask("automations/filter")
