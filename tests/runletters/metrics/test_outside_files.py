"""Real recordings, and figures of other programs about them. Nothing of them is kept here."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from runletters.activities import RUN_SPORTS, Recording
from runletters.edges.readers import read_bytes
from runletters.metrics.best_efforts import best_efforts
from runletters.metrics.heart_rate import heart_rates, histogram, time_in_bands
from runletters.metrics.moving import moving
from runletters.metrics.run_metrics import measured, run_metrics
from runletters.metrics.samples import samples
from runletters.metrics.trends import periods, streaks
from runletters.users import Preferences


def recordings(path: Path) -> list[Recording]:
    """Everything the readers find in one file."""
    return list(read_bytes(path.name, path.read_bytes()).recordings)


def clean_of(path: Path) -> pl.DataFrame:
    """Clean samples of the first session of a file."""
    streams = recordings(path)[0].streams
    return samples(streams.with_columns(activity_id=pl.lit("run")))


@pytest.fixture(scope="module")
def zoned_run(shared_data: Path) -> pl.DataFrame:
    return clean_of(shared_data / "python-tcxparser" / "test.tcx")


@pytest.fixture(scope="module")
def zoned_figures(shared_data: Path) -> dict[str, Any]:
    text = (shared_data / "golden" / "dev" / "python-tcxparser.json").read_text()
    figures: dict[str, Any] = json.loads(text)["expected"]
    return figures


def test_time_in_zones_is_exact(zoned_run: pl.DataFrame, zoned_figures: dict[str, Any]) -> None:
    """Half the time to each neighbour: the same rule, so the same seconds."""
    row = time_in_bands(zoned_run, (100, 130, 150, 170, 185, 200)).row(0, named=True)

    spent = {f"Z{band}": row[f"band_{band}_s"] for band in range(7)}

    assert zoned_figures["hr_time_in_zones_s"] == pytest.approx(spent, abs=1e-9)


def test_the_histogram_holds_the_same_time(
    zoned_run: pl.DataFrame, zoned_figures: dict[str, Any]
) -> None:
    """Zones out of whole heart rates need no samples."""
    seconds = histogram(zoned_run)["heart_rate_seconds"].explode().struct.unnest()

    inside = seconds.filter(pl.col("bpm").is_between(150, 169))["seconds"].sum()

    assert zoned_figures["hr_time_in_zones_s"]["Z3"] == pytest.approx(inside, abs=1e-9)


def test_heart_rate_totals_are_exact(
    zoned_run: pl.DataFrame, zoned_figures: dict[str, Any]
) -> None:
    """The mean of the samples (the source cuts it to a whole beat) and the maximum."""
    row = heart_rates(zoned_run).row(0, named=True)

    assert zoned_figures["hr_avg"] == int(row["heart_rate_sample_mean_bpm"])
    assert zoned_figures["hr_max"] == row["heart_rate_highest_bpm"]
    assert zoned_figures["distance_m"] == pytest.approx(zoned_run["distance_m"].max(), abs=0.01)


def test_best_efforts_equal_strava_s(
    strava_run: pl.DataFrame, strava_figures: dict[str, list[dict[str, float]]]
) -> None:
    """±1.5 s: Strava starts and ends efforts at samples 2 to 3 s apart and prints seconds."""
    ours = best_efforts(samples(strava_run))["elapsed_s"].to_list()

    theirs = [effort["elapsed_time"] for effort in strava_figures["best_efforts"]]

    assert theirs == pytest.approx(ours, abs=1.5)


def device_totals(shared_data: Path) -> list[dict[str, str]]:
    """Sessions with distance, time and records: what the device itself wrote."""
    with (shared_data / "golden" / "dev" / "fit_device_totals.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["sport"] == "running"]


def test_device_timers_are_met_where_the_file_has_stops(shared_data: Path) -> None:
    """Moving time out of segments against the device's timer, FIT runs with stops.

    ±10 s: a stop loses up to a second at each end, and the last second has no sample.
    """
    compared = 0
    for row in device_totals(shared_data):
        found = recordings(shared_data / row["file"])
        if row["n_sessions"] != "1" or len(found) != 1 or not row["total_distance_m"]:
            continue
        ours = moving(samples(found[0].streams.with_columns(activity_id=pl.lit("run"))))
        figures = ours.row(0, named=True)
        if figures["moving_rule"] == "timer":
            compared += 1
            timer_s = float(row["total_timer_time_s"])
            assert timer_s == pytest.approx(figures["stream_moving_s"], abs=10)
            assert float(row["total_distance_m"]) == pytest.approx(
                figures["stream_distance_m"], rel=0.001
            )

    assert compared >= 2


def test_heart_rate_and_climb_are_near_the_device_s(shared_data: Path) -> None:
    """Running sessions of 10 minutes and more: HR ±2 %, maximum ±1, climb a band.

    Devices average over time and smooth in their own way; ±10 % and ±15 m for the climb is
    what nobody's figures are closer than.
    """
    rates = climbs = 0
    for row in device_totals(shared_data):
        found = recordings(shared_data / row["file"])
        if len(found) != 1 or row["n_sessions"] != "1" or float(row["total_timer_time_s"]) < 600:
            continue
        streams = found[0].streams.with_columns(activity_id=pl.lit("run"))
        figures = measured(pl.DataFrame({"activity_id": ["run"]}), streams).row(0, named=True)
        if row["avg_hr"] and figures["heart_rate_sample_mean_bpm"]:
            rates += 1
            average, highest = float(row["avg_hr"]), float(row["max_hr"])
            assert average == pytest.approx(figures["heart_rate_time_mean_bpm"], rel=0.02)
            assert highest == pytest.approx(figures["heart_rate_highest_bpm"], abs=1)
        if row["total_ascent_m"] and figures["stream_elevation_gain_m"] is not None:
            climbs += 1
            climb_m = float(row["total_ascent_m"])
            off_m = abs(climb_m - figures["stream_elevation_gain_m"])
            assert off_m <= max(15.0, 0.10 * climb_m)

    assert rates >= 4
    assert climbs >= 4


def test_every_recording_gives_a_row(shared_data: Path) -> None:
    """No file of the collection breaks the figures, and none is infinite or not a number."""
    files = [
        path
        for folder in ("fitdecode", "gpxpy", "python-tcxparser", "tcxreader", "tormoder-fit")
        for path in sorted((shared_data / folder).rglob("*"))
        if path.suffix.lower() in {".fit", ".gpx", ".tcx"}
    ]
    parts: list[pl.DataFrame] = []
    sports: list[str] = []
    for path in files:
        for recording in recordings(path):
            name = f"activity-{len(parts)}"
            parts.append(recording.streams.with_columns(activity_id=pl.lit(name)))
            sports.append(recording.summary.sport)
    activities = pl.DataFrame(
        {"activity_id": [f"activity-{place}" for place in range(len(parts))], "sport": sports}
    )

    rows = run_metrics(activities, pl.concat(parts), Preferences(heart_rate_max_bpm=190))

    assert len(parts) == rows.height
    assert RUN_SPORTS & set(sports)
    numbers = rows.select(pl.selectors.float())
    assert numbers.select(pl.all().is_nan().any() | pl.all().is_infinite().any()).row(0) == (
        (False,) * numbers.width
    )


@pytest.fixture(scope="module")
def long_history(shared_data: Path) -> pl.DataFrame:
    """Totals of a real runner's fourteen years as rows of run_metrics."""
    text = (shared_data / "yihong-run" / "activities.json").read_text()
    rows = [
        {
            "activity_id": str(row["run_id"]),
            "started_at": datetime.fromisoformat(row["start_date"]),
            "utc_offset_s": _offset_s(row["start_date"], row["start_date_local"]),
            "distance_m": float(row["distance"]),
            "moving_s": _seconds(row["moving_time"]),
        }
        for row in json.loads(text)
    ]
    schema = {"started_at": pl.Datetime("us", "UTC"), "utc_offset_s": pl.Int32()}
    activities = pl.DataFrame(rows, schema_overrides=schema)
    return run_metrics(activities, pl.DataFrame(schema={"activity_id": pl.String()}), Preferences())


def _offset_s(utc: str, local: str) -> int:
    moment = datetime.fromisoformat(utc).replace(tzinfo=None)
    return int((datetime.fromisoformat(local) - moment).total_seconds())


def _seconds(clock: str) -> float:
    hours, minutes, seconds = clock.rsplit(" ", maxsplit=1)[-1].split(":")
    span = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    return span.total_seconds()


YEARS = {
    2012: (386, 66, 36, 35, 15.0, 343),
    2013: (788, 151, 64, 14, 21.5, 292),
    2017: (960, 196, 79, 79, 42.8, 299),
    2019: (1336, 262, 118, 95, 43.5, 320),
    2024: (1848, 487, 167, 170, 21.3, 325),
    2026: (594, 221, 60, 32, 7.0, 366),
}
"""km, runs, hours, longest streak in days, longest km, seconds per km (all cut off)."""


@pytest.mark.parametrize("year", YEARS)
def test_years_equal_the_source_s_own_poster(long_history: pl.DataFrame, year: int) -> None:
    """Runs of 1 km and more by local year; whole km, hours and seconds are cut, not rounded."""
    counted = long_history.filter(
        pl.col("distance_m") >= 1_000, pl.col("local_date").dt.year() == year
    )

    row = periods(counted, "year").row(0, named=True)

    streak = max(streak.days for streak in streaks(counted))
    figures = (
        int(row["distance_m"] / 1_000),
        row["runs_count"],
        int(row["moving_s"] / 3_600),
        streak,
        round(row["longest_m"] / 1_000, 1),
        int(row["moving_s"] / row["distance_m"] * 1_000),
    )
    assert YEARS[year] == figures
