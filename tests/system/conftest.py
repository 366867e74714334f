"""One server with its worker for all that is tried from outside."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from servers.prefect_house import House, house, worker

from runletters.settings import Settings


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    """A real server; it ends with the session."""
    with house(tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture(scope="session")
def served(server: House) -> Generator[House]:
    """The server with a process worker at work."""
    with worker(server):
        yield server


@pytest.fixture
def settings(served: House, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of the worker's home."""
    monkeypatch.setenv("RUNLETTERS_HOME", str(served.home))
    return Settings(_env_file=None)
