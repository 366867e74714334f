"""Erase a user on the Prefect server: flow runs with their parameters, and artifacts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound

from runletters.errors import Busy
from runletters.users import user_key

_PAGE = 200
_NAMED_AFTER_USER = ("backfill", "ingest", "order", "plan")
_SETTLING_S = 2.0
"""Prefect writes some records a moment after the run that they belong to."""


def forget_on_server(user: str) -> dict[str, int]:
    """Delete the user's flow runs and artifacts on the Prefect server, twice: some come late.

    Raises:
        Busy: The server does not answer; nothing else depends on it.
    """
    try:
        with get_client(sync_client=True) as client:
            first = _sweep(client, user)
            time.sleep(_SETTLING_S)
            late = _sweep(client, user)
    except (httpx.HTTPError, RuntimeError) as error:
        raise Busy(
            "The Prefect server did not answer, so its flow runs of this user may remain; "
            "store, history, kept results and published file are erased.",
            remedy="Start the server (or set PREFECT_API_URL) and run `forget` again.",
        ) from error
    return {name: first[name] + late[name] for name in first}


def _sweep(client: SyncPrefectClient, user: str) -> dict[str, int]:
    artifacts = _artifacts(client, user)
    runs = [run.id for run in _flow_runs(client) if _is_of(run, user)]
    return {
        "prefect_artifacts": sum(_is_gone(client.delete_artifact, one) for one in artifacts),
        "prefect_flow_runs": sum(_is_gone(client.delete_flow_run, one) for one in runs),
    }


def _is_of(run: FlowRun, user: str) -> bool:
    """By parameter or by the exact name: `ann` is never a part of `anna`."""
    names = {f"{kind}-{user}" for kind in _NAMED_AFTER_USER}
    return run.parameters.get("user") == user or run.name in names


def _flow_runs(client: SyncPrefectClient) -> Iterator[FlowRun]:
    offset = 0
    while page := client.read_flow_runs(limit=_PAGE, offset=offset):
        yield from page
        offset += len(page)


def _artifacts(client: SyncPrefectClient, user: str) -> list[UUID]:
    """Every version under the keys that end with the user's key."""
    ending = f"-{user_key(user)}"
    wanted = ArtifactFilter(key=ArtifactFilterKey(like_=f"%{ending}"))
    found: list[UUID] = []
    while page := client.read_artifacts(artifact_filter=wanted, limit=_PAGE, offset=len(found)):
        found += [one.id for one in page]
    return found


def _is_gone(delete: Callable[[UUID], None], one: UUID) -> bool:
    """Whether this call removed it; another may have been faster."""
    try:
        delete(one)
    except ObjectNotFound:
        return False
    return True
