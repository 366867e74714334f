"""Every notebook runs from top to bottom on a published file, full or empty."""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import polars as pl
import pytest
from nbclient import NotebookClient
from servers.histories import SmallHistory, activity

from runletters.activities import ACTIVITY_SCHEMA
from runletters.content import KINDS, Kind, Outcome, Text
from runletters.edges import warehouse
from runletters.edges.store import Store
from runletters.ledger import Attempt

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
LAPS = pl.DataFrame(schema={"activity_id": pl.String()})


def run(name: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Execute a notebook against that home; its outputs."""
    monkeypatch.setenv("RUNLETTERS_HOME", str(home))
    monkeypatch.delenv("RUNLETTERS_PUBLISH_URL", raising=False)
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    where = {"metadata": {"path": str(NOTEBOOKS)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=where).execute()
    return notebook


def pictures(notebook: Any) -> list[bytes]:
    return [
        base64.b64decode(output["data"]["image/png"])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]


def words(notebook: Any) -> str:
    return "".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )


def invented_history(rng: random.Random) -> SmallHistory:
    """Some hundred runs over eight years, more of them in some years than in others."""
    rows = []
    for year, runs in zip(range(2019, 2027), (24, 60, 88, 35, 96, 120, 110, 75), strict=True):
        for n in range(runs):
            start = datetime(year, 1, 1, 6, tzinfo=UTC) + timedelta(days=n * 320 / runs)
            rows.append(activity(f"{year}-{n:03}", start, distance_m=rng.lognormvariate(9.1, 0.4)))
    return SmallHistory(pl.DataFrame(rows, schema=ACTIVITY_SCHEMA), LAPS)


def invented_store(store: Store, history: SmallHistory, now: datetime, rng: random.Random) -> None:
    """Most texts written by a paid model over nine days, some failed, some held, some waiting."""
    store.ensure_user("ana", now=now)
    names = history.activities("ana").sort("started_at", descending=True)["activity_id"]
    pairs: list[tuple[str, Kind]] = [(name, kind) for name in names for kind in KINDS]
    store.ensure_status("ana", names.to_list(), now=now)
    done = pairs[:1_000]
    for n, start in enumerate(range(0, len(done), 120)):
        day = now - timedelta(days=9 - n)
        store.claim("ana", done[start : start + 120], owner="r", lease_s=60, now=day)
        window = done[start : start + 120]
        store.end_attempts([_call(pair, day, rng) for pair in window])
        store.record([_outcome(pair, rng) for pair in window], owner="r", now=day)
    store.claim("ana", pairs[1_000:1_016], owner="busy", lease_s=600, now=now)


def _call(pair: tuple[str, Kind], day: datetime, rng: random.Random) -> Attempt:
    tokens_in, tokens_out = rng.randint(800, 1_100), rng.randint(140, 260)
    outcome = rng.choices(["succeeded", "rejected", "timeout"], [94, 5, 1])[0]
    return Attempt(
        attempt_id=f"{pair[0]}-{pair[1]}",
        user_id="ana",
        activity_id=pair[0],
        kind=pair[1],
        fingerprint="f",
        model="claude-haiku-4-5",
        started_at=day,
        outcome=outcome,
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cost_nano_usd=None if outcome == "timeout" else tokens_in * 1_000 + tokens_out * 5_000,
    )


def _outcome(pair: tuple[str, Kind], rng: random.Random) -> Outcome:
    known: dict[str, Any] = {
        "user_id": "ana", "activity_id": pair[0], "kind": pair[1], "fingerprint": "f",
    }  # fmt: skip
    if rng.random() < 0.03:
        return Outcome(error_type="WriterRefused", error="The model declined.", **known)
    text = Text(body="Ten km.", writer="claude", model="claude-haiku-4-5", prompt_sha256="0" * 64)
    return Outcome(text=text, **known)


def test_no_outputs_are_committed() -> None:
    """Outputs are somebody's data, and make every change unreadable."""
    for file in NOTEBOOKS.glob("*.ipynb"):
        cells = nbformat.read(file, as_version=4).cells
        assert all(not cell.get("outputs") for cell in cells), file.name
        assert all(cell.get("execution_count") is None for cell in cells), file.name


def test_results_tell_what_the_file_holds(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Figures and five charts of a history that was mostly written by a paid model."""
    rng = random.Random(7)
    history = invented_history(rng)
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        invented_store(store, history, now, rng)
        warehouse.publish(store, history, str(tmp_path / "warehouse.duckdb"), now=now)

    notebook = run("results.ipynb", tmp_path, monkeypatch)

    charts = pictures(notebook)
    assert "Traceback" not in words(notebook)
    for number, chart in enumerate(charts):
        (tmp_path / f"chart-{number}.png").write_bytes(chart)
    assert 5 == len(charts)
    told = words(notebook)
    assert "608 runs of 1 runner(s), 2019-01-01 to 2026" in told
    assert "The model declined." in told
    assert "calls have no known price" in told
    assert "Ten km." in told


def test_results_of_nothing_say_what_to_do(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty store and history: no chart, no error, the next command to type."""
    history = SmallHistory(pl.DataFrame(schema=ACTIVITY_SCHEMA), LAPS)
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        warehouse.publish(store, history, str(tmp_path / "warehouse.duckdb"), now=now)

    notebook = run("results.ipynb", tmp_path, monkeypatch)

    assert [] == pictures(notebook)
    told = words(notebook)
    assert "runletters ingest PATH" in told
    assert "runletters backfill" in told
    assert "Nothing was paid" in told
