"""What the tasks that may cost money promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prefect import Task

from runletters.content import Kind, WorkItem
from runletters.errors import WriterPaused, WriterRefused, WriterUnavailable
from runletters.settings import Settings
from runletters.users import user_key
from tasks.coaching import write_coaching
from tasks.letters import write_letter
from tasks.promises import ByFingerprint, is_worth_a_retry, result_key, result_storage

WRITING: list[Task[..., Any]] = [write_letter, write_coaching]


def item(*, user: str = "ada", kind: Kind = "letter", fingerprint: str = "s256-1") -> WorkItem:
    return WorkItem(
        user_id=user, activity_id="a1", kind=kind, writer="offline", model="offline-1",
        fingerprint=fingerprint, facts_json="{}",
    )  # fmt: skip


@pytest.mark.parametrize("task", WRITING, ids=["letter", "coaching"])
def test_three_attempts_with_growing_waits(task: Task[..., Any]) -> None:
    """Two retries after 1 s and 2 s, each stretched by jitter, none above 10 s."""
    assert 2 == task.retries
    assert [1.0, 2.0] == task.retry_delay_seconds
    assert 1.0 == task.retry_jitter_factor


@pytest.mark.parametrize("task", WRITING, ids=["letter", "coaching"])
def test_a_reply_is_durable_when_the_task_ends(task: Task[..., Any]) -> None:
    """Results are persisted as JSON under the fingerprint, and kept out of memory."""
    assert task.persist_result
    assert "json" == task.result_serializer
    assert not task.cache_result_in_memory
    assert isinstance(task.cache_policy, ByFingerprint)


def test_the_key_holds_user_kind_and_fingerprint_and_nothing_of_the_run() -> None:
    """The same text is found by any later run; other users never share a key."""
    assert f"{user_key('ada')}/letter/s256-1" == result_key(item())
    assert result_key(item()) != result_key(item(user="bob"))
    assert result_key(item()) != result_key(item(kind="coaching"))
    assert result_key(item()) != result_key(item(fingerprint="s256-2"))


class _State:
    def __init__(self, data: object) -> None:
        self.data = data


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (WriterUnavailable("busy"), True),
        (WriterPaused("for an hour"), False),
        (WriterRefused("no"), False),
        (ValueError("?"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, *, expected: bool) -> None:
    """The type of the error decides, never its text."""
    state: Any = _State(error)
    run: Any = None

    assert expected == is_worth_a_retry(write_letter, run, state)


def test_results_lie_in_the_home_folder_unless_told_otherwise(tmp_path: Path) -> None:
    """A folder needs no server and no block."""
    assert tmp_path / "results" == result_storage(Settings(_env_file=None, home=tmp_path))
