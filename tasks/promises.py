"""How hard Prefect tries: caching, retries and where results are kept.

The key of a cached text is the user and the fingerprint of the text: neither the flow
run nor the source of the task is in it, so a paid reply is found again by any later
run, and erasing a user's folder erases the user's results.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from prefect import Task
from prefect.cache_policies import CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.filesystems import WritableFileSystem
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.utilities.annotations import quote

from runletters.content import WorkItem
from runletters.errors import WriterPaused, WriterUnavailable
from runletters.settings import Settings
from runletters.users import user_key

_Value = TypeVar("_Value")


@dataclass
class ByFingerprint(CachePolicy):
    """One stored result per user, kind and fingerprint."""

    def compute_key(
        self,
        task_ctx: TaskRunContext,
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],
        **kwargs: Any,
    ) -> str | None:
        """The file name of the result below the result storage."""
        item: WorkItem = inputs["item"]
        return result_key(item)


def result_key(item: WorkItem) -> str:
    """Where the result of an item lies: user, kind, fingerprint."""
    return f"{user_key(item.user_id)}/{item.kind}/{item.fingerprint}"


def is_worth_a_retry(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Only what may pass by itself is tried again; the type of the error says so."""
    error = state.data
    return isinstance(error, WriterUnavailable) and not isinstance(error, WriterPaused)


class SideBySide(ThreadPoolTaskRunner[Any]):
    """Threads for one flow run, as many as the settings say at the moment it starts."""

    def __init__(self, max_workers: int | None = None) -> None:
        super().__init__(max_workers=max_workers or 1)

    def duplicate(self) -> SideBySide:
        """A runner of the same kind for the next flow run."""
        return SideBySide(max_workers=Settings().concurrency)


# Prefect types a flow's runner by its exact kind of future; ours is that of every thread pool.
SIDE_BY_SIDE = cast("TaskRunner[PrefectFuture[Any]]", SideBySide())


def result_storage(settings: Settings) -> Path | WritableFileSystem:
    """Where paid replies lie the moment a task ends: a folder, or an S3 bucket as a block."""
    if not settings.results.startswith("s3://"):
        return Path(settings.results)
    return _bucket(settings)


def _bucket(settings: Settings) -> WritableFileSystem:
    # Imported where it is used: it takes most of a second, and few keep results on S3.
    from prefect_aws import AwsCredentials, S3Bucket
    from prefect_aws.client_parameters import AwsClientParameters

    bucket, _, folder = settings.results.removeprefix("s3://").partition("/")
    block = S3Bucket(
        bucket_name=bucket,
        bucket_folder=folder,
        credentials=AwsCredentials(
            aws_client_parameters=AwsClientParameters(endpoint_url=settings.s3_endpoint_url)
        ),
    )
    block.save("run-letters-results", overwrite=True)
    return block


def kept_in(settings: Settings, *tasks: Task[..., Any]) -> list[Task[..., Any]]:
    """The same tasks, with their results kept where the settings say. Resolved once per run."""
    storage = result_storage(settings)
    return [task.with_options(result_storage=storage) for task in tasks]


def whole(value: _Value) -> _Value:
    """The same value, which Prefect then hands on unopened.

    It would else walk through each field of each argument of each task run, twice, looking
    for results of other tasks; ours are plain values and hold none. The type stays as it
    was because Prefect takes its wrapper off before the task is called.
    """
    return cast("_Value", quote(value))


PAID: dict[str, Any] = {
    "retries": 2,  # three attempts
    "retry_delay_seconds": [1.0, 2.0],  # doubling from 1 s; the jitter keeps them below 10 s
    "retry_jitter_factor": 1.0,
    "retry_condition_fn": is_worth_a_retry,
    "cache_policy": ByFingerprint(),
    "persist_result": True,
    "result_serializer": "json",  # a pickle breaks when a class moves, and would be paid again
    "cache_result_in_memory": False,
    "log_prints": False,
}
"""What every task that may cost money promises. The time limit is the API client's own:
Prefect cannot interrupt a thread that waits for a socket, and must not drop a paid reply."""
