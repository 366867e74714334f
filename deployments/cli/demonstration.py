"""The demo: an invented runner, loaded, written about, published, shown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console, RenderableType
from rich.text import Text

from deployments.cli.reading import activity_screen
from deployments.cli.replies import SOME_FAILED, Reply, paragraph, two_columns
from deployments.cli.running import start
from runletters.backfilling import Order, runs_newest_first
from runletters.edges.history_files import History
from runletters.edges.sample_files import write_strava_export
from runletters.edges.store import Store
from runletters.samples.history import generate_history
from runletters.settings import Settings
from runletters.summaries import nothing_to_do, summary_rows

DEMO_USER = "demo"
UNTIL = date(2026, 11, 22)
"""The invented history ends on this day, so that the same seed gives the same letters."""


def demonstrate(settings: Settings, *, years: int, seed: int) -> Reply:
    """Do the main job once; the second time say that nothing is left to do."""
    offline = settings.model_copy(update={"writer": "offline"})
    export, loaded = _export(offline, years, seed), _loaded_mark(offline, years, seed)
    _make_premium(offline)
    result = _nothing_left(offline) if loaded.exists() else None
    if result is None:
        _load(export, loaded)
        result = _write(offline)
    return Reply(
        data=result,
        screen=_screen(offline, result),
        code=SOME_FAILED if result["failed"] else 0,
    )


def _export(settings: Settings, years: int, seed: int) -> Path:
    target = settings.home / "demo" / f"strava-export-seed-{seed}-years-{years}.zip"
    if not target.exists():
        _say(f"Inventing {years} years of running (seed {seed})")
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_suffix(".half.zip")
        write_strava_export(half, generate_history(seed=seed, years=years, until=UNTIL))
        half.replace(target)
    return target


def _loaded_mark(settings: Settings, years: int, seed: int) -> Path:
    """Exists once the export was loaded to its end, so the second run need not open it."""
    return settings.home / "demo" / f"loaded-seed-{seed}-years-{years}"


def _make_premium(settings: Settings) -> None:
    now = datetime.now(UTC)
    with Store.open(settings.store) as store:
        store.ensure_user(DEMO_USER, now=now)
        store.set_user(DEMO_USER, tier="premium", now=now)


def _nothing_left(settings: Settings) -> dict[str, Any] | None:
    from tasks.planning import read_plan

    plan = read_plan(Order(user_id=DEMO_USER, writer="offline"), settings)
    is_published = Path(settings.published).exists()
    return None if plan.pairs or not is_published else nothing_to_do(plan, is_dry_run=False)


def _load(export: Path, loaded: Path) -> None:
    from flows.ingest_history import ingest_history

    _say("Loading the export")
    start(lambda: ingest_history(str(export), DEMO_USER))
    loaded.touch()


def _write(settings: Settings) -> dict[str, Any]:
    from flows.backfill_history import backfill_history
    from flows.publish_warehouse import publish_warehouse

    _say("Writing letters and insights")
    result = start(lambda: backfill_history(user=DEMO_USER, writer=settings.writer))
    _say("Publishing the DuckDB file")
    start(publish_warehouse)
    return result


def _screen(settings: Settings, result: dict[str, Any]) -> list[RenderableType]:
    newest = _newest_run(settings)
    with Store.open(settings.store) as store:
        found = {
            kind: store.content(DEMO_USER, newest["activity_id"], kind)
            for kind in ("letter", "coaching")
        }
        state = store.status(DEMO_USER).filter(pl.col("activity_id") == newest["activity_id"])
    note = result.get("note")
    return [
        Text(f"The newest run, {newest['started_at']:%Y-%m-%d}", style="bold"),
        *activity_screen(found, state),
        two_columns(summary_rows(result), title="What was done"),
        *([paragraph(note)] if note else []),
        paragraph(_next_steps(settings, newest["activity_id"])),
    ]


def _newest_run(settings: Settings) -> dict[str, Any]:
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    return runs_newest_first(history.activities(DEMO_USER)).row(0, named=True)


def _next_steps(settings: Settings, activity_id: str) -> str:
    return (
        "Try next:\n"
        f"  .venv/bin/runletters letters --user {DEMO_USER}\n"
        f"  .venv/bin/runletters show {activity_id}\n"
        "  .venv/bin/runletters ingest YOUR-STRAVA-EXPORT.zip --user YOU\n"
        "  .venv/bin/runletters backfill --user YOU\n"
        f"  duckdb {settings.published}\n"
    )


def _say(what: str) -> None:
    Console(stderr=True).print(f"[dim]{what} …[/dim]")
