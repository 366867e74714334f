"""Kept figures: what is new is computed, nothing else, and the result is that of a full pass."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.metrics.load import fitness, fitness_after
from runletters.parts import DEVICE_TOTALS_SCHEMA, LAPS_SCHEMA, Parts
from runletters.training import Training
from runletters.users import Preferences, User, user_key
from tests.servers.homes import invented

ADA = User(
    user_id="ada",
    preferences=Preferences(
        heart_rate_max_bpm=190, heart_rate_rest_bpm=50, threshold_pace_s_per_km=270
    ),
)
"""Typed-in limits: seen ones may move with a new run, and with them every load."""


def load(home: Path, ids: list[str]) -> tuple[History, Derived]:
    """Bring these runs of the invented history into the home."""
    activities, streams = invented()
    history = History.open(str(home))
    parts = Parts(
        activities=activities.filter(pl.col("activity_id").is_in(ids)).with_columns(
            user_id=pl.lit("ada")
        ),
        streams=streams.filter(pl.col("activity_id").is_in(ids)),
        laps=pl.DataFrame(schema=LAPS_SCHEMA),
        device_totals=pl.DataFrame(schema=DEVICE_TOTALS_SCHEMA),
    )
    history.append("ada", parts)
    return history, Derived.open(str(home))


def computed(home: Path) -> dict[str, list[str]]:
    """Which activities each part of kept metrics holds: what was computed, and when."""
    folder = home / user_key("ada") / "derived" / "run_metrics"
    return {
        part.name: sorted(pl.read_parquet(part)["activity_id"]) for part in folder.glob("part-*")
    }


def trained(history: History, derived: Derived) -> Training:
    return derived.training(ADA, history.activities("ada"))


def test_ten_new_runs_and_a_late_one_cost_eleven(tmp_path: Path) -> None:
    """Each run is computed once; the end is what one pass over everything gives."""
    activities = invented()[0].filter(pl.col("is_run")).sort("started_at").tail(40)
    ids = activities["activity_id"].to_list()
    late, new = ids[15], ids[-10:]
    first = [key for key in ids if key not in {late, *new}]

    history, derived = load(tmp_path / "grown", first)
    counts = [derived.refresh("ada", history)]
    before, old = trained(history, derived), computed(tmp_path / "grown")
    load(tmp_path / "grown", new)
    counts.append(derived.refresh("ada", history))
    load(tmp_path / "grown", [late])
    counts += [derived.refresh("ada", history), derived.refresh("ada", history)]

    assert [len(first), 10, 1, 0] == counts
    added = {k: v for k, v in computed(tmp_path / "grown").items() if k not in old}
    assert [sorted(new), [late]] == [added[name] for name in sorted(added)]

    whole_history, whole = load(tmp_path / "whole", ids)
    whole.refresh("ada", whole_history)
    now, full = trained(history, derived), trained(whole_history, whole)
    for one, other in ((now.metrics, full.metrics), (now.best_efforts, full.best_efforts)):
        assert_frame_equal(
            other, one, check_row_order=False, check_column_order=False, check_exact=True
        )
    grown, made = derived.routes("ada"), whole.routes("ada")
    assert [made.similarities(key, ids) for key in ids] == [
        grown.similarities(key, ids) for key in ids
    ]
    assert full.predicted(date(2026, 11, 23)) == now.predicted(date(2026, 11, 23))

    # Load by day: only days from the late run on change; the days before stay as they were.
    until = activities["started_at"].dt.date().max()
    assert isinstance(until, date)
    changed = activities.filter(pl.col("activity_id") == late)["started_at"].dt.date()[0]
    assert_frame_equal(
        fitness(full.daily(until)),
        fitness_after(fitness(before.daily(until)), now.daily(until), changed),
        abs_tol=1e-6,
    )


def test_rows_of_a_run_that_lost_its_samples_are_void(tmp_path: Path) -> None:
    """A newer state without best efforts leaves none of the old ones behind."""
    key = invented()[0].filter(pl.col("is_run") & pl.col("has_streams"))["activity_id"][-1]
    history, derived = load(tmp_path, [key])
    derived.refresh("ada", history)
    had = derived.read("ada", "best_efforts").height
    newer = invented()[0].filter(pl.col("activity_id") == key).with_columns(
        pl.col("ingested_at").dt.offset_by("1d"), user_id=pl.lit("ada")
    )  # fmt: skip
    nothing = invented()[1].clear()
    empty = {"laps": LAPS_SCHEMA, "device_totals": DEVICE_TOTALS_SCHEMA}
    frames = {name: pl.DataFrame(schema=schema) for name, schema in empty.items()}
    history.append("ada", Parts(activities=newer, streams=nothing, **frames))

    assert 1 == derived.refresh("ada", history)
    assert had > 0
    assert derived.read("ada", "best_efforts").is_empty()
