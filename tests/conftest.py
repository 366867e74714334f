"""Fixtures that every storey uses."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

# The suite tries the same examples each time, so that a change is judged and not its luck;
# `make chaos` looks for new ones. The profile named ci is hypothesis' own.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

pytest_plugins = ["servers.postgres", "servers.prefect_server", "servers.s3"]

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real recordings beside the checkout; they never enter it."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real recordings (../shared/data) are not beside this checkout")
    return folder


@pytest.fixture
def now() -> datetime:
    """A fixed moment: time is passed in, never read."""
    return datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


_PASSING_BY = [r"(?i)time(d )?out", "ReadTimeout", "ConnectError", "RemoteProtocolError"]
"""What a server that is short of breath answers; anything else fails at once."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test of a real server that ran into a timeout is tried once more, and shown as such."""
    again = pytest.mark.flaky(reruns=1, only_rerun=_PASSING_BY)
    for item in items:
        if item.get_closest_marker("server") or item.get_closest_marker("system"):
            item.add_marker(again)
