"""What a backfill will cost and how long it will take, before anything is paid.

Pure: no clock, no network, no database. Tokens come from what the ledger has seen of the
same kind of text where there is enough of it, else from estimates. p90 takes the ninetieth
percentile for every text, so that a whole run rarely costs more.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from math import ceil
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from runletters.content import Kind, Usage
from runletters.ledger import Mode
from runletters.pricing import Model, cost_nano_usd

ApiTier: TypeAlias = Literal["start", "build", "scale"]
InputFrom: TypeAlias = Literal["count_tokens", "estimate"]
OutputFrom: TypeAlias = Literal["ledger", "estimate"]

OUTPUT_TOKENS: Mapping[Kind, tuple[int, int]] = {"letter": (190, 260), "coaching": (420, 600)}
"""p50 and p90 of a text nobody has seen yet, before the model's tokenizer factor."""
SECONDS: Mapping[Kind, float] = {"letter": 3.5, "coaching": 5.0}
CALLS_PER_TEXT = (1.05, 1.25)  # p50 and p90: some texts are repaired once
LEAST_SEEN = 8  # texts of a kind in the ledger before they say more than an estimate
BATCH_MINUTES = 60.0


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sampled(_Frozen):
    """Input tokens of one call of a kind, from the prompts of some of its texts."""

    kind: Kind
    n: int
    input_tokens: float
    source: InputFrom


class Seen(_Frozen):
    """What the ledger knows of a kind; tokens per call, calls per text."""

    kind: Kind
    texts: int
    output_p50: float
    output_p90: float
    seconds_p50: float
    calls_per_text: float


class Need(_Frozen):
    """What the texts of one kind will take."""

    kind: Kind
    texts: int
    calls_p50: float
    calls_p90: float
    input_tokens: float
    output_p50: float
    output_p90: float
    seconds: float
    input_from: InputFrom
    output_from: OutputFrom
    n: int  # texts behind the input figure


class Offer(_Frozen):
    """One way to write all of it; costs are None where the model's price is not known."""

    model: str
    mode: Mode
    cost_p50_nano_usd: int | None
    cost_p90_nano_usd: int | None
    minutes: float
    limit: str


class Quote(_Frozen):
    """What was asked for, what it takes, and every way to have it; the chosen one first."""

    user_id: str
    tier: ApiTier
    needs: tuple[Need, ...] = ()
    offers: tuple[Offer, ...] = ()

    @property
    def texts(self) -> int:
        """How many texts the quote is about."""
        return sum(need.texts for need in self.needs)

    def is_above(self, nano_usd: int) -> bool:
        """Whether the chosen way may cost more; an unknown price is not."""
        worst = None if self.chosen is None else self.chosen.cost_p90_nano_usd
        return worst is not None and worst > nano_usd

    @property
    def chosen(self) -> Offer | None:
        """The way that was asked for; None where nothing is paid."""
        return self.offers[0] if self.offers else None


@cache
def published_limits(tier: ApiTier) -> Mapping[str, float]:
    """Requests, input tokens and output tokens per minute of a tier."""
    text = files("runletters").joinpath("rate_limits.toml").read_text("utf-8")
    found: dict[str, Any] = tomllib.loads(text)[tier]
    return {name.replace("_", " "): float(figure) for name, figure in found.items()}


def need(kind: Kind, texts: int, model: Model, sampled: Sampled, seen: Seen | None) -> Need:
    """What `texts` texts of a kind take with a model."""
    if seen is not None and seen.texts >= LEAST_SEEN:
        return Need(
            kind=kind,
            texts=texts,
            calls_p50=seen.calls_per_text,
            calls_p90=seen.calls_per_text * CALLS_PER_TEXT[1] / CALLS_PER_TEXT[0],
            input_tokens=sampled.input_tokens,
            output_p50=seen.output_p50,
            output_p90=seen.output_p90,
            seconds=seen.seconds_p50,
            input_from=sampled.source,
            output_from="ledger",
            n=sampled.n,
        )
    p50, p90 = OUTPUT_TOKENS[kind]
    return Need(
        kind=kind,
        texts=texts,
        calls_p50=CALLS_PER_TEXT[0],
        calls_p90=CALLS_PER_TEXT[1],
        input_tokens=sampled.input_tokens,
        output_p50=p50 * model.tokenizer_factor,
        output_p90=p90 * model.tokenizer_factor,
        seconds=SECONDS[kind],
        input_from=sampled.source,
        output_from="estimate",
        n=sampled.n,
    )


def offers(
    needs: Sequence[Need],
    chosen: tuple[Model, Mode],
    others: Iterable[Model],
    *,
    tier: ApiTier,
    concurrency: int,
) -> tuple[Offer, ...]:
    """Each model live and by batch, the chosen way first.

    Args:
        needs: with the chosen model's tokens.
        chosen: the model and mode that were asked for.
        others: further models to compare with.
        tier: whose published limits hold.
        concurrency: calls side by side.
    """
    model, mode = chosen
    models = [model, *(each for each in others if each.id != model.id)]
    return tuple(
        _offer(
            needs,
            each,
            way,
            scale=each.tokenizer_factor / model.tokenizer_factor,
            tier=tier,
            concurrency=concurrency,
        )
        for each in models
        for way in _modes(mode if each is model else "live")
    )


def _modes(first: Mode) -> tuple[Mode, Mode]:
    return (first, "batch") if first == "live" else (first, "live")


def _offer(
    needs: Sequence[Need],
    model: Model,
    mode: Mode,
    *,
    scale: float,
    tier: ApiTier,
    concurrency: int,
) -> Offer:
    minutes, limit = (
        (BATCH_MINUTES, "batch: mostly; 24 h at most")
        if mode == "batch"
        else _live_minutes(needs, scale, tier, concurrency)
    )
    return Offer(
        model=model.id,
        mode=mode,
        cost_p50_nano_usd=_cost(needs, model, mode, scale, is_p90=False),
        cost_p90_nano_usd=_cost(needs, model, mode, scale, is_p90=True),
        minutes=minutes,
        limit=limit,
    )


def _cost(
    needs: Sequence[Need], model: Model, mode: Mode, scale: float, *, is_p90: bool
) -> int | None:
    total = 0
    for each in needs:
        output = each.output_p90 if is_p90 else each.output_p50
        call = Usage(
            input_tokens=ceil(each.input_tokens * scale), output_tokens=ceil(output * scale)
        )
        cost = cost_nano_usd(model, call, mode=mode)
        if cost is None:
            return None
        total += ceil(cost * each.texts * (each.calls_p90 if is_p90 else each.calls_p50))
    return total


def _live_minutes(
    needs: Sequence[Need], scale: float, tier: ApiTier, concurrency: int
) -> tuple[float, str]:
    """Minutes by the limit that binds, and which one that is."""
    calls = {each.kind: each.texts * each.calls_p50 for each in needs}
    limits = published_limits(tier)
    uses = {
        "requests": sum(calls.values()),
        "input tokens": sum(calls[each.kind] * each.input_tokens * scale for each in needs),
        "output tokens": sum(calls[each.kind] * each.output_p50 * scale for each in needs),
    }
    minutes = {f"{name} per minute": used / limits[name] for name, used in uses.items()}
    seconds = sum(calls[each.kind] * each.seconds for each in needs)
    minutes[f"concurrency {concurrency}"] = seconds / concurrency / 60
    limit = max(minutes, key=lambda name: minutes[name])
    return minutes[limit], limit
