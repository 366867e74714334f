"""Commands that show numbers: one run beside others, race times, trends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import polars as pl
from cyclopts import Parameter
from rich.console import RenderableType

from deployments.cli.replies import Reply, paragraph, table, two_columns
from runletters import reports
from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.metrics.trends import Period
from runletters.settings import Settings
from runletters.training import Training
from runletters.users import User

UserName = Annotated[str, Parameter(name=["--user", "-u"], help="Whose runs.")]
Day = Annotated[date | None, Parameter(help="YYYY-MM-DD; the day after the newest run if none.")]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What lies open while a command answers."""

    user: User
    activities: pl.DataFrame
    training: Training
    routes: Mapping[str, frozenset[int]]

    @property
    def tomorrow(self) -> date:
        """The day after the newest run."""
        last = self.training.last_day or datetime.now(UTC).date()
        return last + timedelta(days=1)


def open_desk(user_id: str) -> Desk:
    """Everything kept about a runner; figures of new runs are computed first.

    Raises:
        StoreError: nobody of that name was ingested.
    """
    settings = Settings()
    with Store.open(settings.store) as store:
        user = store.known_user(user_id)
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    derived = Derived.open(settings.history, settings.s3_endpoint_url)
    derived.refresh(user_id, history)
    activities = history.activities(user_id)
    return Desk(
        user=user,
        activities=activities,
        training=derived.training(user, activities),
        routes=derived.routes(user_id),
    )


def compare(
    activity: Annotated[str, Parameter(help="The activity's id, as `letters` lists it.")],
    *,
    user: UserName,
) -> Reply:
    """One run beside the others: its ranks, runs like it, what changed at equal heart rate."""
    desk = open_desk(user)
    units = desk.user.preferences.units
    data = reports.comparison(
        activity, desk.activities, desk.training, desk.routes, desk.user.preferences
    )
    screen: list[RenderableType] = [
        two_columns(reports.comparison_rows(data, units), title=f"Run {activity} of {user}")
    ]
    if not data["is_comparable"]:
        screen.append(paragraph(f"Not compared: {', '.join(data['flags']) or 'unbelievable'}."))
    rows = reports.similar_table(data["similar"], units)
    if rows:
        heads = ["day", "activity", "distance", "pace", "heart rate"]
        screen.append(table(heads, rows, title="Newest runs like it"))
    return Reply(data={"user": user, **data}, screen=screen)


def predict(*, user: UserName, on: Day = None) -> Reply:
    """Race times from 5 km to the marathon as ranges, tested on the runner's own races."""
    desk = open_desk(user)
    data = reports.prediction_report(desk.training, on or desk.tomorrow)
    heads = ["race", "time", "range", "from", "quality"]
    rows = reports.prediction_rows(data, desk.user.preferences.units)
    screen: list[RenderableType] = [table(heads, rows, title=f"For {data['on']}")] if rows else []
    return Reply(data={"user": user, **data}, screen=[*screen, paragraph(data["note"])])


def trend(
    *,
    user: UserName,
    by: Annotated[Period, Parameter(help="week, month or year.")] = "month",
    last: Annotated[int, Parameter(help="How many of the newest.")] = 12,
    until: Annotated[date | None, Parameter(help="Last day; the newest run's if none.")] = None,
) -> Reply:
    """Volume, pace, load and efficiency by week, month or year, with steps that are not noise."""
    desk = open_desk(user)
    units = desk.user.preferences.units
    day = until or desk.training.last_day or datetime.now(UTC).date()
    data = reports.trend_report(desk.training, day, by, max(1, last))
    rows = reports.trend_rows(data, units)
    heads = list(reports.TREND_COLUMNS[units])
    screen: list[RenderableType] = [table(heads, rows, title=f"By {by}")] if rows else []
    notes = [paragraph(note) for note in reports.trend_notes(data, units)]
    return Reply(data={"user": user, **data}, screen=[*screen, *notes])
