"""Erase a user: in this house, then on the Prefect server.

The server keeps a user's name in parameters and names of flow runs, in their logs, in task
runs of flow runs that are about many users, and in artifacts. Deleting a flow run deletes
its task runs and logs; a child run outlives its parent and is deleted by itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterKey,
    FlowRunFilter,
    FlowRunFilterParentFlowRunId,
    TaskRunFilter,
    TaskRunFilterName,
)
from prefect.client.schemas.objects import Artifact, FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings

from runletters.edges.forgetting import Farewell, erase, forget_here
from runletters.errors import Busy
from runletters.settings import Settings
from runletters.users import user_key

_PAGE = 200
_IDS_PER_QUESTION = 50
_NAMED_AFTER_USER = ("backfill", "batches", "chapter", "ingest", "order", "plan")
_TASKS_AMONG_OTHERS = ("digest", "sources")
"""Task runs named after a user, in flow runs that are about everybody."""
_LISTS_OF_MANY = ("digests", "new-activities")
"""Artifacts with a row for each user."""
_SETTLING_S = 2.0
"""Prefect writes some records a moment after the run that they belong to."""

_Row = TypeVar("_Row")


def forget_everywhere(settings: Settings, user: str) -> Farewell:
    """Erase a user in this house and on the Prefect server; what was out of reach is named."""
    here = forget_here(settings, user, now=datetime.now(UTC))
    return here + erase("Prefect server", lambda: forget_on_server(user))


def forget_on_server(user: str) -> dict[str, int]:
    """Delete what the Prefect server has of a user, twice: some records come late.

    Raises:
        Busy: The server does not answer, or not as a Prefect server; nothing else depends on it.
    """
    try:
        with get_client(sync_client=True) as client:
            first = _sweep(client, user)
            time.sleep(_SETTLING_S)
            late = _sweep(client, user)
    except Exception as error:
        where = get_current_settings().api.url or "that Prefect starts by itself"
        raise Busy(
            f"The server {where} did not answer as expected ({type(error).__name__}); flow runs "
            "with logs, and artifacts of this user may be left on it.",
            remedy="Start it or set PREFECT_API_URL, then run `forget` again: twice is once.",
        ) from error
    return {name: first[name] + late[name] for name in first}


def _sweep(client: SyncPrefectClient, user: str) -> dict[str, int]:
    runs = _runs_of(client, user)  # all of them first: a child forgets its parent when that goes
    tasks = _tasks_among_others(client, user)
    artifacts = _artifacts_of(client, user, runs)
    return {
        "prefect_artifact_rows": sum(_drop_rows(client, each, user) for each in _lists(client)),
        "prefect_artifacts": sum(_is_gone(client.delete_artifact, each) for each in artifacts),
        "prefect_task_runs": sum(_is_gone(client.delete_task_run, each) for each in tasks),
        "prefect_flow_runs": sum(_is_gone(client.delete_flow_run, each) for each in runs),
    }


def _runs_of(client: SyncPrefectClient, user: str) -> list[UUID]:
    """Flow runs of the user, their child runs at any depth, and runs that looked after them."""
    known = list(_flow_runs(client, None))
    mine = {run.id for run in known if _is_of(run, user)}
    younger = mine
    while younger := _children(client, sorted(younger)) - mine:
        mine |= younger
    tended = {run.id for run in known if _tended(run) in mine}
    return sorted(mine | tended)


def _is_of(run: FlowRun, user: str) -> bool:
    """By parameter or by the exact name: `ann` is never a part of `anna`."""
    order = cast("Mapping[str, Any]", run.parameters.get("order") or {})
    names = {f"{kind}-{user}" for kind in _NAMED_AFTER_USER}
    return user in (run.parameters.get("user"), order.get("user_id")) or run.name in names


def _tended(run: FlowRun) -> UUID | None:
    """The flow run that a run of `tend-run` looks after."""
    try:
        return UUID(str(run.parameters.get("flow_run_id")).removeprefix("prefect.flow-run."))
    except ValueError:
        return None


def _children(client: SyncPrefectClient, parents: Sequence[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    for some in _portions(parents):
        wanted = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=some))
        found |= {run.id for run in _flow_runs(client, wanted)}
    return found


def _flow_runs(client: SyncPrefectClient, wanted: FlowRunFilter | None) -> Iterator[FlowRun]:
    return _all(
        lambda offset: client.read_flow_runs(flow_run_filter=wanted, limit=_PAGE, offset=offset)
    )


def _tasks_among_others(client: SyncPrefectClient, user: str) -> list[UUID]:
    names = TaskRunFilterName(any_=[f"{kind}-{user}" for kind in _TASKS_AMONG_OTHERS])
    wanted = TaskRunFilter(name=names)
    found = _all(
        lambda offset: client.read_task_runs(task_run_filter=wanted, limit=_PAGE, offset=offset)
    )
    return [run.id for run in found]


def _artifacts_of(client: SyncPrefectClient, user: str, runs: Sequence[UUID]) -> list[UUID]:
    """Every version under the keys that end with the user's key, and all of the user's runs."""
    mine = ArtifactFilter(key=ArtifactFilterKey(like_=f"%-{user_key(user)}"))
    found = {each.id for each in _artifacts(client, mine)}
    for some in _portions(runs):
        theirs = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=some))
        found |= {each.id for each in _artifacts(client, theirs)}
    return sorted(found)


def _lists(client: SyncPrefectClient) -> list[Artifact]:
    shared = ArtifactFilter(key=ArtifactFilterKey(any_=[*_LISTS_OF_MANY]))
    return list(_artifacts(client, shared))


def _artifacts(client: SyncPrefectClient, wanted: ArtifactFilter) -> Iterator[Artifact]:
    return _all(
        lambda offset: client.read_artifacts(artifact_filter=wanted, limit=_PAGE, offset=offset)
    )


def _drop_rows(client: SyncPrefectClient, artifact: Artifact, user: str) -> int:
    """Take the user's rows out of a list of many users; how many there were."""
    rows: list[dict[str, Any]] = json.loads(str(artifact.data))
    others = [row for row in rows if row.get("user_id") != user]
    if len(others) < len(rows):
        client.update_artifact(artifact.id, ArtifactUpdate(data=json.dumps(others)))
    return len(rows) - len(others)


def _all(read: Callable[[int], list[_Row]]) -> Iterator[_Row]:
    """Page after page, from an offset on."""
    offset = 0
    while page := read(offset):
        yield from page
        offset += len(page)


def _portions(ids: Sequence[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), _IDS_PER_QUESTION):
        yield [*ids[start : start + _IDS_PER_QUESTION]]


def _is_gone(delete: Callable[[UUID], None], one: UUID) -> bool:
    """Whether this call removed it; another may have been faster."""
    try:
        delete(one)
    except ObjectNotFound:
        return False
    return True
