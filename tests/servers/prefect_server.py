"""A real Prefect server on SQLite, one for each test process, and its address."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from prefect.settings import get_current_settings
from prefect.testing.utilities import prefect_test_harness


@pytest.fixture(scope="session")
def prefect_server() -> Generator[str]:
    """Address of the API of a temporary server that ends with the session."""
    with prefect_test_harness(server_startup_timeout=180):
        url = get_current_settings().api.url
        assert url
        yield url
