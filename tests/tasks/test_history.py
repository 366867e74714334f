"""What the tasks of ingest promise."""

from __future__ import annotations

from typing import Any, cast

import pytest
from prefect.client.schemas.objects import StateType, TaskRun
from prefect.states import State

from runletters.errors import UnknownSource
from runletters.ingest_reports import IngestCounts, Loaded, ingest_markdown
from tasks.history import close_ingest, load, may_pass


def test_the_promises() -> None:
    """Loading is tried three times, closing five; neither is ever cached."""
    assert (2, [5, 20]) == (load.retries, load.retry_delay_seconds)
    assert 4 == close_ingest.retries
    assert not load.persist_result


@pytest.mark.parametrize(("error", "is_tried"), [(UnknownSource("x"), False), (OSError(), True)])
def test_what_we_refused_is_not_tried_again(error: Exception, is_tried: bool) -> None:
    """A wrong path stays wrong; a network may come back."""
    failed: State[Any] = State(type=StateType.FAILED, data=error)

    assert is_tried == may_pass(load, cast("TaskRun", None), failed)


def test_the_summary_shows_names_as_text() -> None:
    """A user name or file name cannot put markup into the UI."""
    loaded = Loaded(counts=IngestCounts(loaded=3), activities=3, seconds=1.5)

    text = ingest_markdown(loaded.summary("<b>|x"), ())

    assert "&lt;b&gt;\\|x" in text
    assert "| new activities | 3 |" in text
