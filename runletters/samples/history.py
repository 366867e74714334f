"""A history: the diary, lived through, one activity at a time.

Pure and lazy: nothing is simulated before it is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from runletters.activities import (
    STREAM_SCHEMA,
    DeviceTotals,
    Lap,
    Recording,
    Source,
    Summary,
    no_streams,
)
from runletters.samples import biography
from runletters.samples.body import Body
from runletters.samples.calendar import RUN_KINDS, Kind, Session, plan_year
from runletters.samples.chance import Floats, dice
from runletters.samples.recording import channels_of, moving_s, run_it
from runletters.samples.routes import Loop, nearest_loop
from runletters.samples.totals import device_totals, laps_of, summary_of
from runletters.samples.watch import Sampling, Watch, watch_on
from runletters.samples.words import Words, words_for
from runletters.samples.workouts import blocks_of

FileFormat: TypeAlias = Literal["fit", "gpx", "tcx"]
DAYS_PER_YEAR = 365.25
_MANUAL_SHARE = 0.015
_TRACK_SHARE = 0.6
_SPORTS: dict[Kind, str] = {
    "trail": "trail_running",
    "treadmill": "treadmill_running",
    "ride": "cycling",
    "walk": "walking",
}
_SPORT_SPEED: dict[Kind, tuple[float, float]] = {  # m/s at threshold: base, share
    "ride": (5.2, 0.9),
    "walk": (1.35, 0.1),
    "trail": (0.0, 0.9),  # roots and stones
}


@dataclass(frozen=True, kw_only=True, eq=False)
class SampleActivity:
    """One invented activity.

    `channels` has the keys of STREAM_SCHEMA as float arrays of one length, NaN where
    nothing was recorded; it is empty for an entry typed in by hand.
    """

    native_id: str
    kind: Kind
    time_zone: str
    summary: Summary
    channels: dict[str, Floats]
    laps: tuple[Lap, ...]
    device_totals: DeviceTotals
    file_format: FileFormat | None  # None: typed in by hand, there is no file

    @property
    def streams(self) -> pl.DataFrame:
        """The samples in the shape of STREAM_SCHEMA."""
        if not self.channels:
            return no_streams()
        return pl.DataFrame(self.channels).fill_nan(None).cast(STREAM_SCHEMA)  # pyright: ignore[reportArgumentType]  (a schema dict is what cast documents)

    @property
    def recording_source(self) -> Source:
        """Where it claims to come from; the digest is of its id, since there are no bytes."""
        return Source(
            kind="sample",
            file=f"{self.native_id}.{self.file_format or 'manual'}",
            content_sha256=hashlib.sha256(self.native_id.encode()).hexdigest(),
            native_id=self.native_id,
        )

    @property
    def recording(self) -> Recording:
        """The same activity as a reader would hand it over."""
        return Recording(
            summary=self.summary,
            source=self.recording_source,
            streams=self.streams,
            laps=self.laps,
            device_totals=self.device_totals,
        )


def generate_history(
    seed: int,
    years: int,
    until: date,
    runs_per_week: float = 2.9,
    *,
    sampling: Sampling = "smart",
) -> Iterator[SampleActivity]:
    """An invented runner's activities, oldest first.

    Histories of one seed agree on the days they share: a later `until` adds runs at
    the end and changes none before.

    Args:
        seed: Which runner.
        years: How far back, in years of 365.25 days.
        until: Last local day that may hold an activity.
        runs_per_week: Mean over the years, illness and injury included (1 to 10).
        sampling: smart, or one sample every second.

    Yields:
        Activities in order of time, each simulated when it is asked for.
    """
    first = until - timedelta(days=round(years * DAYS_PER_YEAR) - 1)
    for year in range(first.year, until.year + 1):
        for session in plan_year(seed, year, runs_per_week):
            if first <= session.day <= until:
                yield _live(seed, session, sampling)


def _live(seed: int, session: Session, sampling: Sampling) -> SampleActivity:
    chance = dice(seed, "run", session.day.toordinal(), session.part)
    starts = _starts_at(session, chance)
    words = words_for(session, chance, hour=starts.hour, trouble=_trouble(seed, session.day))
    watch, heat = watch_on(session.day, chance), _heat(session.day)
    loop = _loop(seed, session, chance)
    body = _body(seed, session, heat)
    trace = run_it(
        session,
        blocks=blocks_of(session, chance),
        body=body,
        loop=loop,
        watch=watch,
        chance=chance,
    )
    is_manual = session.kind != "race" and bool(chance.random() < _MANUAL_SHARE)
    channels = channels_of(
        session, trace, watch, chance, sampling=sampling, temperature_c=round(9 + 17 * heat)
    )
    summary = summary_of(
        trace,
        starts=starts,
        moving_s=moving_s(trace),
        sport=_SPORTS.get(session.kind, "running"),
        device=None if is_manual else watch.name,
        is_race=session.kind == "race",
        is_run=session.kind in RUN_KINDS,
        is_manual=is_manual,
        power_w=channels["power_w"],
    )
    return SampleActivity(
        native_id=str(10_000_000_000 + int(starts.timestamp()) // 7),
        kind=session.kind,
        time_zone=str(starts.tzinfo),
        summary=_worded(summary, words),
        channels={} if is_manual else channels,
        laps=() if is_manual else laps_of(trace, starts),
        device_totals=DeviceTotals() if is_manual else device_totals(trace, summary),
        file_format=None if is_manual else _file_format(loop, watch, chance),
    )


def _worded(summary: Summary, words: Words) -> Summary:
    return summary.model_copy(
        update={
            "title": words.title,
            "notes": words.notes,
            "private_notes": words.private_notes,
        }
    )


def _body(seed: int, session: Session, heat: float) -> Body:
    running = biography.threshold_speed_m_s(seed, session.day)
    base, share = _SPORT_SPEED.get(session.kind, (0.0, 1.0))
    return Body(
        threshold_m_s=base + share * running,
        heart_rate_max_bpm=biography.heart_rate_max_bpm(seed, session.day),
        heart_rate_rest_bpm=biography.heart_rate_rest_bpm(seed),
        heat=heat,
    )


def _loop(seed: int, session: Session, chance: np.random.Generator) -> Loop | None:
    if session.kind == "treadmill":
        return None
    place = {"trail": "ridge", "hills": "home"}.get(session.kind, "home")
    if session.kind == "intervals" and chance.random() < _TRACK_SHARE:
        place = "track"
    elif session.phase == "holiday":
        place = "away"
    elif session.race:
        place = f"race {session.race.name}"
    return nearest_loop(seed, place, session.distance_m)


def _starts_at(session: Session, chance: np.random.Generator) -> datetime:
    """The start on the runner's own clock, aware of its zone and of summer time."""
    is_early = session.day.weekday() >= 5 or chance.random() < 0.4
    middle = 9.0 if session.kind in {"race", "long", "trail"} else 7.2 if is_early else 18.1
    hour = float(np.clip(chance.normal(middle, 0.6), 5.2, 21.0))
    if session.part:
        hour = 19.5 + float(chance.uniform(0, 1))
    zone = biography.AWAY_ZONE if session.phase == "holiday" else biography.HOME_ZONE
    seconds = int(hour * 3600)
    clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60, tzinfo=ZoneInfo(zone))
    return datetime.combine(session.day, clock)


def _heat(day: date) -> float:
    """0 in early February, 1 in early August."""
    turned = 2 * np.pi * (day.timetuple().tm_yday - 35) / DAYS_PER_YEAR
    return float(0.5 - 0.5 * np.cos(turned))


def _trouble(seed: int, day: date) -> str | None:
    """Injury or illness that begins within four days."""
    ahead = (biography.episode_on(seed, day + timedelta(days=n)) for n in range(1, 5))
    found = (e.phase for e in ahead if e and e.first > day)
    return next((phase for phase in found if phase in {"injury", "illness"}), None)


def _file_format(loop: Loop | None, watch: Watch, chance: np.random.Generator) -> FileFormat:
    """Old watches wrote TCX, phones GPX, newer watches FIT; indoors there is no GPX."""
    luck = float(chance.random())
    if luck < (0.45 if watch.name.startswith("Tidal") else 0.15):
        return "tcx"
    return "gpx" if luck > 0.82 and loop is not None else "fit"
