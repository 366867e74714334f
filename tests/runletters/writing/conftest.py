"""Golden files: compared by default, written with --update-golden."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "letters"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with tests/golden/letters/<name>; on failure write <name>.actual beside."""
    update = bool(request.config.getoption("--update-golden", default=False))

    def check(name: str, actual: str) -> None:
        path, beside = GOLDEN / name, GOLDEN / f"{name}.actual"
        if update:
            path.write_text(actual, encoding="utf-8")
        expected = path.read_text("utf-8") if path.exists() else ""
        if expected != actual:
            beside.write_text(actual, encoding="utf-8")
        else:
            beside.unlink(missing_ok=True)
        assert expected == actual, f"{name} differs; see {beside.name} or run with --update-golden"

    return check
