"""Treadmill, track, trail, typed-in and multisport runs, from the file to the words.

Each is written as the file a watch would write, read by the real reader, and told in both
languages. What such a run cannot support must be on no sheet and in no text.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl
import pytest

from runletters.activities import DeviceTotals, Lap, Summary
from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.edges.loading import load_history
from runletters.edges.readers import read_bytes
from runletters.facts import Fact, FactSheet
from runletters.grounding import check
from runletters.samples import SampleActivity
from runletters.samples.chance import Floats
from runletters.samples.fit_file import fit_file
from runletters.settings import Settings
from runletters.users import Preferences, User
from runletters.writing.offline import write_coaching, write_letter
from tasks.facts import read_fact_sheets

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
METRES_PER_DEGREE = 111_195.0
EVERY_S = 5
Places: TypeAlias = Callable[[Floats], tuple[Floats, Floats]]
Heights: TypeAlias = Callable[[Floats], Floats]


def recorded(
    day: int,
    sport: str,
    speed_m_s: Floats,
    *,
    places: Places | None = None,
    heights: Heights | None = None,
    has_distance: bool = True,
    has_heart_rate: bool = True,
) -> SampleActivity:
    """One invented recording of November 2026, a sample every five seconds."""
    started_at = datetime(2026, 11, day, 17, 0, tzinfo=UTC)
    size = speed_m_s.size
    metres = np.concatenate([[0.0], np.cumsum(speed_m_s[1:] * EVERY_S)])
    seconds = np.arange(size, dtype=np.float64) * EVERY_S
    nothing = np.full(size, np.nan)
    latitude, longitude = places(metres) if places else (nothing, nothing)
    beats = np.round(150 + 5 * np.sin(seconds / 70)) if has_heart_rate else nothing
    altitude = heights(metres) if heights else nothing
    gain_m = float(np.maximum(np.diff(altitude), 0).sum()) if heights else None
    total_m = float(metres[-1]) if has_distance else 0.0
    lasted_s = float(seconds[-1])
    rate = float(beats.mean()) if has_heart_rate else None
    return SampleActivity(
        native_id=str(day),
        kind="easy",
        time_zone="UTC",
        summary=Summary(
            started_at=started_at, utc_offset_s=0, sport=sport, distance_m=total_m,
            elapsed_s=lasted_s, moving_s=lasted_s, device="Tidal",
        ),
        channels={
            "t_s": seconds,
            "distance_m": metres if has_distance else nothing,
            "altitude_m": altitude,
            "heart_rate_bpm": beats,
            "speed_m_s": speed_m_s if has_distance else nothing,
            "latitude_deg": latitude,
            "longitude_deg": longitude,
            "segment": np.zeros(size),
        },
        laps=(Lap(lap_index=0, started_at=started_at, elapsed_s=lasted_s, distance_m=total_m),),
        device_totals=DeviceTotals(
            elapsed_s=lasted_s, timer_s=lasted_s, distance_m=total_m, lap_count=1,
            elevation_gain_m=gain_m, heart_rate_avg_bpm=rate, heart_rate_max_bpm=rate,
        ),
        file_format="fit",
    )  # fmt: skip


def even(minutes: float, metres_per_s: float) -> Floats:
    """The same speed throughout."""
    return np.full(int(minutes * 60 / EVERY_S), metres_per_s)


def oval(metres: Floats) -> tuple[Floats, Floats]:
    """A round track of 400 m on open water."""
    turned, radius_m = metres / 400 * 2 * np.pi, 400 / 2 / np.pi
    return (
        -2 + radius_m * np.sin(turned) / METRES_PER_DEGREE,
        -20 + radius_m * np.cos(turned) / METRES_PER_DEGREE,
    )


def northward(metres: Floats) -> tuple[Floats, Floats]:
    """Straight on, over open water."""
    return -2.5 + metres / METRES_PER_DEGREE, np.full_like(metres, -20.0)


def hilly(metres: Floats) -> Floats:
    """Nine climbs of 100 m in 18 km."""
    return 350 - 50 * np.cos(metres / 2_000 * 2 * np.pi)


def weather(metres: Floats) -> Floats:
    """A barometer indoors: it rises and falls by 40 m every few minutes."""
    return 100 + 20 * np.sin(metres / 150)


def steep_and_slow(minutes: float) -> Floats:
    """Uphill 1.6 m/s, downhill 3.2, in turn: what ground does to pace."""
    speeds = even(minutes, 1.6)
    speeds[np.arange(speeds.size) * EVERY_S % 1_200 >= 700] = 3.2
    return speeds


def intervals() -> Floats:
    """Eight times 400 m with 90 s between."""
    pair = [np.full(17, 400 / 85), np.full(18, 1.7)]
    return np.concatenate([even(10, 2.7), *(pair * 8), even(10, 2.6)])


CSV = """Activity ID,Activity Date,Activity Name,Activity Type,Distance,Filename,\
Elapsed Time,Moving Time,Distance
{rows}"""


def typed_row(number: int) -> str:
    """A row of activities.csv without a file."""
    day = datetime(2026, 9, 1, 17, tzinfo=UTC) + timedelta(days=2 * number)
    when = f"{day:%b} {day.day}, {day.year}, 5:00:00 PM"
    seconds = 2_200 - 10 * number
    return f'{9_000 + number},"{when}",Run,Run,6.0,,{seconds},{seconds},6000.0'


RUNS = {
    "treadmill": recorded(1, "treadmill_running", even(30, 3.4), heights=weather),
    "no-distance": recorded(2, "treadmill_running", even(40, 3.0), has_distance=False),
    "no-sensor": recorded(3, "running", even(31, 3.2), has_heart_rate=False),
    "track-0": recorded(4, "track_running", even(50, 3.0), places=oval, heights=weather),
    "track-1": recorded(5, "track_running", even(50, 3.02), places=oval, heights=weather),
    "track-2": recorded(6, "track_running", even(50, 3.04), places=oval, heights=weather),
    "track-3": recorded(7, "track_running", even(50, 3.06), places=oval, heights=weather),
    "unmarked-track": recorded(8, "running", even(50, 3.08), places=oval, heights=weather),
    "repeats": recorded(9, "track_running", intervals(), places=oval),
    "trail": recorded(
        14, "trail_running", steep_and_slow(130), places=northward, heights=hilly
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with thirty typed-in runs and one recorded run of each kind."""
    made = Settings(_env_file=None, home=tmp_path_factory.mktemp("kinds"))
    folder = tmp_path_factory.mktemp("export")
    rows = "\n".join(typed_row(number) for number in range(30))
    (folder / "activities.csv").write_text(CSV.format(rows=rows), "utf-8")
    for name, run in RUNS.items():
        (folder / f"{name}.fit.gz").write_bytes(gzip.compress(fit_file(run)))
    loaded = load_history(str(folder), "ada", History.open(made.history), now=NOW, workers=1)
    assert () == loaded.problems
    return made


def told(settings: Settings, language: str) -> dict[str, FactSheet]:
    """The sheet of every run by the name of its file; typed-in ones by their date."""
    rows = History.open(settings.history).activities("ada").filter("is_run")
    names = {
        row["activity_id"]: _name(row["sources"][0]["file"], row["started_at"])
        for row in rows.iter_rows(named=True)
    }
    ada = User(
        user_id="ada",
        preferences=Preferences(language=language, heart_rate_max_bpm=190, heart_rate_rest_bpm=50),
    )
    sheets = read_fact_sheets(ada, [(name, "letter") for name in names], settings)
    return {names[sheet.activity_id]: sheet for sheet in sheets}


def _name(file: str, started_at: datetime) -> str:
    return f"{started_at:%Y-%m-%d}" if file.endswith(".csv") else file.removesuffix(".fit.gz")


@pytest.fixture(scope="module")
def sheets(settings: Settings) -> dict[str, FactSheet]:
    """In English."""
    return told(settings, "en")


def names(sheet: FactSheet) -> set[str]:
    """The roles of its facts."""
    return {fact.name for fact in sheet.facts}


def texts(sheet: FactSheet) -> str:
    """Letter and insight in one."""
    return f"{write_letter(sheet).body}\n{write_coaching(sheet).body}"


UPHILL = {"elevation_gain", "climb_rate", "climb_rank", "climb_best", "graded_pace"}
PACE_AMONG_OTHERS = {
    "band_best", "band_rank", "fastest_since", "pace_quicker", "pace_slower", "pace_as_usual",
    "usual_pace", "effort_best", "effort_rank", "route_best", "route_rank",
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de"])
def test_texts_of_every_kind_pass_the_gate(settings: Settings, language: str) -> None:
    """The offline writer says nothing that the sheets of such runs do not hold."""
    refused: list[tuple[str, str, str]] = []
    for name, sheet in told(settings, language).items():
        letter, insight = write_letter(sheet), write_coaching(sheet)
        found = [
            *check(letter.body, sheet, kind="letter"),
            *check(insight.body, sheet, kind="coaching", structured=insight.structured),
        ]
        refused += [(name, f.rule, f.found) for f in found if f.severity == "reject"]

    assert [] == refused


def test_a_treadmill_climbs_nothing_and_is_ranked_nowhere(sheets: dict[str, FactSheet]) -> None:
    """A barometer indoors tells of weather, and the pace of a belt is the machine's own."""
    sheet = sheets["treadmill"]

    assert "treadmill" == sheet.classification
    assert set() == names(sheet) & (UPHILL | PACE_AMONG_OTHERS)
    assert 7 == len(sheet.splits)  # by the belt's own distance
    assert {None} == {split.elevation_change_m for split in sheet.splits}
    assert "treadmill" in write_letter(sheet).body + write_coaching(sheet).body
    assert "climb" not in texts(sheet)


def test_a_belt_is_no_measure_for_runs_outdoors(
    settings: Settings, sheets: dict[str, FactSheet]
) -> None:
    """6.1 km at 4:54 would beat every run of its length; it does not, and predicts no race."""
    history = History.open(settings.history)
    activities = history.activities("ada")
    training = Derived.open(settings.history).training(User(user_id="ada"), activities)
    belts = activities.filter(pl.col("sport") == "treadmill_running")["activity_id"].to_list()

    assert sheets["no-sensor"].has("band_best")  # 5:13 per km
    assert set() == {effort.activity_id for effort in training.efforts} & set(belts)
    assert {effort.activity_id for effort in training.efforts}


def test_a_treadmill_without_a_distance_tells_its_time(sheets: dict[str, FactSheet]) -> None:
    """Nothing is wrong with it, so nothing is called doubtful; no pace, no splits, no rank."""
    sheet = sheets["no-distance"]
    said = texts(sheet)

    assert "treadmill" == sheet.classification
    assert {"moving_time", "heart_rate_avg"} <= names(sheet)
    assert set() == names(sheet) & {"distance", "pace", *PACE_AMONG_OTHERS}
    assert () == sheet.splits
    assert "39:55" in said
    assert "doubtful" not in said
    assert "do not hold up" not in said


def test_without_a_sensor_there_is_no_heart(sheets: dict[str, FactSheet]) -> None:
    """No heart rate, no place and no climb where none was recorded."""
    sheet = sheets["no-sensor"]

    assert not [name for name in names(sheet) if "heart" in name or "zone" in name]
    assert set() == names(sheet) & (UPHILL | {"route_best", "route_rank"})
    assert "heart" not in texts(sheet).lower()


@pytest.mark.parametrize("name", ["track-3", "unmarked-track"])
def test_laps_of_a_track_are_no_route(sheets: dict[str, FactSheet], name: str) -> None:
    """Each of these is the fastest so far on the same oval: no loop has a record there."""
    sheet = sheets[name]

    assert set() == names(sheet) & {"route_best", "route_rank"}
    assert 9 == len([split for split in sheet.splits if split.distance_m > 999])


def test_a_track_is_level_and_its_repetitions_are_intervals(sheets: dict[str, FactSheet]) -> None:
    """Laps on a track bring no climb; eight fast laps are told as eight."""
    repeats = sheets["repeats"].fact("repetitions")

    assert "track" == sheets["track-3"].classification
    assert set() == names(sheets["track-3"]) & UPHILL
    assert "track" in texts(sheets["track-3"])
    assert "intervals" == sheets["repeats"].classification
    assert repeats is not None
    assert repeats.text.startswith("8 ")


def test_a_trail_run_is_no_interval_session(sheets: dict[str, FactSheet]) -> None:
    """Ground that slows and speeds a runner again and again is told as climb, and asks for rest."""
    sheet = sheets["trail"]
    rest = sheet.fact("advice_rest")

    assert "trail" == sheet.classification
    assert {"elevation_gain", "climb_rate", "graded_pace"} <= names(sheet)
    assert "repetitions" not in names(sheet)
    assert "trail" in write_letter(sheet).body
    assert 1 == (rest and rest.value)
    assert "at least 1 day" in write_coaching(sheet).body


def test_a_typed_in_run_says_so_and_has_no_splits(sheets: dict[str, FactSheet]) -> None:
    """Distance and time as entered: no splits, halves, climb or heart rate."""
    sheet = sheets["2026-10-29"]
    inside = {"second_half_even", "fastest_split", "slowest_split", "split_spread", "pauses"}

    assert () == sheet.splits
    assert set() == names(sheet) & (inside | UPHILL | {"heart_rate_avg", "cadence"})
    assert "typed_in" in names(sheet)
    for text in (write_letter(sheet).body, write_coaching(sheet).body):
        assert any(word in text for word in ("typed", "by hand"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("By rule it is a hilly run, 44 m of climbing per km: strength work in disguise.", []),
        (
            "By rule it is a hilly run, 45 m of climbing per km: strength work in disguise.",
            ["45 m"],
        ),
    ],
)
def test_the_climb_a_class_rests_on_may_be_said_as_a_climb(text: str, expected: list[str]) -> None:
    """Also where the sheet's own fact of the climb is a rank."""
    facts = (
        Fact(name="climb_rank", value=2, unit="rank", text="second most climbing of 138 runs"),
        Fact(name="elevation_gain", value=690, unit="m", text="690 m"),
    )
    sheet = FactSheet(
        activity_id="run", started_local=NOW.replace(tzinfo=None), sport="running",
        classification="hills", classification_reason="44 m of climbing per km", facts=facts,
    )  # fmt: skip

    found = check(text, sheet, kind="coaching")

    assert expected == [each.found for each in found if each.rule in {"number", "role"}]


@pytest.mark.shared_data
def test_legs_of_a_multisport_day_are_told_as_legs(shared_data: Path, tmp_path: Path) -> None:
    """Transitions and the ride are no runs; the second run is a leg, compared with nothing."""
    file = shared_data / "fitdecode" / "activity-large-fenxi2-multisport.fit"
    settings = Settings(_env_file=None, home=tmp_path)
    history = History.open(settings.history)
    load_history(str(file), "ada", history, now=NOW, workers=1)
    rows = history.activities("ada").sort("started_at")
    runs = rows.filter("is_run")["activity_id"].to_list()

    ada = User(user_id="ada", preferences=Preferences())
    _, leg = read_fact_sheets(ada, [(run, "letter") for run in runs], settings)

    expected = sorted([*["transition"] * 3, *["running"] * 2, "cycling", "unknown"])
    assert expected == sorted(rows["sport"])
    assert "multisport" == leg.classification
    assert set() == names(leg) & PACE_AMONG_OTHERS
    assert "repetitions" not in names(leg)
    assert write_coaching(leg).body.startswith("Multisport leg.")
    assert "sport" in write_letter(leg).body


def test_a_file_that_holds_a_diary_is_no_multisport_day() -> None:
    """Two runs and a ride of other days in one file stay what they are."""
    days = [recorded(day, sport, even(20, 3.0)) for day, sport in ((1, "running"), (3, "cycling"))]
    chained = b"".join(fit_file(day) for day in days)

    found = read_bytes("diary.fit", chained).recordings

    assert ["running", "cycling"] == [one.summary.sport for one in found]
    assert [False, False] == ["multisport_leg" in one.summary.quality for one in found]
