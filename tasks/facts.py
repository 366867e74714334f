"""Reads a history and lays out the facts of the runs that are to be written about."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import TypeAlias, cast

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from runletters.backfilling import Pair
from runletters.deriving import batches, split_length_m
from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.fact_sheets import compared_runs, fact_sheets_of
from runletters.facts import FactSheet
from runletters.metrics.route_masks import Routes
from runletters.metrics.splits import KILOMETRE_M, splits
from runletters.settings import Settings
from runletters.training import Training
from runletters.users import User

_Known: TypeAlias = tuple[pl.DataFrame, Training, Routes, pl.DataFrame, pl.DataFrame]
"""A runner's activities, their figures, their routes, each run beside those before it, splits."""


@task(name="refresh-metrics", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def refresh_metrics(user: str, settings: Settings) -> int:
    """Compute the figures of runs that are new or changed; ten new runs cost ten runs."""
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    return Derived.open(settings.history, settings.s3_endpoint_url).refresh(user, history)


def read_fact_sheets(
    user: User, pairs: Sequence[Pair], settings: Settings, reader: str = ""
) -> list[FactSheet]:
    """One sheet per run of the pairs, each beside the runner's whole history as of its day.

    Args:
        user: whose runs.
        pairs: what is to be written.
        settings: where the history is.
        reader: who asks for window after window: the history is read once for each of
            them. Nobody: it is read anew.
    """
    wanted = list(dict.fromkeys(activity_id for activity_id, _ in pairs))
    known = _read_once if reader else _read_once.__wrapped__
    activities, training, routes, table, kept = known(
        user.model_dump_json(), _hashable(settings), reader
    )
    return fact_sheets_of(
        activities,
        training,
        routes,
        _splits(user, wanted, kept, settings),
        wanted=wanted,
        preferences=user.preferences,
        table=table,
    )


def _splits(user: User, wanted: list[str], kept: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The runs cut into the reader's units: what is kept is per kilometre, miles are cut anew."""
    length_m = split_length_m(user.preferences.units)
    if length_m == KILOMETRE_M:
        return kept.filter(pl.col("activity_id").is_in(wanted))
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    parts = list(batches(wanted)) or [wanted]
    return pl.concat(splits(history.streams(user.user_id, part), length_m) for part in parts)


def _hashable(settings: Settings) -> Hashable:
    # Frozen settings can be hashed; pydantic does not tell the type checker.
    return cast("Hashable", settings)


@lru_cache(maxsize=1)
def _read_once(user_json: str, hashable_settings: Hashable, reader: str) -> _Known:
    del reader  # only a key: the next flow run reads the history as it is then
    user, settings = User.model_validate_json(user_json), cast("Settings", hashable_settings)
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    derived = Derived.open(settings.history, settings.s3_endpoint_url)
    derived.refresh(user.user_id, history)
    activities = history.activities(user.user_id)
    training = derived.training(user, activities)
    table = compared_runs(activities, training.metrics, user.preferences)
    kept = derived.read(user.user_id, "splits")
    return activities, training, derived.routes(user.user_id), table, kept
