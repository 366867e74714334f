"""The run journal as a folder: reads what is known of a runner, writes the pages.

The folder is for its owner alone (mode 700). Only a folder that is empty, new or an
earlier journal is written to, and pages of an earlier journal that are no more go.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from runletters.deriving import batches, personal_metrics
from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.errors import SettingsError
from runletters.journal.entries import entries, runs_of
from runletters.journal.model import Drawing, Point
from runletters.journal.pages import Journal, Page, pages
from runletters.journal.tracks import drawings, thinned
from runletters.settings import Settings
from runletters.users import Preferences, user_key

MARK = "robots.txt"
"""Every journal has it; a folder with files but without it is not ours."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """What was written."""

    folder: Path
    pages: int
    runs: int
    letters: int
    insights: int
    shapes: int
    removed: int  # pages of an earlier journal

    @property
    def start(self) -> Path:
        """The page to open."""
        return self.folder / "index.html"


def make_journal(
    settings: Settings,
    user_id: str,
    *,
    now: datetime,
    folder: Path | None = None,
    home_radius_m: float | None = None,
) -> Made:
    """Write the journal of a user; one that is there already is brought up to date.

    Args:
        settings: where store and history lie.
        user_id: whose journal.
        now: aware; the last weeks end with the runner's day of it.
        folder: where to; below the home folder if None.
        home_radius_m: draw shapes of runs without what is nearer to a start, an end or a
            usual place; None leaves all positions out.

    Raises:
        StoreError: no such user.
        SettingsError: the folder holds other things.
    """
    with Store.open(settings.store) as store:
        preferences = store.known_user(user_id).preferences
        contents = store.contents(user_id)
    journal = _journal(settings, user_id, preferences, contents, home_radius_m)
    target = (folder or journal_folder(settings, user_id)).expanduser().absolute()
    _claim(target)
    today = now.astimezone(ZoneInfo(preferences.time_zone or "UTC")).date()
    written = _write(target, list(pages(journal, today)))
    return Made(
        folder=target,
        pages=len(written),
        runs=len(journal.entries),
        letters=sum(bool(entry.letter) for entry in journal.entries),
        insights=sum(entry.has_insight for entry in journal.entries),
        shapes=sum(entry.drawing is not None for entry in journal.entries),
        removed=_remove_others(target, written),
    )


def journal_folder(settings: Settings, user_id: str) -> Path:
    """Where the journal of a user is if nobody says otherwise."""
    return settings.home / "journals" / user_key(user_id)


def forget_journal(settings: Settings, user_id: str) -> int:
    """Erase the journal below the home folder; how many files went."""
    folder = journal_folder(settings, user_id)
    count = sum(each.is_file() for each in folder.rglob("*")) if folder.is_dir() else 0
    shutil.rmtree(folder, ignore_errors=True)
    return count


def _journal(
    settings: Settings,
    user_id: str,
    preferences: Preferences,
    contents: pl.DataFrame,
    home_radius_m: float | None,
) -> Journal:
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    derived = Derived.open(settings.history, settings.s3_endpoint_url)
    derived.refresh(user_id, history)
    activities = history.activities(user_id)
    kept = derived.read(user_id, "run_metrics")
    allowed = runs_of(activities, kept, preferences)["activity_id"].to_list()
    metrics = personal_metrics(kept, preferences)
    shapes: Mapping[str, Drawing] = {}
    if home_radius_m is not None:
        shapes = _shapes(history, user_id, allowed, home_radius_m)
    return Journal(
        entries=entries(
            activities, kept, derived.read(user_id, "splits"), contents, preferences,
            drawings=shapes,
        ),
        metrics=metrics.filter(pl.col("activity_id").is_in(allowed)),
        preferences=preferences,
        home_radius_m=home_radius_m,
    )  # fmt: skip


def _shapes(
    history: History, user_id: str, activity_ids: Sequence[str], home_radius_m: float
) -> Mapping[str, Drawing]:
    tracks: dict[str, list[Point]] = {}
    now = history.now(user_id)
    for batch in batches(list(activity_ids)):
        samples = now.streams(batch).select("activity_id", "latitude_deg", "longitude_deg")
        for (activity_id,), rows in samples.drop_nulls().group_by(
            "activity_id", maintain_order=True
        ):
            points: list[Point] = list(rows.select("latitude_deg", "longitude_deg").iter_rows())
            tracks[str(activity_id)] = thinned(points)
    return drawings(tracks, home_radius_m=home_radius_m)


def _claim(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or _is_foreign(folder)):
        raise SettingsError(
            f"{folder} holds other things than a run journal; nothing was written.",
            remedy="Name an empty or a new folder: --to FOLDER",
        )
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def _is_foreign(folder: Path) -> bool:
    return any(folder.iterdir()) and not (
        (folder / MARK).is_file() and (folder / "assets").is_dir()
    )


def _write(folder: Path, made: Sequence[Page]) -> set[Path]:
    # The mark comes first: what an interrupted run left is still known as ours.
    (folder / "assets").mkdir(exist_ok=True)
    for page in sorted(made, key=lambda page: page.path != MARK):
        target = folder / page.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page.text, encoding="utf-8")
    with as_file(files("runletters").joinpath("templates", "journal", "assets")) as assets:
        shutil.copytree(assets, folder / "assets", dirs_exist_ok=True)
    return {folder / page.path for page in made}


def _remove_others(folder: Path, written: set[Path]) -> int:
    others = [page for page in folder.glob("letters/*.html") if page not in written]
    for page in others:
        page.unlink()
    return len(others)
