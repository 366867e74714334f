"""compare, predict and trend on a small home."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployments.cli import training
from deployments.cli.replies import emit, exit_code
from runletters.errors import UnknownActivity, UnknownUser
from runletters.settings import Settings
from tests.servers.homes import move_in


@pytest.fixture
def newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The newest run of a user whose recordings carry a name made to break screens."""
    monkeypatch.setenv("RUNLETTERS_HOME", str(tmp_path))
    return move_in(Settings(), "[bold]ada", runs=25)[0]


def test_each_answers_for_people_and_programs(
    newest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One JSON object, a screen without markup taken from names, exit code 0."""
    replies = [
        training.compare(newest, user="[bold]ada"),
        training.predict(user="[bold]ada"),
        training.trend(user="[bold]ada", by="week"),
    ]

    for reply in replies:
        emit(reply, as_json=True)
        assert "[bold]ada" == json.loads(capsys.readouterr().out)["user"]
        emit(reply, as_json=False)
        assert capsys.readouterr().out.strip()
    assert [0, 0, 0] == [reply.code for reply in replies]


def test_what_is_not_there_has_its_exit_code(newest: str) -> None:
    """An unknown run is 4, and so is an unknown user."""
    with pytest.raises(UnknownActivity) as no_run:
        training.compare("nothing", user="[bold]ada")
    with pytest.raises(UnknownUser) as nobody:
        training.trend(user="nobody")

    assert newest
    assert (4, 4) == (exit_code(no_run.value), exit_code(nobody.value))


def test_half_a_race_is_wrong_usage(newest: str) -> None:
    """A race without its day stops before anything starts, with exit code 2."""
    reply = training.plan(user="[bold]ada", race="10km")

    assert newest
    assert 2 == reply.code
    assert "--race-day" in reply.data["message"]
