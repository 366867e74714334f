"""One run, measured by us and by Strava: tolerances and their reasons."""

from __future__ import annotations

import polars as pl
import pytest

from runletters.metrics.elevation import elevation, rises
from runletters.metrics.heart_rate import heart_rates
from runletters.metrics.moving import moving
from runletters.metrics.run_metrics import run_metrics
from runletters.metrics.samples import samples
from runletters.metrics.splits import KILOMETRE_M, MILE_M, splits
from runletters.users import Preferences

MOVING_TOLERANCE_S = 1.0
"""Found exact; a second is left for the rounding of whole seconds in the streams."""
SPLIT_TOLERANCE_S = 2.0
"""Strava cuts at samples, we cut at exactly 1,000 m: up to one sample of 3 s is shared."""

SPLIT_MOVING_TOLERANCE_S = 3.0
"""One slow interval between two samples (2 to 3 s) is standing for us, moving for Strava."""

RISE_TOLERANCE_M = 0.15
"""Strava prints tenths of a metre, and its cuts lie up to 5 m from ours."""


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


@pytest.mark.parametrize(
    ("names", "unit_m", "count"),
    [("splits_metric", KILOMETRE_M, 13), ("splits_standard", MILE_M, 8)],
)
def test_splits_equal_strava_s_after_the_cut_is_moved(
    strava_run: pl.DataFrame,
    strava_figures: dict[str, list[dict[str, float]]],
    names: str,
    unit_m: float,
    count: int,
) -> None:
    """Elapsed and moving time, heart rate and rise of each kilometre and of each mile."""
    outside = strava_figures[names]

    inside = splits(strava_run, unit_m).to_dicts()

    assert count == len(outside) == len(inside)
    for theirs, ours in zip(outside[:-1], inside[:-1], strict=True):
        extra_s = (theirs["distance"] - unit_m) / theirs["average_speed"]
        assert theirs["elapsed_time"] - extra_s == pytest.approx(
            ours["elapsed_s"], abs=SPLIT_TOLERANCE_S
        )
        assert theirs["moving_time"] - extra_s == pytest.approx(
            ours["moving_s"], abs=SPLIT_MOVING_TOLERANCE_S
        )
        # The samples at the two cuts may fall on either side: 2 of about 140.
        assert theirs["average_heartrate"] == pytest.approx(ours["heart_rate_avg_bpm"], abs=2.0)
        # The cut is up to 5 m further on, on ground that rises less than 2 %.
        rise_m = theirs["elevation_difference"]
        assert rise_m == pytest.approx(ours["elevation_change_m"], abs=RISE_TOLERANCE_M)
    rest_m = sum(theirs["distance"] for theirs in outside) - unit_m * (count - 1)
    assert rest_m == pytest.approx(inside[-1]["distance_m"], abs=0.1)


def test_the_two_heart_rate_averages_are_told_apart(
    clean: pl.DataFrame, strava_figures: dict[str, float]
) -> None:
    """Strava prints the mean over samples; the mean over time is lower on this run."""
    row = heart_rates(clean).row(0, named=True)

    assert strava_figures["average_heartrate"] == 148.5
    assert pytest.approx(row["heart_rate_sample_mean_bpm"], abs=0.2) == 148.5
    # 145.8 counts each sample since the one before, ours half to each side.
    assert pytest.approx(row["heart_rate_time_mean_bpm"], abs=1.0) == 145.8
    assert strava_figures["max_heartrate"] == row["heart_rate_highest_bpm"] == 163


def test_elevation_on_a_flat_run_has_the_right_order_of_magnitude(
    clean: pl.DataFrame, strava_figures: dict[str, float]
) -> None:
    """5.8 m by Strava, 15.3 m by plain sums: ours lies between them."""
    gain_m = elevation(clean)["stream_elevation_gain_m"].item()
    plain_m = rises(clean)["stream_elevation_gain_m"].item()

    assert 15.3 == pytest.approx(plain_m, abs=0.05)
    assert strava_figures["total_elevation_gain"] == 5.8
    assert 5.8 <= gain_m <= plain_m


def test_cadence_counts_both_legs(
    strava_run: pl.DataFrame, strava_figures: dict[str, float]
) -> None:
    """84.4 strides of one leg are about 169 steps, a mean over moving samples only."""
    activities = pl.DataFrame({"activity_id": ["run"]})

    row = run_metrics(activities, strava_run, Preferences()).row(0, named=True)

    assert pytest.approx(row["cadence_spm"], abs=2.0) == 2 * strava_figures["average_cadence"]
    speed_m_s = strava_figures["average_speed"]
    assert 1_000 / speed_m_s == pytest.approx(row["pace_s_per_km"], abs=0.1)
