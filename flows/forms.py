"""How parameters of flows show in the form of the UI.

Prefect takes the description of a field from the `Args:` of the flow's docstring and
overwrites one given by `Field`; bounds and examples it takes from `Field`.
"""

from __future__ import annotations

from typing import TypeAlias

from pydantic.json_schema import SkipJsonSchema

Unset: TypeAlias = SkipJsonSchema[None]
"""None that the form does not offer: a field that may stay empty, without a switch of types."""
