"""The main job through a real Prefect server and a real store: twice is once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

from flows.backfill_history import backfill_history
from runletters.edges.history_files import History
from runletters.edges.processes import owner_name
from runletters.edges.store import Store
from runletters.errors import SettingsError, StoreError
from runletters.settings import Settings
from runletters.users import FREE_ACTIVITIES

Home = Callable[..., Settings]


def status(settings: Settings, user: str = "ada") -> pl.DataFrame:
    with Store.open(settings.store) as store:
        return store.status(user)


def test_every_run_gets_a_letter_and_an_insight(home: Home) -> None:
    """A backfill completes all items, keeps the texts, and costs nothing offline."""
    settings = home(runs=3)

    result = backfill_history(user="ada")

    with Store.open(settings.store) as store:
        written = store.contents("ada")
    assert (6, 0, 0) == (result["done"], result["failed"], result["skipped"])
    assert {"letter": 3, "coaching": 3} == dict(written["kind"].value_counts().iter_rows())
    assert 0 == result["cost_nano_usd"]
    assert {"completed"} == set(status(settings)["letter_status"])


def test_the_second_backfill_changes_nothing(home: Home) -> None:
    """Everything is skipped, and the texts are byte for byte the same rows."""
    settings = home(runs=3)
    backfill_history(user="ada")
    with Store.open(settings.store) as store:
        before = store.contents("ada")

    result = backfill_history(user="ada")

    with Store.open(settings.store) as store:
        assert before.equals(store.contents("ada"))
    assert (0, 6) == (result["done"], result["skipped"])


def test_refresh_writes_only_what_is_stale(home: Home) -> None:
    """Same facts, same prompt: unchanged. Other units: a new version, the old one kept."""
    settings = home(runs=2)
    backfill_history(user="ada")

    same = backfill_history(user="ada", refresh=True)
    with Store.open(settings.store) as store:
        store.set_user("ada", preferences={"units": "imperial"}, now=datetime.now(UTC))
    changed = backfill_history(user="ada", refresh=True)

    with Store.open(settings.store) as store:
        versions = store.contents("ada", current=False)
    assert (0, 4) == (same["done"], same["unchanged"])
    assert 4 == changed["done"]
    assert 8 == versions.height


def test_the_free_tier_ends_at_the_newest_runs(home: Home) -> None:
    """Twenty runs are written about; the summary says what an upgrade would add."""
    home(runs=FREE_ACTIVITIES + 3, tier="free")

    result = backfill_history(user="ada", kinds=("letter",))

    assert (FREE_ACTIVITIES, 3) == (result["done"], result["skipped"])
    assert result["tier_message"].startswith("Upgrade to premium for full history")


def test_a_dry_run_plans_and_writes_nothing(home: Home) -> None:
    """The plan is counted; no item leaves its state."""
    settings = home(runs=2)

    result = backfill_history(user="ada", dry_run=True)

    assert (4, 0) == (result["planned"], result["done"])
    assert status(settings).is_empty()


def test_what_another_run_holds_is_left_to_it(home: Home) -> None:
    """Items under a valid lease of somebody else are skipped, not written twice."""
    settings = home(runs=2)
    now = datetime.now(UTC)
    ids = _ids(settings)
    with Store.open(settings.store) as store:
        store.ensure_status("ada", ids, now=now)
        store.claim("ada", [(ids[0], "letter")], owner="elsewhere/1/x", lease_s=600, now=now)

    result = backfill_history(user="ada")

    assert (3, 1) == (result["done"], result["skipped_by_reason"]["being_written"])


def test_claims_of_a_process_that_is_gone_are_taken_over_at_once(home: Home) -> None:
    """A killed run on this machine does not make anybody wait for its lease."""
    settings = home(runs=1)
    now = datetime.now(UTC)
    ids = _ids(settings)
    dead = owner_name("x").split("/")[0] + "/999999999/x"
    with Store.open(settings.store) as store:
        store.ensure_status("ada", ids, now=now)
        store.claim("ada", [(ids[0], "letter")], owner=dead, lease_s=600, now=now)

    result = backfill_history(user="ada")

    assert 2 == result["done"]


def test_without_a_key_nothing_is_half_done(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The claude writer without a key says how to get going, before anything is claimed."""
    settings = home(runs=1)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)

    with pytest.raises(SettingsError, match="ANTHROPIC_API_KEY"):
        backfill_history(user="ada", writer="claude")

    assert status(settings).is_empty()


def test_an_unknown_user_is_told_how_to_come_in(home: Home) -> None:
    """The error names the user and the command."""
    home(runs=1)

    with pytest.raises(StoreError, match="runletters ingest PATH --user bob"):
        backfill_history(user="bob")


def test_runs_and_tasks_can_be_found_by_name_in_the_ui(home: Home) -> None:
    """The flow run and each task run carry the user and the activity in their names."""
    settings = home(runs=1)
    started = datetime.now(UTC) - timedelta(seconds=1)

    state = backfill_history(user="ada", return_state=True)

    run_id = state.state_details.flow_run_id
    assert run_id is not None
    with get_client(sync_client=True) as client:
        chosen = FlowRunFilter(id=FlowRunFilterId(any_=[run_id]))
        flow_run = client.read_flow_runs(flow_run_filter=chosen)[0]
        names = _task_run_names(client, chosen)
    activity = _ids(settings)[0]
    assert "backfill-ada" == flow_run.name
    assert started < datetime.now(UTC)
    assert {f"letter-{activity}", f"coaching-{activity}"} <= names


def _task_run_names(client: SyncPrefectClient, chosen: FlowRunFilter) -> set[str]:
    """Task runs arrive at the server as events: wait for them, with a bound."""
    names: set[str] = set()
    for _ in range(60):
        names = {run.name for run in client.read_task_runs(flow_run_filter=chosen)}
        if any(name.startswith("coaching-") for name in names):
            return names
        time.sleep(0.5)
    return names


def _ids(settings: Settings) -> list[str]:
    return History.open(settings.history).activities("ada")["activity_id"].to_list()
