"""Brings a runner's whole history in, whatever form it has."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from flows.forms import RightsChoice, rights_of
from runletters.settings import Settings
from tasks.history import close_ingest, load, only_one_ingest


@flow(name="ingest-history", flow_run_name="ingest-{user}")
def ingest_history(
    path: Annotated[str, Field(min_length=1, examples=["export.zip", "s3://bucket/ada/"])],
    user: Annotated[str, Field(min_length=1, examples=["ada"])],
    rights: RightsChoice = "default",
) -> dict[str, Any]:
    """Load what is new: each activity once, however often and from wherever it comes.

    What cannot be read goes to the quarantine with its reason and stops nothing else. Loading
    the same path again loads nothing; ten more runs load ten.

    Args:
        path: File, folder or zip, as the worker sees it, or s3://: a Strava export,
            running_page's activities.json, or FIT, GPX and TCX files.
        user: Whose history it is.
        rights: What may be done with it: full (a language model may see it), local_only, none.
            Default: as the source says; files and your own export are full, running_page's
            JSON is local_only.
    """
    settings = Settings()
    with only_one_ingest(user, settings):
        loaded = load(path, user, rights_of(rights), settings)
        return close_ingest(loaded, user, settings)
