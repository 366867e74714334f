"""Where secrets are found: the environment, .env, and Secret blocks of a real server."""

from __future__ import annotations

from pathlib import Path

import pytest
from prefect.blocks.system import Secret

from runletters.errors import SettingsError
from tasks.secrets import secret


def test_the_environment_and_env_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A variable comes before the same name in .env."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("ICU_KEY=from-file\nOTHER=from-file\n")
    monkeypatch.setenv("ICU_KEY", "from-environment")

    assert ["from-environment", "from-file"] == [secret("env:ICU_KEY"), secret("env:OTHER")]
    with pytest.raises(SettingsError, match="NOWHERE"):
        secret("env:NOWHERE")


@pytest.mark.server
@pytest.mark.usefixtures("prefect_server")
def test_a_secret_block() -> None:
    """By its name; one that is missing is named."""
    Secret(value="from-block").save("icu-key", overwrite=True)

    assert "from-block" == secret("block:icu-key")
    with pytest.raises(SettingsError, match="no-such-block"):
        secret("block:no-such-block")
