"""Runs made of numbers, and one real run that another program measured too."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest


@pytest.fixture(scope="session")
def strava_run(shared_data: Path) -> pl.DataFrame:
    """The streams of the run whose splits and best efforts Strava published."""
    text = (shared_data / "runpandas" / "strava-api" / "streams.json").read_text()
    data = {name: channel["data"] for name, channel in json.loads(text).items()}
    return pl.DataFrame(
        {
            "activity_id": ["run"] * len(data["time"]),
            "t_s": [float(value) for value in data["time"]],
            "distance_m": [float(value) for value in data["distance"]],
            "altitude_m": [float(value) for value in data["altitude"]],
            "heart_rate_bpm": [float(value) for value in data["heartrate"]],
            "cadence_rpm": [float(value) for value in data["cadence"]],
        }
    )


@pytest.fixture(scope="session")
def strava_figures(shared_data: Path) -> dict[str, object]:
    """What Strava itself says about that run: figures only, no names."""
    text = (shared_data / "runpandas" / "strava-api" / "activity.json").read_text()
    figures: dict[str, object] = json.loads(text)
    wanted = ("distance", "moving_time", "elapsed_time", "splits_metric", "splits_standard",
              "best_efforts", "average_heartrate", "max_heartrate", "average_cadence",
              "average_speed", "total_elevation_gain")  # fmt: skip
    return {name: figures[name] for name in wanted}
