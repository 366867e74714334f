"""Paid writing at full speed: our backfill beside two programs that make the same calls.

All run one after the other against one fake of the API, with latencies and token buckets
as the real one has them. What the fake saw decides: it counts calls, statuses and moments.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from benchmarks.measures import Measure, not_measured
from benchmarks.racing import Race, race
from benchmarks.stage import (
    KEY,
    REPOSITORY,
    Fake,
    fake_api,
    fresh_copy,
    load_average,
    move_in,
    prefect_server,
    writing_environment,
)
from benchmarks.workbench import USER, Workbench
from runletters.assignments import work_items
from runletters.backfilling import Pair
from runletters.content import KINDS
from runletters.edges.claude_writer import sent_parameters
from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.edges.writers import hands
from runletters.settings import Settings
from tasks.facts import read_fact_sheets

LETTER_S, INSIGHT_S = (2.0, 5.0), (3.0, 7.0)
_LATENCY_S = mean((mean(LETTER_S), mean(INSIGHT_S)))
_OURS, _ASYNCIO, _PREFECT = "ours", "plain asyncio", "plain Prefect"
_SERVER, _RECORDED = "CPU of the Prefect server", "task runs recorded"


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is written, how fast it may be, and how many calls are open at once."""

    activities: int
    per_minute: int
    concurrency: int
    within_s: float

    @property
    def texts(self) -> int:
        """A letter and an insight for each."""
        return self.activities * len(KINDS)

    @property
    def ideal_per_s(self) -> float:
        """What the limit and the latency allow, whichever is less."""
        return min(self.per_minute / 60, self.concurrency / _LATENCY_S)

    @property
    def latencies(self) -> list[str]:
        """The fake's options for how long an answer takes, and how many it gives."""
        return [
            *("--letter-latency", *map(str, LETTER_S), "--insight-latency", *map(str, INSIGHT_S)),
            # The real API enforces its minute in pieces much shorter than a minute.
            *("--burst", "3", "--rpm", f"{self.per_minute}"),
            # For each request as many tokens as the real limits of the first tier allow.
            *("--itpm", f"{self.per_minute * 2_000}", "--otpm", f"{self.per_minute * 400}"),
        ]


SHORT = Size(activities=400, per_minute=1_800, concurrency=160, within_s=180.0)
FULL = Size(activities=10_000, per_minute=4_000, concurrency=400, within_s=1_500.0)


def measure(bench: Workbench) -> list[Measure]:
    """Ours and both peers, at a size that takes two minutes."""
    folder = bench.folder / "live"
    home = _home(folder, SHORT)
    calls = _calls(home, folder / "calls.jsonl")
    with fake_api(folder, *SHORT.latencies) as fake:
        races = {
            _OURS: _ours(folder, home, fake, SHORT)[0],
            _ASYNCIO: _plain_asyncio(folder, calls, fake, SHORT),
            _PREFECT: _plain_prefect(folder, calls, fake, SHORT),
        }
    return as_lines("live", SHORT, races)


def measure_full(bench: Workbench) -> list[Measure]:
    """Ten years of a professional: 20,000 texts, each its own task run; then nothing to do."""
    folder = bench.folder / "full"
    home = _home(folder, FULL)
    with fake_api(folder, *FULL.latencies) as fake:
        first, second = _ours(folder, home, fake, FULL, times=2)
    floor_s = FULL.texts / FULL.per_minute * 60
    return [
        *as_lines("full", FULL, {_OURS: first}),
        Measure(
            name="full: times the floor",
            unit="x",
            ours=first.seconds / floor_s if first.done else None,
            note=f"{first.seconds:.0f} s beside {floor_s:.0f} s; target 1.15",
        ),
        Measure(
            name="full: second run",
            unit="s",
            ours=second.seconds,
            note=f"in the flow, {second.done} written, {len(second.starts)} calls; target under 3",
        ),
    ]


def _home(folder: Path, size: Size) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    move_in(folder / "home", USER, size.activities)
    return folder / "home"


def _calls(home: Path, target: Path) -> Path:
    """The very calls that ours makes, as JSON lines, for those who only make calls."""
    settings = Settings(_env_file=None, home=home, writer="claude")
    with Store.open(settings.store) as store:
        user = store.known_user(USER)
    ids = History.open(settings.history).activities(USER)["activity_id"].to_list()
    pairs: list[Pair] = [(str(name), kind) for name in ids for kind in KINDS]
    sheets = read_fact_sheets(user, pairs, settings)
    by_kind = hands("claude", settings, user.preferences.language)
    items = work_items(USER, pairs, sheets, by_kind)
    lines = (json.dumps(sent_parameters(item), ensure_ascii=False) for item in items)
    target.write_text("\n".join(lines), encoding="utf-8")
    return target


def _ours(folder: Path, home: Path, fake: Fake, size: Size, *, times: int = 1) -> list[Race]:
    kept = fresh_copy(home, folder / "ours")
    with prefect_server(folder / "server-ours") as server:
        environment = {
            **server.environment,
            **writing_environment(kept, fake, concurrency=size.concurrency),
            "PYTHONPATH": str(REPOSITORY),
        }
        return [
            race(
                "benchmarks.contestants.ours", [USER], fake=fake, environment=environment,
                folder=REPOSITORY, server=server, tasks=("letter-", "coaching-"),
                within_s=size.within_s,
            )
            for _ in range(times)
        ]  # fmt: skip


def _plain_asyncio(folder: Path, calls: Path, fake: Fake, size: Size) -> Race:
    return race(
        "benchmarks.contestants.plain_asyncio", [str(calls), str(size.concurrency)], fake=fake,
        environment={**os.environ, **_sdk(fake)}, folder=folder, within_s=size.within_s,
    )  # fmt: skip


def _plain_prefect(folder: Path, calls: Path, fake: Fake, size: Size) -> Race:
    place = folder / "server-plain"
    with prefect_server(place, is_ours=False) as server:
        return race(
            "benchmarks.contestants.plain_prefect", [str(calls), str(size.concurrency)], fake=fake,
            environment={**server.environment, **_sdk(fake)}, folder=place, server=server,
            tasks=("write-",), within_s=size.within_s,
        )  # fmt: skip


def _sdk(fake: Fake) -> dict[str, str]:
    return {
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": fake.url,
        "PYTHONPATH": str(REPOSITORY),
    }


def as_lines(name: str, size: Size, races: Mapping[str, Race]) -> list[Measure]:
    """The lines of these races; where ours was not run to its end, one that says why."""
    ours = races[_OURS]
    if ours.code or not ours.done:
        reason = ours.errors.strip().splitlines()[-1:] or [f"exit code {ours.code}"]
        return [not_measured(f"{name}: texts", "texts/s", reason[0][:300])]
    figures: tuple[tuple[str, str, Callable[[Race], float], str], ...] = (
        ("texts", "texts/s", lambda r: r.items_per_s, _setting(size, races)),
        ("share of the ideal", "%", lambda r: 100 * r.items_per_s / size.ideal_per_s,
         (f"ideal {size.ideal_per_s:.1f}/s: the lesser of the limit and of "
         f"{size.concurrency} calls at {_LATENCY_S} s; start and end are in it")),
        ("seconds", "s", lambda r: r.seconds, "without imports"),
        ("texts that failed", "texts", lambda r: float(r.failed),
         f"of {size.texts:,}; ours are retried and else kept with their reason"),
        ("answers of 429", "calls", lambda r: float(r.throttled),
         f"statuses of ours: {dict(ours.by_status)}"),
        ("CPU of the process", "ms/text", lambda r: r.ms_per_text(r.cpu_s),
         f"without imports; the fake {ours.ms_per_text(ours.fake_cpu_s):.1f}"),
        (_SERVER, "ms/text", lambda r: r.ms_per_text(r.server_cpu_s),
         "until everything is recorded, or 30 s"),
        ("peak memory", "MB", lambda r: r.peak_mb, "resident, with all children"),
        (_RECORDED, "%", _recorded_percent,
         "in the state they ended in, at most 30 s after the flow; "
         + "; ".join(f"{who} {dict(r.recorded)}" for who, r in races.items() if r.recorded)),
        ("of the limit, steady", "%", lambda r: 100 * 60 * _steady(r) / size.per_minute,
         f"calls accepted a second, ours: {' '.join(map(str, ours.per_second))}"),
    )  # fmt: skip
    return [
        _line(f"{name}: {what}", unit, _those_with(what, races), figure, note)
        for what, unit, figure, note in figures
    ]


def _setting(size: Size, races: Mapping[str, Race]) -> str:
    return (
        f"{size.texts:,} texts at {size.per_minute:,}/min, {size.concurrency} at once, one fake "
        f"for all; load of the machine {load_average()}; "
        + "; ".join(f"{who} {r.done} in {r.seconds:.1f} s" for who, r in races.items())
    )


def _line(
    name: str, unit: str, races: Mapping[str, Race], figure: Callable[[Race], float], note: str
) -> Measure:
    peers: dict[str, float | None] = {
        who: figure(each) for who, each in races.items() if who != _OURS
    }
    return Measure(name=name, unit=unit, ours=figure(races[_OURS]), peers=peers, note=note)


def _those_with(what: str, races: Mapping[str, Race]) -> dict[str, Race]:
    """Who can be asked for that figure: plain asyncio has no server."""
    is_everyone = what not in {_SERVER, _RECORDED}
    return {who: each for who, each in races.items() if is_everyone or who != _ASYNCIO}


def _recorded_percent(ran: Race) -> float:
    ended = ("completed", "cached", "failed", "crashed")
    return 100 * sum(ran.recorded.get(state, 0) for state in ended) / ran.texts


def _steady(ran: Race) -> float:
    """Calls a second between the tenth second and the tenth before the last."""
    series = ran.per_second
    inside: Iterable[int] = series[10:-10] or series
    return mean(inside or [0])
