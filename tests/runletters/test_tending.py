"""What is done about a flow run that died: the rule of money first."""

from __future__ import annotations

import pytest

from runletters.tending import Advice, Finding, advise


@pytest.mark.parametrize(
    ("finding", "states", "expected"),
    [
        ("zombie", ["SCHEDULED", "PENDING", "RUNNING"], "declare_dead"),
        ("zombie", ["RUNNING", "PAUSED"], "leave"),
        ("zombie", ["RUNNING", "COMPLETED"], "leave"),
        ("pending", ["SCHEDULED", "PENDING"], "declare_dead"),
        ("pending", ["SCHEDULED", "PENDING", "RUNNING"], "leave"),
        ("crashed", ["PENDING", "RUNNING", "CRASHED"], "start_again"),
        ("crashed", ["RUNNING", "PAUSED", "CRASHED"], "tell"),
        ("crashed", ["RUNNING", "PAUSED", "RUNNING", "CRASHED"], "start_again"),
        ("crashed", ["RUNNING", "CRASHED", "SCHEDULED"], "leave"),
        ("failed", ["RUNNING", "FAILED"], "tell"),
        ("failed", ["RUNNING", "FAILED", "SCHEDULED"], "leave"),
        ("crashed", [], "leave"),
    ],
)
def test_what_is_done_depends_on_what_the_run_is_by_now(
    finding: Finding, states: list[str], expected: Advice
) -> None:
    """A run that waits for an approval is never declared dead, and never started by itself."""
    assert expected == advise(finding, states, is_deployed=True)


def test_a_chapter_of_another_run_is_not_started_by_itself() -> None:
    """No worker could; its parent writes it again."""
    assert "leave" == advise("crashed", ["RUNNING", "CRASHED"], is_deployed=False)
    assert "declare_dead" == advise("zombie", ["RUNNING"], is_deployed=False)
