"""The journal as a reader gets it: a folder, its pages, and what is not on them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pytest
from servers.runners import a_run, frame, move_in, settings_in, weeks_of

from runletters.content import Kind, Outcome, Text
from runletters.edges.history_files import History
from runletters.edges.journal_files import Made, make_journal
from runletters.edges.loading import load_history
from runletters.edges.store import Store
from runletters.errors import SettingsError, StoreError
from runletters.parts import DEVICE_TOTALS_SCHEMA, LAPS_SCHEMA, STREAMS_SCHEMA, Parts
from runletters.settings import Settings

MONDAY = date(2026, 9, 7)
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
INSIGHT: dict[str, Any] = {
    "classification": "easy",
    "heart_rate_analysis": "150 bpm on average.",
    "pacing_analysis": "Even <i>throughout</i>.",
    "implications": "It keeps what is there.",
    "recommendations": [{"action": "Run easy", "amount": "8 km", "when": "on Tuesday"}],
}
HOSTILE = "<script>alert(1)</script>"


class Links(HTMLParser):
    """Everything a page points to, and the ids it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.ids.add(given.get("id") or "")
        self.targets += [given[name] or "" for name in ("href", "src") if name in given]


def write(settings: Settings, activity_id: str, kind: Kind, body: str, **more: Any) -> None:
    """A text as a backfill leaves it."""
    text = Text(body=body, writer="offline", model="offline", **more)
    outcome = Outcome(
        user_id="ana", activity_id=activity_id, kind=kind, fingerprint="f", text=text
    )  # fmt: skip
    with Store.open(settings.store) as store:
        store.ensure_status("ana", [activity_id], now=NOW)
        store.record([outcome], owner="test", now=NOW)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """Ana's eleven weeks; one run has a letter and an insight, its title is hostile."""
    settings = settings_in(tmp_path / "home")
    rows = weeks_of("ana", MONDAY, [(0, 8, 0, 8, 0, 0, 14)] * 11)
    rows[-1]["title"] = HOSTILE
    move_in(settings, "ana", rows, reader_name="Ana")
    newest = rows[-1]["activity_id"]
    write(settings, newest, "letter", f"Fourteen kilometres & {HOSTILE}.\n\nThe Über-run.")
    write(settings, newest, "coaching", "prose", structured=INSIGHT)
    return settings


def make(settings: Settings, folder: Path | None = None, **more: Any) -> Made:
    return make_journal(settings, "ana", now=NOW, folder=folder, **more)


def pages_of(made: Made) -> dict[str, str]:
    return {
        file.relative_to(made.folder).as_posix(): file.read_text("utf-8")
        for file in made.folder.rglob("*.html")
    }


def test_every_letter_has_its_insight_beside_it(home: Settings) -> None:
    """The month shows letter, figures and insight of a run in one article."""
    made = make(home)

    article = pages_of(made)["letters/2026-11.html"].split('id="2026-11-22"')[1].split("</article>")
    assert (33, 1, 1, 0) == (made.runs, made.letters, made.insights, made.shapes)
    assert all(
        each in article[0].replace("\N{NO-BREAK SPACE}", " ")
        for each in ("The Über-run.", "14 km", "6:00 per km", "150 bpm on average.",
                     "Run easy: 8 km, on Tuesday.")
    )  # fmt: skip


def test_every_link_leads_somewhere_in_the_folder(home: Settings) -> None:
    """Opened from disk nothing is missing, and nothing points out of the folder."""
    made = make(home)
    found = {path: Links(text) for path, text in pages_of(made).items()}

    for path, page in found.items():
        for target in page.targets:
            file, _, anchor = unquote(target).partition("#")
            place = (made.folder / path).parent / file if file else made.folder / path
            assert place.resolve().is_relative_to(made.folder), f"{path}: {target}"
            assert place.is_file(), f"{path}: {target}"
            if anchor:
                name = place.resolve().relative_to(made.folder).as_posix()
                assert anchor in found[name].ids, f"{path}: {target}"


def test_strangers_texts_are_text(home: Settings) -> None:
    """A title or letter cannot bring a tag onto any page or end the search's script."""
    made = make(home)

    for path, text in pages_of(made).items():
        tags = Links(text).tags
        assert 2 * (path == "search.html") == tags.count("script"), path
        assert "i" not in tags, path
    index = (made.folder / "assets" / "search-index.js").read_text("utf-8")
    assert "<" not in index
    assert "\\u003cscript>" in index


def test_pages_are_private_and_load_nothing_from_elsewhere(home: Settings) -> None:
    """No robot, no tracker, no referrer; the folder is for its owner alone."""
    made = make(home)

    for text in pages_of(made).values():
        assert '<meta name="robots" content="noindex' in text
        assert "default-src 'none'" in text
        assert not re.search(r"(?i)https?://|\son\w+=|<style| style=", text)
    assert "User-agent: *\nDisallow: /\n" == (made.folder / "robots.txt").read_text("utf-8")
    assert 0o700 == made.folder.stat().st_mode & 0o777
    sheet = (made.folder / "assets" / "journal.css").read_text("utf-8")
    assert not re.search(r"url\((?!\"fonts/)|@import", sheet)


def test_a_run_that_is_gone_is_gone_from_the_journal(home: Settings, tmp_path: Path) -> None:
    """Made again, the folder holds what the history holds, and no page of before."""
    make(home, tmp_path / "j")
    late = replace_history(home, [a_run("ana", date(2026, 7, 1), 5)])

    again = make(home, tmp_path / "j")

    assert late == again.runs
    assert ["letters/2026-07.html", "letters/2026.html"] == sorted(
        path for path in pages_of(again) if path.startswith("letters/")
    )
    assert 3 == again.removed


def replace_history(settings: Settings, rows: list[dict[str, Any]]) -> int:
    """Replace Ana's history."""
    History.open(settings.history).forget("ana")
    move_in(settings, "ana", rows)
    return len(rows)


def test_a_folder_with_other_things_is_left_alone(home: Settings, tmp_path: Path) -> None:
    """Nobody's files are overwritten by a wrong folder name."""
    (tmp_path / "index.html").write_text("mine")

    with pytest.raises(SettingsError, match="holds other things"):
        make(home, tmp_path)

    assert "mine" == (tmp_path / "index.html").read_text()


def test_an_unknown_user_is_one_clear_error(home: Settings) -> None:
    with pytest.raises(StoreError, match="nobody"):
        make_journal(home, "nobody", now=NOW)


def test_a_runner_without_runs_gets_a_page_that_says_so(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    move_in(settings, "ana", [])

    made = make(settings)

    assert "No runs yet." in pages_of(made)["index.html"]


def test_pages_speak_the_runners_language(home: Settings) -> None:
    """German with German figures; no page is left in English."""
    move_in(home, "ana", [], language="de")

    pages = pages_of(make(home))

    assert all('<html lang="de">' in text for text in pages.values())
    assert "Sonntag, 22. November 2026" in pages["letters/2026-11.html"]


def walked(activity_id: str, start: tuple[float, float]) -> pl.DataFrame:
    """Half an hour due north from a door, a point every ten metres or so."""
    return pl.DataFrame(
        [
            {"activity_id": activity_id, "t_s": 3.0 * step, "distance_m": 10.0 * step,
             "latitude_deg": start[0] + step * 9e-5, "longitude_deg": start[1]}
            for step in range(600)
        ],
        schema=STREAMS_SCHEMA,
    )  # fmt: skip


def test_positions_are_left_out_unless_asked_and_never_by_number(tmp_path: Path) -> None:
    """A shape holds no coordinate, and what lies near the door is cut off."""
    settings, door = settings_in(tmp_path), (52.512345, 13.412345)
    rows = [a_run("ana", MONDAY + timedelta(days=day), 6, has_streams=True) for day in range(4)]
    streams = pl.concat([walked(row["activity_id"], door) for row in rows])
    parts = Parts(
        activities=frame(rows), streams=streams, laps=pl.DataFrame(schema=LAPS_SCHEMA),
        device_totals=pl.DataFrame(schema=DEVICE_TOTALS_SCHEMA),
    )  # fmt: skip
    History.open(settings.history).append("ana", parts)
    move_in(settings, "ana", [])

    without = make(settings)
    hidden = "".join(pages_of(without).values())
    shown = make(settings, home_radius_m=500.0)
    text = "".join(pages_of(shown).values())

    assert (0, 4) == (without.shapes, shown.shapes)
    assert 'class="shape"' not in hidden
    assert 4 == text.count('class="shape"')
    assert not re.search(r"52\.5|13\.4", text)
    assert "cut off for 500" in text


@pytest.mark.shared_data
@pytest.mark.slow
def test_fourteen_years_of_a_real_runner_are_made(tmp_path: Path, shared_data: Path) -> None:
    """3,703 runs: every month a page, every run on the page of its year."""
    settings = settings_in(tmp_path)
    move_in(settings, "ana", [])
    history = History.open(settings.history)
    load_history(str(shared_data / "yihong-run"), "ana", history, now=NOW)

    made = make(settings)

    lines = [len(re.findall(r"<li><a ", text)) for path, text in pages_of(made).items()
             if re.fullmatch(r"letters/\d{4}\.html", path)]  # fmt: skip
    assert made.runs == sum(lines)
    assert 3_703 == made.runs
