"""`.env.example`, written from the settings themselves so that it cannot age.

`python -m runletters.settings_file > .env.example`
"""

from __future__ import annotations

import sys

from pydantic.fields import FieldInfo

from runletters.settings import Settings


def env_example() -> str:
    """Every setting with its description and default, all commented out."""
    parts = [_entry(name, field) for name, field in Settings.model_fields.items()]
    return "# Copy to .env and uncomment what you need.\n\n" + "\n".join(parts)


def _entry(name: str, field: FieldInfo) -> str:
    default = "" if field.default is None else field.default
    return f"# {field.description}\n# {variable(name)}={default}\n"


def variable(name: str) -> str:
    """The environment variable of a setting; Claude's keep the names of the official SDK."""
    return name.upper() if name.startswith("anthropic_") else f"RUNLETTERS_{name.upper()}"


if __name__ == "__main__":
    sys.stdout.write(env_example())
