"""Random runs and histories for tests: small, odd and never real."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

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


PIECES = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 5, 20, 60, 150]),  # samples that go alike
        st.sampled_from([1, 1, 2, 5, 9, 31, 130]),  # seconds between them
        st.sampled_from([0, 2, 3, 4, 11, 60]),  # metres a second
        st.none() | st.integers(25, 235),  # heart rate, also impossible ones
        st.none() | st.integers(0, 190),  # cadence, of one leg or both
        st.none() | st.integers(0, 400),  # power
        st.none() | st.integers(-30, 30),  # climb in tenths of a metre
        st.none() | st.integers(-9, 9),  # how the position moves, in 0.00001 degrees a second
    ),
    min_size=1,
    max_size=8,
)
"""One run as stretches that go alike: constant values, gaps, lone samples, every channel."""

Piece: TypeAlias = tuple[int, int, int, int | None, int | None, int | None, int | None, int | None]


def rich_stream(activity_id: str, pieces: list[Piece]) -> pl.DataFrame:
    """A stream with every channel; what a piece lacks is null, and time goes on."""
    rows: list[tuple[float | None, ...]] = []
    second = metre = climb = east = 0
    for samples, seconds, speed, rate, cadence, power, rise, drift in pieces:
        for _ in range(samples):
            second, metre = second + seconds, metre + speed * seconds
            climb, east = climb + (rise or 0), east + (drift or 0) * seconds
            altitude = None if rise is None else climb / 10
            places = (None, None) if drift is None else (10 + east / 2e5, 20 + east / 1e5)
            rows.append((second, metre, rate, cadence, power, altitude, *places))
    names = ["t_s", "distance_m", "heart_rate_bpm", "cadence_rpm", "power_w", "altitude_m",
             "latitude_deg", "longitude_deg"]  # fmt: skip
    schema = dict.fromkeys(names, pl.Float64())
    return pl.DataFrame(rows, schema=schema, orient="row", strict=False).with_columns(
        activity_id=pl.lit(activity_id), segment=pl.lit(0, dtype=pl.Int32)
    )


RICH_STREAMS = st.lists(PIECES, min_size=1, max_size=3).map(
    lambda runs: pl.concat([rich_stream(f"run-{place}", run) for place, run in enumerate(runs)])
)
"""A few runs with every channel."""
