"""Deployments as people start them: a real server, a real worker, and what both show."""

from __future__ import annotations

from typing import Any

import pytest
from servers.homes import move_in
from servers.prefect_house import House
from servers.processes import until

from runletters.edges.store import Store
from runletters.settings import Settings
from runletters.users import Tier, user_key

pytestmark = pytest.mark.system


def test_the_deployed_backfill_writes_and_shows_what_it_did(
    served: House, settings: Settings
) -> None:
    """`prefect deployment run` ends Completed; texts, names and artifacts are where people look."""
    ids = move_in(settings, "ada", runs=3)

    started = served.command(
        "deployment", "run", "backfill-history/backfill", "-p", "user=ada", "--watch"
    )

    assert 0 == started.returncode, started.stdout + started.stderr
    (run,) = served.ask("flow_runs/filter", flow_runs={"name": {"any_": ["backfill-ada"]}})
    tasks = served.task_runs(run["id"], at_least=10)
    with Store.open(settings.store) as store:
        written = store.contents("ada")
    progress = served.artifacts(f"backfill-progress-{user_key('ada')}")
    summary = served.artifacts(f"backfill-summary-{user_key('ada')}")
    assert "COMPLETED" == run["state_type"]
    assert {"letter": 3, "coaching": 3} == dict(written["kind"].value_counts().iter_rows())
    assert {f"{kind}-{each}" for kind in ("letter", "coaching") for each in ids} <= set(tasks)
    assert [100.0] == [artifact["data"] for artifact in progress]
    assert ["6 of 6 texts"] == [artifact["description"] for artifact in progress]
    assert "| texts written | 6 |" in summary[0]["data"]
    assert run["id"] == summary[0]["flow_run_id"] == progress[0]["flow_run_id"]


def test_the_deployed_process_activity_writes_one_letter_and_one_insight(
    served: House, settings: Settings
) -> None:
    """The other runs of the history stay as they are."""
    ids = move_in(settings, "bea", runs=3)

    run = served.ended(served.start("process-activity", user="bea", activity=ids[1]))

    with Store.open(settings.store) as store:
        written = store.contents("bea")
    assert (f"activity-bea-{ids[1]}", "COMPLETED") == (run["name"], run["state_type"])
    assert {(ids[1], "letter"), (ids[1], "coaching")} == set(
        written.select("activity_id", "kind").iter_rows()
    )


def test_a_run_that_cannot_work_says_why_in_its_state(served: House) -> None:
    """An unknown user: the flow run fails, and its message names the command that helps."""
    run = served.ended(served.start("process-activity", user="nobody", activity="1"))

    assert "FAILED" == run["state_type"]
    assert "runletters ingest PATH --user nobody" in run["state"]["message"]


def test_schedules_make_runs(served: House) -> None:
    """What prefect.yaml schedules is on the server's list of coming runs."""

    def coming() -> list[dict[str, Any]] | None:
        chosen = {"name": {"any_": ["digest"]}}
        scheduled = {"state": {"name": {"any_": ["Scheduled"]}}}
        found = served.ask("flow_runs/filter", deployments=chosen, flow_runs=scheduled)
        return found or None

    runs = until(coming, within_s=20, what="a scheduled run of the digest")

    assert {"week"} <= {run["parameters"]["window"] for run in runs}
    assert all(run["auto_scheduled"] for run in runs)


def test_the_queues_have_their_priorities(served: House) -> None:
    """Who waits in front of the screen comes before who works all night."""
    queues = served.ask("work_pools/run-letters/queues/filter")

    ours = [each for each in queues if each["name"] != "default"]
    order = [each["name"] for each in sorted(ours, key=lambda each: each["priority"])]

    assert ["interactive", "scheduled", "premium", "backfill"] == order


@pytest.mark.parametrize(
    ("user", "tier", "queue"), [("cy", "premium", "premium"), ("dee", "free", "backfill")]
)
def test_an_order_starts_the_backfill_in_the_queue_of_the_tier(
    served: House, settings: Settings, user: str, tier: Tier, queue: str
) -> None:
    """The order ends at once; the backfill it started runs in its own queue and writes."""
    move_in(settings, user, runs=2, tier=tier)

    ordered = served.ended(served.start("order", user=user, max_activities=1))

    (run,) = served.ask("flow_runs/filter", flow_runs={"name": {"any_": [f"backfill-{user}"]}})
    ended = served.ended(run["id"])
    with Store.open(settings.store) as store:
        written = store.contents(user)
    assert ("COMPLETED", "COMPLETED") == (ordered["state_type"], ended["state_type"])
    assert (queue, 1) == (ended["work_queue_name"], ended["parameters"]["max_activities"])
    assert {"letter": 1, "coaching": 1} == dict(written["kind"].value_counts().iter_rows())
