"""One run, measured by us and by Strava: tolerances and their reasons."""

from __future__ import annotations

import polars as pl
import pytest

from runletters.metrics.elevation import elevation
from runletters.metrics.heart_rate import heart_rates
from runletters.metrics.moving import moving
from runletters.metrics.run_metrics import run_metrics
from runletters.metrics.samples import samples
from runletters.metrics.splits import splits
from runletters.users import Preferences

MOVING_TOLERANCE_S = 1.0
"""Found exact; a second is left for the rounding of whole seconds in the streams."""
SPLIT_TOLERANCE_S = 2.0
"""Strava cuts at samples, we cut at exactly 1,000 m: up to one sample of 3 s is shared."""

SPLIT_MOVING_TOLERANCE_S = 3.0
"""One slow interval between two samples (2 to 3 s) is standing for us, moving for Strava."""


@pytest.fixture(scope="module")
def clean(strava_run: pl.DataFrame) -> pl.DataFrame:
    return samples(strava_run)


def test_distance_and_elapsed_time_are_exact(
    clean: pl.DataFrame, strava_figures: dict[str, float]
) -> None:
    """Totals that need no convention equal Strava's to the printed digit."""
    row = moving(clean).row(0, named=True)

    assert strava_figures["distance"] == pytest.approx(row["stream_distance_m"], abs=0.05)
    assert strava_figures["elapsed_time"] == row["stream_elapsed_s"]


def test_moving_time_follows_the_speed_rule(
    clean: pl.DataFrame, strava_figures: dict[str, float]
) -> None:
    """Without events of the timer, 0.894 m/s decides what is moving."""
    row = moving(clean).row(0, named=True)

    assert strava_figures["moving_time"] == pytest.approx(
        row["stream_moving_s"], abs=MOVING_TOLERANCE_S
    )
    assert row["moving_rule"] == "speed"


def test_splits_equal_strava_s_after_the_cut_is_moved(
    strava_run: pl.DataFrame, strava_figures: dict[str, list[dict[str, float]]]
) -> None:
    """Moving time per kilometre, standing time per kilometre and heart rate agree."""
    outside = strava_figures["splits_metric"]

    inside = splits(strava_run).to_dicts()

    assert len(outside) == len(inside)
    for theirs, ours in zip(outside[:-1], inside[:-1], strict=True):
        extra_s = (theirs["distance"] - 1_000) / theirs["average_speed"]
        assert theirs["elapsed_time"] - extra_s == pytest.approx(
            ours["elapsed_s"], abs=SPLIT_TOLERANCE_S
        )
        assert theirs["moving_time"] - extra_s == pytest.approx(
            ours["moving_s"], abs=SPLIT_MOVING_TOLERANCE_S
        )
        # The samples at the two cuts may fall on either side: 2 of about 140.
        assert theirs["average_heartrate"] == pytest.approx(ours["heart_rate_avg_bpm"], abs=2.0)


def test_the_two_heart_rate_averages_are_told_apart(clean: pl.DataFrame) -> None:
    """Strava prints the mean over samples; the mean over time is lower on this run."""
    row = heart_rates(clean).row(0, named=True)

    assert pytest.approx(row["heart_rate_sample_mean_bpm"], abs=0.2) == 148.5
    # 145.8 counts each sample since the one before, ours half to each side.
    assert pytest.approx(row["heart_rate_time_mean_bpm"], abs=1.0) == 145.8
    assert row["heart_rate_highest_bpm"] == 163


def test_elevation_on_a_flat_run_has_the_right_order_of_magnitude(clean: pl.DataFrame) -> None:
    """5.8 m by Strava, 15.3 m by plain sums: ours lies between them."""
    gain_m = elevation(clean)["stream_elevation_gain_m"].item()

    assert 5.8 <= gain_m <= 15.3


def test_cadence_counts_both_legs(strava_run: pl.DataFrame) -> None:
    """84.4 strides of one leg are about 169 steps, a mean over moving samples only."""
    activities = pl.DataFrame({"activity_id": ["run"]})

    row = run_metrics(activities, strava_run, Preferences()).row(0, named=True)

    assert pytest.approx(row["cadence_spm"], abs=2.0) == 2 * 84.4
