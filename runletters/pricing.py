"""What a call costs: tokens in, whole nano-dollars out; the rows are in `models.toml`.

Pure: no clock, no network, no database. A price that is not known is None and never an
error. One US dollar per million tokens is 1,000 nano-dollars per token.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from math import ceil
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from runletters.content import Usage
from runletters.ledger import Mode

Thinking: TypeAlias = Literal["unset", "disabled"]

BYTES_PER_TOKEN = 3.5  # of our prompts, mostly English words and short figures
LEAST_BYTES_PER_TOKEN = 2.0  # no prompt of ours had fewer; for reservations
CALL_OVERHEAD_TOKENS = 60  # roles, block borders, output format


def _nano_per_token(usd_per_mtok: object) -> int:
    nano = Decimal(str(usd_per_mtok)) * 1000
    if nano != int(nano):
        raise ValueError(f"{usd_per_mtok} USD per million tokens is no whole nano-dollar a token")
    return int(nano)


NanoUsd: TypeAlias = Annotated[int, Field(ge=0), BeforeValidator(_nano_per_token)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Band(_Frozen):
    """Prices of one band of prompt sizes, in nano-dollars per token."""

    up_to_prompt_tokens: int | None = None
    input_nano_usd: NanoUsd = Field(alias="input_usd")
    output_nano_usd: NanoUsd = Field(alias="output_usd")
    cache_write_nano_usd: NanoUsd = Field(alias="cache_write_usd")
    cache_read_nano_usd: NanoUsd = Field(alias="cache_read_usd")

    def cost_nano_usd(self, usage: Usage) -> int:
        """The full price of these tokens."""
        return (
            usage.input_tokens * self.input_nano_usd
            + usage.output_tokens * self.output_nano_usd
            + usage.cache_write_tokens * self.cache_write_nano_usd
            + usage.cache_read_tokens * self.cache_read_nano_usd
        )


class Model(_Frozen):
    """One row of the catalogue; `is_known` is False for a model that has no row."""

    id: str
    aliases: tuple[str, ...] = ()
    as_of: date | None = None
    batch_discount_percent: int = Field(default=50, ge=0, le=100)
    tokenizer_factor: float = Field(default=1.0, gt=0)
    thinking: Thinking = "unset"
    min_cacheable_tokens: int = 4096
    context_tokens: int = 200_000
    max_output_tokens: int = 8_192
    bands: tuple[Band, ...] = Field(default=(), alias="band")

    @model_validator(mode="after")
    def _bands_rise_and_end_open(self) -> Model:
        bounds = [band.up_to_prompt_tokens for band in self.bands]
        closed = [bound for bound in bounds[:-1] if bound is not None]
        is_ordered = len(closed) == len(bounds[:-1]) and closed == sorted(closed)
        if not is_ordered or (bounds and bounds[-1] is not None):
            raise ValueError(f"{self.id}: bands must rise in prompt size and end with an open one")
        return self

    @property
    def is_known(self) -> bool:
        """Whether prices are known."""
        return bool(self.bands)

    def band(self, prompt_tokens: int) -> Band | None:
        """The band for a prompt of that many tokens; None if prices are not known."""
        fits = (
            band
            for band in self.bands
            if band.up_to_prompt_tokens is None or prompt_tokens <= band.up_to_prompt_tokens
        )
        return next(fits, None)


@cache
def catalogue() -> Mapping[str, Model]:
    """Every model that has a row, by id and alias."""
    text = files("runletters").joinpath("models.toml").read_text("utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["model"]
    models = [Model.model_validate(row) for row in rows]
    return {name: model for model in models for name in (model.id, *model.aliases)}


def find_model(model_id: str) -> Model:
    """The model's row, or a row without prices for one that the catalogue does not know."""
    return catalogue().get(model_id) or Model(id=model_id)


def prompt_tokens(usage: Usage) -> int:
    """All tokens of the prompt: fresh, written to the cache and read from it."""
    return usage.input_tokens + usage.cache_write_tokens + usage.cache_read_tokens


def cost_nano_usd(model: Model, usage: Usage, *, mode: Mode = "live") -> int | None:
    """What a call cost; None if the model's price is not known.

    Half a nano-dollar, which half price can leave, counts as a whole one.
    """
    band = model.band(prompt_tokens(usage))
    if band is None:
        return None
    full = band.cost_nano_usd(usage)
    discount_percent = model.batch_discount_percent if mode == "batch" else 0
    return -(-full * (100 - discount_percent) // 100)


def estimated_tokens(model: Model, text: str) -> int:
    """About how many tokens a text has; for quotes and for the limiter."""
    return ceil(len(text.encode()) / BYTES_PER_TOKEN * model.tokenizer_factor)


def most_tokens(model: Model, text: str) -> int:
    """More tokens than a text will have; for reservations."""
    tokens = len(text.encode()) / LEAST_BYTES_PER_TOKEN * model.tokenizer_factor
    return ceil(tokens) + CALL_OVERHEAD_TOKENS


def worst_cost_nano_usd(
    model: Model, *, prompt: str, max_output_tokens: int, mode: Mode = "live"
) -> int | None:
    """The most a call can cost: no cache hit, every token dear, the reply as long as allowed.

    Args:
        model: whose prices.
        prompt: everything that is sent, as one text.
        max_output_tokens: the bound that is sent along.
        mode: live or batch.
    """
    tokens = most_tokens(model, prompt)
    as_input = Usage(input_tokens=tokens, output_tokens=max_output_tokens)
    as_cache = Usage(cache_write_tokens=tokens, output_tokens=max_output_tokens)
    costs = [cost_nano_usd(model, usage, mode=mode) for usage in (as_input, as_cache)]
    return max((cost for cost in costs if cost is not None), default=None)
