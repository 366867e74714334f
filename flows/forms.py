"""How parameters of flows show in the form of the UI.

Prefect takes the description of a field from the `Args:` of the flow's docstring and
overwrites one given by `Field`; bounds and examples it takes from `Field`. The server
refuses what an empty field of the form sends ("None is not of type 'string'"), unless the
field is a switch between types, which nobody understands. So dropdowns have a first choice,
empty days and moments are empty texts, and no number is 0. A picker of dates ("format": "date")
cannot be left empty: the form itself refuses it ("'' is not a 'date'"), so days are typed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, cast

from prefect import Flow
from pydantic import AwareDatetime, BeforeValidator, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from runletters.activities import Rights
from runletters.batching import WritingMode
from runletters.content import WriterName
from runletters.settings import Settings

Unset: TypeAlias = SkipJsonSchema[None]
"""None for callers in Python; the form does not offer it."""

_EMPTY_IS_NONE = BeforeValidator(lambda value: value or None)

_DAY_FIELD = {"type": "string", "pattern": r"^(\d{4}-\d\d-\d\d)?$", "examples": ["2026-01-31"]}
_MOMENT_FIELD = {
    "type": "string",
    "pattern": r"^(\d{4}-\d\d-\d\d[T ].+)?$",
    "examples": ["2026-01-31T06:00:00Z"],
}
Day: TypeAlias = Annotated[date | Unset, _EMPTY_IS_NONE, WithJsonSchema(_DAY_FIELD)]
Moment: TypeAlias = Annotated[AwareDatetime | Unset, _EMPTY_IS_NONE, WithJsonSchema(_MOMENT_FIELD)]
EMPTY: Any = ""
"""The default of a Day or a Moment: an empty field in the form, None in the flow."""

WriterChoice: TypeAlias = Literal["default", "offline", "claude"] | Unset
RightsChoice: TypeAlias = Literal["default", "full", "local_only", "none"] | Unset


ModeChoice: TypeAlias = Literal["default", "live", "batch", "auto"] | Unset


def mode_of(choice: ModeChoice, settings: Settings) -> WritingMode:
    """The mode that was chosen; by default the one of the settings."""
    return settings.mode if choice in (None, "default") else choice


def writer_of(choice: WriterChoice, settings: Settings) -> WriterName:
    """The writer that was chosen; by default the one of the settings."""
    return settings.writer if choice in (None, "default") else choice


def dollars_of(choice: float | None) -> Decimal | None:
    """The dollars that were typed; None where the field was left at 0."""
    return Decimal(str(choice)) if choice else None


def rights_of(choice: RightsChoice) -> Rights | None:
    """The rights that were chosen; None by default: as the source says."""
    return None if choice in (None, "default") else choice


_Function = TypeVar("_Function", bound=Callable[..., Any])


def with_form_of(other: Flow[..., Any]) -> Callable[[_Function], _Function]:
    """Give a function the parameters of another flow, and their words in the form."""
    signature = inspect.signature(other.fn, eval_str=True)

    def take(function: _Function) -> _Function:
        changed = cast("Any", function)
        changed.__signature__, changed.__doc__ = signature, other.fn.__doc__
        return function

    return take
