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
from runletters.metrics.elevation import rises
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


def test_the_samples_lie_in_the_same_zones(
    zoned_run: pl.DataFrame, zoned_figures: dict[str, Any]
) -> None:
    """The source's per cents are shares of the samples, not of the time."""
    rates = zoned_run["heart_rate_bpm"].drop_nulls()

    shares = {
        zone: round(100 * rates.is_between(low, high).sum() / rates.len())
        for zone, (low, high) in zoned_figures["hr_zone_bounds_inclusive"].items()
    }

    assert zoned_figures["hr_percent_in_zones"] == shares


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
    """The mean of the samples (the source cuts it to a whole beat), lowest and highest."""
    row = heart_rates(zoned_run).row(0, named=True)

    assert 156.65 == pytest.approx(row["heart_rate_sample_mean_bpm"], abs=0.005)
    assert zoned_figures["hr_min"] == zoned_run["heart_rate_bpm"].min()
    assert zoned_figures["hr_avg"] == int(row["heart_rate_sample_mean_bpm"])
    assert zoned_figures["hr_max"] == row["heart_rate_highest_bpm"]
    assert zoned_figures["distance_m"] == pytest.approx(zoned_run["distance_m"].max(), abs=0.01)


def test_altitudes_and_plain_sums_are_exact(
    zoned_run: pl.DataFrame, zoned_figures: dict[str, Any]
) -> None:
    """Lowest, mean, highest; rises and falls summed without smoothing, to a centimetre."""
    altitude_m = zoned_run["altitude_m"]
    sums = rises(zoned_run).row(0, named=True)

    assert zoned_figures["altitude_min"] == pytest.approx(altitude_m.min(), abs=1e-6)
    assert zoned_figures["altitude_avg"] == pytest.approx(altitude_m.mean(), abs=1e-6)
    assert zoned_figures["altitude_max"] == pytest.approx(altitude_m.max(), abs=1e-6)
    assert zoned_figures["ascent_raw_sum_m"] == pytest.approx(
        sums["stream_elevation_gain_m"], abs=0.01
    )
    assert zoned_figures["descent_raw_sum_m"] == pytest.approx(
        sums["stream_elevation_loss_m"], abs=0.01
    )


def test_times_calories_and_pace_are_those_of_the_source(
    shared_data: Path, zoned_figures: dict[str, Any]
) -> None:
    """Start, end, the timer's seconds, calories, and 07:05 a kilometre, seconds cut off.

    The pace is that of the track's own metres: the laps say 2.9 m more, which is 07:04.
    """
    (run,) = recordings(shared_data / "python-tcxparser" / "test.tcx")
    summary = run.summary
    ended = summary.started_at + timedelta(seconds=run.streams["t_s"][-1])
    metres: list[float] = run.streams["distance_m"].drop_nulls().to_list()
    pace_s = int((summary.moving_s or 0) / (max(metres) / 1_000))

    assert zoned_figures["activity_type"] == summary.sport
    assert datetime.fromisoformat(zoned_figures["started_at"]) == summary.started_at
    assert datetime.fromisoformat(zoned_figures["completed_at"]) == ended
    assert zoned_figures["duration_s"] == summary.moving_s
    assert zoned_figures["calories"] == summary.calories_kcal
    assert zoned_figures["pace_min_per_km"] == f"{pace_s // 60:02}:{pace_s % 60:02}"
    assert (3, 384) == (len(run.laps), run.streams.height)


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


def poster(shared_data: Path, history: str) -> dict[str, Any]:
    """What running_page itself printed about a history."""
    text = (shared_data / "golden" / "dev" / "running_page-posters.json").read_text()
    figures: dict[str, Any] = json.loads(text)[history]
    return figures


def kilometres(text: str) -> float:
    return float(text.removesuffix(" km"))


YEARS = range(2012, 2027)


@pytest.mark.parametrize("year", YEARS)
def test_years_equal_the_source_s_own_poster(
    shared_data: Path, long_history: pl.DataFrame, year: int
) -> None:
    """Runs of 1 km and more by local year; whole km, hours and seconds are cut, not rounded."""
    printed = poster(shared_data, "yihong-run")
    all_of_it = long_history.filter(pl.col("local_date").dt.year() == year)
    counted = all_of_it.filter(pl.col("distance_m") >= 1_000)

    row = periods(counted, "year").row(0, named=True)

    pace_s = int(row["moving_s"] / row["distance_m"] * 1_000)
    figures = {
        "Distance": str(int(row["distance_m"] / 1_000)),
        "Runs": str(row["runs_count"]),
        "Avg Pace": f"{pace_s // 60}'{pace_s % 60:02}\"",
        "Streak": str(max(streak.days for streak in streaks(counted))),
        "Time": str(int(row["moving_s"] / 3_600)),
        "Longest": f"{row['longest_m'] / 1_000:.1f}",
    }
    (summaries,) = (found for name, found in printed.items() if name.startswith("year_summaries"))
    assert {name: summaries[str(year)][name] for name in figures} == figures
    whole = periods(all_of_it, "year")["distance_m"].item() / 1_000
    # 2014 adds up to 822.87 where the poster cuts to 822.8.
    assert kilometres(printed["poster_km_per_year"][str(year)]) == pytest.approx(whole, abs=0.1)


def test_the_whole_history_equals_the_source_s_own_poster(
    shared_data: Path, long_history: pl.DataFrame
) -> None:
    """3,715 of the 3,716 activities (the shortest, of 82 m, is left out); ±0.2 km."""
    printed = poster(shared_data, "yihong-run")
    totals, long = printed["poster_totals"], printed["over_10km"]
    far = long_history.filter(pl.col("distance_m") >= 10_000)["distance_m"] / 1_000
    every = long_history["distance_m"] / 1_000

    assert int(totals["Number"]) == long_history.height - 1
    assert kilometres(totals["Total"]) == pytest.approx(every.sum(), abs=0.2)
    assert kilometres(totals["Avg"]) == pytest.approx(every.mean(), abs=0.05)
    assert kilometres(totals["Max"]) == pytest.approx(every.max(), abs=0.05)
    assert int(long["Number"]) == far.len()
    assert kilometres(long["Total"]) == pytest.approx(far.sum(), abs=0.05)
    assert kilometres(long["Avg"]) == pytest.approx(far.mean(), abs=0.05)
