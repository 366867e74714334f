"""Commands that show numbers: one run beside others, race times, trends."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import RenderableType

from deployments.cli.replies import Reply, paragraph, table, two_columns
from deployments.cli.running import start as start_flow
from runletters import reports
from runletters.content import WriterName
from runletters.edges.training_desk import open_desk
from runletters.metrics.trends import Period
from runletters.plans import plan_rows
from runletters.settings import Settings

WRONG_USAGE = 2
UserName = Annotated[str, Parameter(name=["--user", "-u"], help="Whose runs.")]
Day = Annotated[date | None, Parameter(help="YYYY-MM-DD; the day after the newest run if none.")]


def compare(
    activity: Annotated[str, Parameter(help="The activity's id, as `letters` lists it.")],
    *,
    user: UserName,
) -> Reply:
    """One run beside the others: its ranks, runs like it, what changed at equal heart rate."""
    desk = open_desk(user, Settings())
    units = desk.user.preferences.units
    data = reports.comparison(
        activity, desk.activities, desk.training, desk.routes, desk.user.preferences
    )
    screen: list[RenderableType] = [
        two_columns(reports.comparison_rows(data, units), title=f"Run {activity} of {user}")
    ]
    if not data["is_comparable"]:
        why = "unbelievable" if data["distance_m"] else "no distance was recorded"
        screen.append(paragraph(f"Not compared: {', '.join(data['flags']) or why}."))
    rows = reports.similar_table(data["similar"], units)
    if rows:
        heads = ["day", "activity", "distance", "pace", "heart rate"]
        screen.append(table(heads, rows, title="Newest runs like it"))
    return Reply(data={"user": user, **data}, screen=screen)


def predict(*, user: UserName, on: Day = None) -> Reply:
    """Race times from 5 km to the marathon as ranges, tested on the runner's own races."""
    desk = open_desk(user, Settings())
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
    desk = open_desk(user, Settings())
    units = desk.user.preferences.units
    day = until or desk.training.last_day or datetime.now(UTC).date()
    data = reports.trend_report(desk.training, day, by, max(1, last))
    rows = reports.trend_rows(data, units)
    heads = list(reports.TREND_COLUMNS[units])
    screen: list[RenderableType] = [table(heads, rows, title=f"By {by}")] if rows else []
    notes = [paragraph(note) for note in reports.trend_notes(data, units)]
    return Reply(data={"user": user, **data}, screen=[*screen, *notes])


def plan(
    *,
    user: UserName,
    weeks: Annotated[Literal[1, 2, 3, 4], Parameter(help="How many weeks.")] = 4,
    start: Day = None,
    race: Annotated[
        Literal["none", "5km", "10km", "half_marathon", "marathon"],
        Parameter(help="A race to plan for; needs --race-day."),
    ] = "none",
    race_day: Annotated[date | None, Parameter(help="Day of the race, YYYY-MM-DD.")] = None,
    writer: Annotated[WriterName | None, Parameter(help="offline or claude.")] = None,
) -> Reply:
    """Suggest the next weeks by stated rules inside safe limits. No medical advice."""
    desk = open_desk(user, Settings())
    if (race == "none") != (race_day is None):
        why = "A race needs both: --race and --race-day."
        return Reply(
            data={"error": "UsageError", "message": why, "exit_code": WRONG_USAGE},
            screen=[paragraph(why, style="red")],
            code=WRONG_USAGE,
        )
    from flows.suggest_plan import suggest_plan

    data = start_flow(
        lambda: suggest_plan(
            user=user, weeks=weeks, start=start, race=race, race_day=race_day, writer=writer
        )
    )
    wording = reports.english(desk.user.preferences.units)
    pace = f"min{reports.TREND_COLUMNS[wording.units][4]}"
    heads = ["day", "", "kind", "distance", pace, "fast part", "week"]
    screen: list[RenderableType] = [
        table(heads, plan_rows(data["plan"], wording), title=f"Plan for {user}"),
        paragraph(data["text"]),
        paragraph(reports.NEVER_MEDICAL),
    ]
    return Reply(data=data | {"note": reports.NEVER_MEDICAL}, screen=screen)
