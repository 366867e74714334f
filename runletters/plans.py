"""A plan as facts for a writer, and as words by rule.

Pure: no clock, no network, no database. The plan itself is made and checked in `metrics`;
here it is only said. Never medical advice, and no promise.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from runletters.content import Text
from runletters.errors import RunlettersError
from runletters.facts import Fact, FactSheet, Unit
from runletters.metrics.plan import Plan, PlanWeek, Race, plan
from runletters.metrics.plan_check import violations
from runletters.metrics.plan_rules import HARD, PlanState, is_return
from runletters.untrusted import markdown_text
from runletters.users import Preferences
from runletters.wording import Wording, wording_for

OFFLINE_MODEL = "offline-plan-1"
PACED = ("easy", "tempo", "intervals")


class UnsoundPlan(RunlettersError):
    """The rules made a plan that breaks their own limits; nothing is suggested then."""


def suggested(state: PlanState, *, start: date, weeks: int, race: Race | None) -> Plan:
    """A plan that has passed the check of its limits.

    Raises:
        UnsoundPlan: it breaks one; a mistake of ours.
    """
    made = plan(state, start=start, weeks=weeks, race=race)
    broken = violations(made, state)
    if broken:
        raise UnsoundPlan(f"The plan breaks its limits: {'; '.join(broken)}.")
    return made


def plan_sheet(made: Plan, state: PlanState, preferences: Preferences) -> FactSheet:
    """Everything words about a plan may mention."""
    wording = wording_for(preferences.language, preferences.units)
    start = made.weeks[0].week_start
    return FactSheet(
        activity_id=f"plan-{start.isoformat()}",
        language=preferences.language,
        units=preferences.units,
        reader_name=preferences.reader_name,
        started_local=datetime.combine(start, time()),
        local_time_known=False,
        sport="running",
        classification="plan",
        classification_reason="by stated rules inside checked limits",
        tone="return" if is_return(state) else "ordinary",
        facts=tuple(_facts(made, wording)),
        caveats=tuple(said("caveats", code, wording) for code in made.caveats),
    )


def _facts(made: Plan, wording: Wording) -> Iterator[Fact]:
    start = made.weeks[0].week_start
    yield _fact("plan_start", start.isoformat(), "date", wording.day(start))
    yield _fact("plan_base", made.base_week_m, "m", wording.distance(made.base_week_m))
    for number, week in enumerate(made.weeks, 1):
        yield from _of_week(number, week, wording)
    if made.race:
        day = made.race.local_date
        yield _fact("plan_race_day", day.isoformat(), "date", wording.day(day))
        yield _fact("plan_race", made.race.distance_m, "m", wording.distance(made.race.distance_m))
    for kind, (fast, slow) in _paces(made).items():
        yield _fact(f"plan_{kind}_pace_fast", fast, "s_per_km", wording.pace(fast))
        yield _fact(f"plan_{kind}_pace_slow", slow, "s_per_km", wording.pace(slow))
    for kind, hard_s in _parts(made).items():
        yield _fact(f"plan_{kind}_part", hard_s, "s", _minutes(hard_s, wording))


def _of_week(number: int, week: PlanWeek, wording: Wording) -> Iterator[Fact]:
    runs = [day for day in week.days if day.kind != "rest"]
    longest = max(day.distance_m for day in runs)
    day = wording.day(week.week_start)
    yield Fact(
        name=f"plan_week_{number}", value=week.distance_m, unit="m",
        text=wording.distance(week.distance_m), n=len(runs), window=day, quality="derived",
    )  # fmt: skip
    yield _fact(f"plan_week_{number}_start", week.week_start.isoformat(), "date", day)
    yield _fact(f"plan_week_{number}_longest", longest, "m", wording.distance(longest))
    for kind in dict.fromkeys(one.kind for one in runs if one.kind in HARD - {"race"}):
        yield _fact(f"plan_week_{number}_{kind}", True, "flag", said("kinds", kind, wording))


def _fact(name: str, value: float | str | bool, unit: Unit, text: str) -> Fact:
    return Fact(name=name, value=value, unit=unit, text=text, quality="derived")


def _paces(made: Plan) -> Mapping[str, tuple[float, float]]:
    return {
        day.kind: (day.pace_fast_s_per_km, day.pace_slow_s_per_km)
        for week in made.weeks
        for day in week.days
        if day.kind in PACED and day.pace_fast_s_per_km and day.pace_slow_s_per_km
    }


def _parts(made: Plan) -> Mapping[str, float]:
    """How long the hard days of each kind are hard; the same in all weeks."""
    return {day.kind: day.hard_s for week in made.weeks for day in week.days if day.hard_s}


def _minutes(seconds: float, wording: Wording) -> str:
    return wording.phrase("minutes", number=wording.count(seconds / 60))


def write_plan(sheet: FactSheet) -> Text:
    """The plan in words by rule, from its facts alone."""
    wording = wording_for(sheet.language, sheet.units)
    body = "\n\n".join(
        " ".join(part) for part in (_opening(sheet, wording), _weeks(sheet, wording),
                                    _closing(sheet, wording)) if part
    )  # fmt: skip
    return Text(
        body=body, writer="offline", model=OFFLINE_MODEL, prompt_sha256=phrases_sha256(wording)
    )


def _opening(sheet: FactSheet, wording: Wording) -> list[str]:
    slots = {fact.name: fact.text for fact in sheet.facts}
    race = ["race"] if sheet.has("plan_race") else []
    return [said("opening", name, wording, **slots) for name in ("start", *race)]


def _weeks(sheet: FactSheet, wording: Wording) -> list[str]:
    told: list[str] = []
    before_m: float | None = None
    for number in range(1, 5):
        week = sheet.fact(f"plan_week_{number}")
        longest = sheet.fact(f"plan_week_{number}_longest")
        if week is None or longest is None:
            break
        metres = float(week.value)
        name = "lighter" if before_m is not None and metres < before_m * 0.95 else "week"
        told.append(
            said("weeks", name, wording, day=week.window or "", distance=week.text,
                 n=wording.count(week.n or 0), longest=longest.text)
        )  # fmt: skip
        hard = [k for k in ("tempo", "intervals") if sheet.has(f"plan_week_{number}_{k}")]
        told += [said("hard", "_".join(hard), wording)] if hard else []
        before_m = metres
    return told


def _closing(sheet: FactSheet, wording: Wording) -> list[str]:
    paced = [kind for kind in PACED if sheet.has(f"plan_{kind}_pace_fast")]
    slots = {fact.name: fact.text for fact in sheet.facts}
    told = [said("paces", kind, wording, **slots) for kind in paced]
    parts = [kind for kind in ("tempo", "intervals") if sheet.has(f"plan_{kind}_part")]
    return [
        *(told or [said("paces", "none", wording)]),
        *([said("parts", "_".join(parts), wording, **slots)] if parts else []),
        *sheet.caveats,
        said("closing", "end", wording),
    ]


def plan_rows(plan: Mapping[str, Any], wording: Wording) -> list[list[str]]:
    """One row per day that is not rest: day, weekday, kind, distance, pace, how long, week.

    Args:
        plan: a `metrics.plan.Plan` as JSON.
        wording: language and units.
    """
    return [
        [
            day["local_date"],
            wording.weekday(date.fromisoformat(day["local_date"])),
            day["kind"],
            wording.distance(day["distance_m"]),
            _pace_range(day, wording),
            _minutes(day["hard_s"], wording) if day.get("hard_s") else "",
            week["rule"],
        ]
        for week in plan["weeks"]
        for day in week["days"]
        if day["kind"] != "rest"
    ]


def _pace_range(day: Mapping[str, Any], wording: Wording) -> str:
    fast, slow = day["pace_fast_s_per_km"], day["pace_slow_s_per_km"]
    if fast is None or slow is None:
        return ""
    factor = wording.unit_m / 1000
    return f"{wording.clocked(fast * factor)}-{wording.clocked(slow * factor)}"


def plan_markdown(kept: Mapping[str, Any]) -> str:
    """A kept plan for the UI: its words, then its days in kilometres."""
    rows = plan_rows(kept["plan"], wording_for("en", "metric"))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    head = "| day | | kind | distance | min/km | fast part | week |\n|---|---|---|---|---|---|---|"
    words = "\n".join(map(markdown_text, kept["body"].splitlines()))
    return f"{words}\n\n{head}\n{table}\n\nNo medical advice.\n"


def said(table: str, name: str, wording: Wording, /, **slots: Any) -> str:
    """A phrase of the plan's file with its slots filled."""
    return _phrases(wording.language)[table][name].format_map(slots)


def phrases_sha256(wording: Wording) -> str:
    """The identity of the phrases of a language."""
    return sha256(_source(wording.language)).hexdigest()


def _source(language: str) -> bytes:
    folder = files("runletters").joinpath("prompts", "offline")
    return folder.joinpath(f"plan.{language}.toml").read_bytes()


@cache
def _phrases(language: str) -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(_source(language).decode())
