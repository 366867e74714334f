"""Random runs and histories for tests: small, odd and never real."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import strategies as st

from runletters.activities import STREAM_SCHEMA
from runletters.metrics.row import RUN_METRICS_SCHEMA

FIRST_DAY = date(2021, 12, 20)

STEPS = st.lists(
    st.tuples(
        st.integers(1, 45),  # seconds since the sample before
        st.integers(0, 220),  # metres since the sample before: also too many
        st.one_of(st.none(), st.integers(40, 210)),  # heart rate
        st.sampled_from([0, 0, 0, 0, 0, 1]),  # whether the segment changes
        st.integers(-4, 4),  # climb
    ),
    min_size=2,
    max_size=60,
)
"""One run as steps."""


def stream(activity_id: str, steps: list[tuple[int, int, int | None, int, int]]) -> pl.DataFrame:
    """A stream of whole seconds and metres out of steps."""
    seconds, metres, rates, changes, climbs = zip(*steps, strict=True)
    frame = pl.DataFrame(
        {
            "t_s": pl.Series(seconds).cum_sum().cast(pl.Float64),
            "distance_m": pl.Series(metres).cum_sum().cast(pl.Float64),
            "heart_rate_bpm": pl.Series(rates, dtype=pl.Float64),
            "segment": pl.Series(changes).cum_sum().cast(pl.Int32),
            "altitude_m": (100 + pl.Series(climbs).cum_sum()).cast(pl.Float64),
        }
    )
    return frame.with_columns(activity_id=pl.lit(activity_id))


STREAMS = st.lists(STEPS, min_size=1, max_size=4).map(
    lambda runs: pl.concat([stream(f"run-{place}", steps) for place, steps in enumerate(runs)])
)
"""A few runs."""


def even_stream(
    activity_id: str, *, seconds: int, speed_m_s: float = 3.0, every_s: int = 1, **channels: float
) -> pl.DataFrame:
    """A run at one speed, sampled evenly, with constant other channels."""
    times = pl.Series("t_s", range(0, seconds + 1, every_s), dtype=pl.Float64)
    constant = [
        pl.lit(value, dtype=STREAM_SCHEMA[name]).alias(name) for name, value in channels.items()
    ]
    return times.to_frame().with_columns(
        pl.lit(activity_id).alias("activity_id"),
        (pl.col("t_s") * speed_m_s).alias("distance_m"),
        *constant,
    )


DAYS = st.lists(
    st.tuples(
        st.integers(0, 120),  # day
        st.integers(300, 30_000),  # metres
        st.integers(240, 480),  # pace
        st.one_of(st.none(), st.integers(0, 200)),  # load
        st.sampled_from(["measured", "estimated", "doubtful"]),
        st.one_of(st.none(), st.integers(80, 150)),  # efficiency, in hundredths
    ),
    min_size=1,
    max_size=60,
)


def history(days: list[tuple[int, int, int, int | None, str, int | None]]) -> pl.DataFrame:
    """Rows of run_metrics out of days."""
    rows = [
        {
            "activity_id": f"run-{place:03d}",
            "local_date": FIRST_DAY + timedelta(days=day),
            "started_at": datetime(2021, 12, 20, 6, tzinfo=UTC)
            + timedelta(days=day, minutes=place),
            "sport": "running",
            "distance_m": float(metres),
            "moving_s": metres / 1_000.0 * pace,
            "elapsed_s": metres / 1_000.0 * pace,
            "pace_s_per_km": float(pace),
            "load": load,
            "pace_quality": quality,
            "efficiency_factor": None if efficiency is None else efficiency / 100,
        }
        for place, (day, metres, pace, load, quality, efficiency) in enumerate(days)
    ]
    frame = pl.DataFrame(
        rows, schema_overrides={"load": pl.Float64, "efficiency_factor": pl.Float64}
    )
    absent = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in RUN_METRICS_SCHEMA.items()
        if name not in frame.columns
    ]
    return frame.with_columns(absent).select(
        pl.col(name).cast(kind) for name, kind in RUN_METRICS_SCHEMA.items()
    )


HISTORIES = DAYS.map(history)
"""Random rows of run_metrics of one runner."""
