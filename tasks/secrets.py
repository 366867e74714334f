"""Where secrets are: in the environment, in .env, or in a Secret block of Prefect."""

from __future__ import annotations

import os
from typing import cast

from dotenv import dotenv_values
from prefect.blocks.system import Secret

from runletters.errors import SettingsError


def secret(reference: str) -> str:
    """The value behind `env:NAME` or `block:NAME`.

    Raises:
        SettingsError: there is nothing of that name.
    """
    where, _, name = reference.partition(":")
    value = _from_block(name) if where == "block" else _from_environment(name)
    if not value:
        place = "Secret block" if where == "block" else "variable of the environment or .env"
        raise SettingsError(
            f"There is no {place} named {name!r}.",
            remedy="Make it where the flows run; a block in the UI under Blocks, type Secret.",
        )
    return value


def _from_environment(name: str) -> str | None:
    return os.environ.get(name) or dotenv_values(".env").get(name)


def _from_block(name: str) -> str | None:
    try:
        block = cast("Secret[str]", Secret.load(name))
    except ValueError:  # how Prefect says that there is none
        return None
    return str(block.get())
