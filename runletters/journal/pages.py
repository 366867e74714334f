"""Lays out a journal: entries and metrics in, pages out, each with its place in the folder.

Pure but for reading the package's own templates. Everything shown is escaped by Jinja, and
a name a template does not know stops the page. No page holds a script or style of its own:
the policy in its head allows files of this folder and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from itertools import groupby
from statistics import median
from typing import Any

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined

from runletters.journal.effort import Effort, effort
from runletters.journal.labels import label
from runletters.journal.model import Entry
from runletters.journal.run_chart import run_chart
from runletters.journal.search_index import index_script
from runletters.journal.speech import Speech
from runletters.journal.volume import WEEKS, Span, bars, spans
from runletters.users import Preferences
from runletters.wording import wording_for


@dataclass(frozen=True, kw_only=True)
class Page:
    """One file of the journal."""

    path: str  # with forward slashes, below the journal's folder
    text: str


@dataclass(frozen=True, kw_only=True)
class Journal:
    """All that a journal shows."""

    entries: Sequence[Entry]  # newest first
    metrics: pl.DataFrame  # run_metrics of these runs
    preferences: Preferences
    home_radius_m: float | None = None  # None: without shapes of runs


@dataclass(frozen=True, kw_only=True)
class Month:
    """The runs of one month, newest first."""

    start: date
    entries: tuple[Entry, ...]

    @property
    def page(self) -> str:
        """Where the month is, below the folder."""
        return f"letters/{self.start:%Y-%m}.html"

    @property
    def distance_m(self) -> float:
        """Metres of all runs."""
        return sum(entry.distance_m or 0.0 for entry in self.entries)

    @property
    def moving_s(self) -> float:
        """Seconds of all runs."""
        return sum(entry.moving_s or 0.0 for entry in self.entries)


@dataclass(frozen=True, kw_only=True)
class Year:
    """The months of one year with a run, newest first."""

    number: int
    months: tuple[Month, ...]

    @property
    def page(self) -> str:
        """Where the year is, below the folder."""
        return f"letters/{self.number:04}.html"

    @property
    def runs(self) -> int:
        """Runs of the year."""
        return sum(len(month.entries) for month in self.months)

    @property
    def distance_m(self) -> float:
        """Metres of all runs."""
        return sum(month.distance_m for month in self.months)

    def month(self, number: int) -> Month | None:
        """January is 1; None without a run in it."""
        return next((month for month in self.months if month.start.month == number), None)


def pages(journal: Journal, today: date) -> Iterator[Page]:
    """Every file of the journal but the assets.

    Args:
        journal: What is shown.
        today: The runner's date; the last weeks end with it.
    """
    book = _Book(journal, today)
    yield book.cover()
    for year in book.years:
        yield book.year(year)
    for month in book.months:
        yield book.month(month)
    yield book.trends()
    yield book.page("search.html", "search.html", label(book.language, "search_title"))
    yield Page(path="assets/search-index.js", text=book.index())
    yield Page(path="robots.txt", text="User-agent: *\nDisallow: /\n")


class _Book:
    """What all pages share."""

    def __init__(self, journal: Journal, today: date) -> None:
        self.journal, self.today = journal, today
        preferences = journal.preferences
        self.speech = Speech(wording_for(preferences.language, preferences.units))
        self.language = self.speech.wording.language
        self.months = _months(journal.entries)
        self.years = _years(self.months)
        name = preferences.reader_name
        self.title: str = self._t("journal_of", name=name) if name else self._t("journal")

    def page(self, template: str, path: str, heading: str, **more: Any) -> Page:
        """One page by its template, with what every page may use."""
        text = (
            _environment()
            .get_template(f"pages/{template}")
            .render(
                t=self._t,
                say=self.speech,
                journal_title=self.title,
                heading=heading,
                root="../" * path.count("/"),
                path=path,
                newest=self.months[0] if self.months else None,
                with_map=self.journal.home_radius_m is not None,
                home_radius_m=self.journal.home_radius_m,
                language=self.language,
                longest_of=_longest,
                chart_of=partial(run_chart, wording=self.speech.wording),
                **more,
            )
        )
        return Page(path=path, text=text)

    def cover(self) -> Page:
        """The title page: the newest letter and the contents."""
        entries = self.journal.entries
        newest = next((entry for entry in entries if entry.letter), None)
        most = max((month.distance_m for month in self.months), default=0.0)
        return self.page(
            "cover.html", "index.html", self.title,
            entries=entries, letter=newest, years=self.years, most_m=most,
            letters=sum(bool(entry.letter) for entry in entries),
        )  # fmt: skip

    def year(self, year: Year) -> Page:
        """A year: its weeks, and every run in one line."""
        place = self.years.index(year)
        weeks = spans(_of_year(self.journal.metrics, year.number), "week")
        return self.page(
            "year.html", year.page, str(year.number),
            year=year, weeks=weeks, chart=bars(weeks, self.speech.wording.unit_m),
            earlier=_at(self.years, place + 1), later=_at(self.years, place - 1),
        )  # fmt: skip

    def month(self, month: Month) -> Page:
        """A month: its letters with insight and figures beside them."""
        place = self.months.index(month)
        return self.page(
            "month.html", month.page, self.speech.month_of(month.start),
            month=month, earlier=_at(self.months, place + 1), later=_at(self.months, place - 1),
        )  # fmt: skip

    def trends(self) -> Page:
        """Volume and pace at heart rate over the whole history."""
        metrics, unit_m = self.journal.metrics, self.speech.wording.unit_m
        weeks = spans(metrics, "week", until=self.today)[-WEEKS:]
        months, years = spans(metrics, "month"), spans(metrics, "year")
        found = effort(metrics, unit_m)
        return self.page(
            "trends.html", "trends.html", self._t("trends_title"),
            weeks=weeks, months=months, years=years[::-1],
            week_bars=bars(weeks, unit_m), month_bars=bars(months, unit_m),
            most_year_m=max((year.distance_m for year in years), default=0.0),
            middle_week_m=median([week.distance_m for week in weeks] or [0.0]),
            effort=found, effort_change=_change(found),
        )  # fmt: skip

    def index(self) -> str:
        """The script the search page loads."""
        return index_script(
            self.journal.entries, date_of=self.speech.day_of, figures_of=self.speech.figures_of
        )

    def _t(self, key: str, /, **slots: str) -> str:
        return label(self.language, key, **slots)


@cache
def _environment() -> Environment:
    # Untrusted titles stand on these pages: autoescape holds for every template, by any name.
    return Environment(
        loader=PackageLoader("runletters", "templates/journal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _months(entries: Sequence[Entry]) -> list[Month]:
    grouped = groupby(entries, key=lambda entry: entry.month)
    return [Month(start=start, entries=tuple(each)) for start, each in grouped]


def _years(months: Sequence[Month]) -> list[Year]:
    grouped = groupby(months, key=lambda month: month.start.year)
    return [Year(number=number, months=tuple(each)) for number, each in grouped]


def _at(found: Sequence[Any], place: int) -> Any:
    return found[place] if 0 <= place < len(found) else None


def _of_year(metrics: pl.DataFrame, year: int) -> pl.DataFrame:
    if metrics.is_empty():
        return metrics
    return metrics.filter(pl.col("local_date").dt.year() == year)


def _longest(found: Sequence[Span]) -> Span:
    return max(found, key=lambda span: span.distance_m)


def _change(found: Effort | None) -> str | None:
    """Which sentence tells the change of the line; None without a line."""
    if found is None or found.first_pace is None or found.last_pace is None:
        return None
    change = found.last_pace - found.first_pace
    if abs(change) < 2.0:
        return "effort_change_same"
    return "effort_change_faster" if change < 0 else "effort_change_slower"
