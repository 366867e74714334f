"""Reads a history and lays out the facts of the runs that are to be written about."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from runletters.backfilling import Pair
from runletters.deriving import split_length_m
from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.fact_sheets import fact_sheets_of
from runletters.facts import FactSheet
from runletters.metrics.splits import splits
from runletters.settings import Settings
from runletters.users import User


@task(name="refresh-metrics", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def refresh_metrics(user: str, settings: Settings) -> int:
    """Compute the figures of runs that are new or changed; ten new runs cost ten runs."""
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    return Derived.open(settings.history, settings.s3_endpoint_url).refresh(user, history)


def read_fact_sheets(user: User, pairs: Sequence[Pair], settings: Settings) -> list[FactSheet]:
    """One sheet per run of the pairs, each beside the runner's whole history as of its day."""
    wanted = list(dict.fromkeys(activity_id for activity_id, _ in pairs))
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    derived = Derived.open(settings.history, settings.s3_endpoint_url)
    derived.refresh(user.user_id, history)
    activities = history.activities(user.user_id)
    return fact_sheets_of(
        activities,
        derived.training(user, activities),
        derived.routes(user.user_id),
        splits(history.streams(user.user_id, wanted), split_length_m(user.preferences.units)),
        wanted=wanted,
        preferences=user.preferences,
    )
