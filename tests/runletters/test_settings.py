"""Settings come from the environment and are documented in a file that cannot age."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from runletters import settings as settings_module
from runletters.settings import Settings
from runletters.settings_file import env_example, variable

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_example_file_names_every_setting() -> None:
    """.env.example is what the settings say it is."""
    expected = env_example()

    assert expected == (REPOSITORY / ".env.example").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_described(name: str) -> None:
    """A setting without a description cannot be found by the person who needs it."""
    assert Settings.model_fields[name].description


def test_the_environment_wins_and_settings_are_frozen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """RUNLETTERS_HOME moves everything that has no place of its own."""
    monkeypatch.setenv("RUNLETTERS_HOME", str(tmp_path))
    settings = Settings(_env_file=None)

    assert f"sqlite:///{tmp_path}/store.sqlite" == settings.store
    assert str(tmp_path / "history") == settings.history
    with pytest.raises(ValidationError):
        settings.model = "other"


def test_a_key_is_never_shown() -> None:
    """The key is a secret in every representation."""
    settings = Settings(_env_file=None, anthropic_api_key="sk-ant-canary")

    assert "canary" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert "ANTHROPIC_API_KEY" == variable("anthropic_api_key")


def test_a_secret_may_lie_in_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """`block:NAME` is resolved by whoever knows blocks; plain values stay as they are."""
    before = list(settings_module._SECRETS)
    monkeypatch.setenv("RUNLETTERS_SMTP_URL", "block:mail")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-plain")
    try:
        settings_module.use_secrets({"block:mail": "smtp://u:p@host:587"}.__getitem__)
        settings = Settings(_env_file=None)
    finally:
        settings_module._SECRETS[:] = before

    assert settings.smtp_url
    assert settings.anthropic_api_key
    assert "smtp://u:p@host:587" == settings.smtp_url.get_secret_value()
    assert "sk-plain" == settings.anthropic_api_key.get_secret_value()
