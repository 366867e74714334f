"""How parameters of flows show in the form of the UI.

Prefect takes the description of a field from the `Args:` of the flow's docstring and
overwrites one given by `Field`; bounds and examples it takes from `Field`. The server
refuses an empty dropdown ("None is not one of ..."), so dropdowns have a first choice.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic.json_schema import SkipJsonSchema

from runletters.activities import Rights
from runletters.content import WriterName
from runletters.settings import Settings

Unset: TypeAlias = SkipJsonSchema[None]
"""None that the form does not offer: a field that may stay empty, without a switch of types."""

WriterChoice: TypeAlias = Literal["default", "offline", "claude"] | Unset
RightsChoice: TypeAlias = Literal["default", "full", "local_only", "none"] | Unset


def writer_of(choice: WriterChoice, settings: Settings) -> WriterName:
    """The writer that was chosen; by default the one of the settings."""
    return settings.writer if choice in (None, "default") else choice


def rights_of(choice: RightsChoice) -> Rights | None:
    """The rights that were chosen; None by default: as the source says."""
    return None if choice in (None, "default") else choice
