"""What the tests of several edges start from."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers.claude_api import ClaudeApiServer

from runletters.settings import Settings


@pytest.fixture
def settings(server: ClaudeApiServer, tmp_path: Path) -> Settings:
    """A home whose claude writer talks to the module's fake of the API."""
    return Settings(
        _env_file=None,
        home=tmp_path,
        anthropic_api_key=server.behaviour.key,
        anthropic_base_url=server.url,
    )
