"""The ingest flow on a real server, store and history."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.ingest_history import ingest_history
from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.errors import Busy, UnknownSource
from runletters.settings import Settings
from runletters.users import user_key

PAGE = [
    {
        "run_id": 71,
        "name": "Invented",
        "distance": 5000.0,
        "moving_time": "0:25:00",
        "type": "Run",
        "start_date": "2026-05-01 06:00:00+00:00",
        "start_date_local": "2026-05-01 08:00:00",
        "average_speed": 3.33,
    },
    {
        "run_id": 72,
        "name": "Invented",
        "distance": "far",
        "moving_time": "0:25:00",
        "type": "Run",
        "start_date": "2026-05-02 06:00:00+00:00",
    },
]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A new home."""
    monkeypatch.setenv("RUNLETTERS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return Settings()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A running_page file with one good and one bad activity."""
    path = tmp_path / "activities.json"
    path.write_text(json.dumps(PAGE))
    return path


@pytest.mark.server
def test_twice_is_once(settings: Settings, page: Path) -> None:
    """The second ingest of a path loads nothing, and says so."""
    first = ingest_history(str(page), "ada")
    second = ingest_history(str(page), "ada")

    assert (1, 1, 1, 0) == tuple(
        first[name] for name in ("loaded", "runs", "quarantined", "already_known")
    )
    assert (0, 0, 0, 1) == tuple(
        second[name] for name in ("loaded", "runs", "quarantined", "already_known")
    )
    assert 1 == History.open(settings.history).activities("ada").height
    json.dumps(second)


@pytest.mark.server
def test_leaves_everything_where_it_belongs(settings: Settings, page: Path) -> None:
    """User, pending items, quarantine and the flow's outcome are in the store."""
    ingest_history(str(page), "ada")

    with Store.open(settings.store) as store:
        assert store.user("ada") is not None
        assert ["page-71"] == store.status("ada")["activity_id"].to_list()
        assert ["bad_row"] == store.quarantined("ada")["reason_code"].to_list()
        assert ["ingest-history"] == store.flow_outcomes("ada")["flow"].to_list()


@pytest.mark.server
def test_rights_are_what_the_person_says(settings: Settings, page: Path) -> None:
    """Rights can be given, and given anew to what is known."""
    ingest_history(str(page), "ada")
    before = History.open(settings.history).activities("ada")["rights"].to_list()
    again = ingest_history(str(page), "ada", rights="full")
    after = History.open(settings.history).activities("ada")["rights"].to_list()

    assert (["local_only"], ["full"]) == (before, after)
    assert 1 == again["updated"]


@pytest.mark.server
def test_a_second_ingest_of_one_user_is_refused(settings: Settings, page: Path) -> None:
    """While one ingest holds the user, another ends with a clear word and changes nothing."""
    name = f"ingest {user_key('ada')}"
    with (
        Store.open(settings.store) as store,
        store.lock(name, owner="somebody", lease_s=60, now=datetime.now(UTC)),
        pytest.raises(Busy, match="somebody"),
    ):
        ingest_history(str(page), "ada")

    assert [] == History.open(settings.history).users()


@pytest.mark.server
def test_a_path_that_leads_nowhere_makes_no_user(settings: Settings, tmp_path: Path) -> None:
    """A wrong path is one clear error and leaves nothing behind."""
    with pytest.raises(UnknownSource, match="nothing at"):
        ingest_history(str(tmp_path / "nowhere"), "ada")

    with Store.open(settings.store) as store:
        assert store.user("ada") is None
