"""Tokens to nano-dollars: exact, banded, halved for batches, unknown where unknown."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from servers.fake_bill import PRICES, price_nano_usd

from runletters.content import Usage
from runletters.pricing import (
    Model,
    catalogue,
    cost_nano_usd,
    estimated_tokens,
    find_model,
    most_tokens,
    worst_cost_nano_usd,
)

TOKENS = st.integers(min_value=0, max_value=300_000)


def test_a_letter_of_haiku_4_5_costs_what_the_list_says() -> None:
    """300 in and 150 out at $1 and $5 per million: $0.00105."""
    cost = cost_nano_usd(find_model("claude-haiku-4-5"), Usage(input_tokens=300, output_tokens=150))

    assert cost == 1_050_000


def test_the_large_band_is_five_times_dearer() -> None:
    """Haiku 5.5: up to 100,000 prompt tokens cheap, one more and everything costs fivefold."""
    model = find_model("claude-haiku-5-5")

    assert cost_nano_usd(model, Usage(input_tokens=100_000)) == 10_000_000
    assert cost_nano_usd(model, Usage(input_tokens=100_001)) == 50_000_500


def test_cache_tokens_count_to_the_band() -> None:
    """The band is chosen by all prompt tokens, read from the cache or not."""
    usage = Usage(input_tokens=1, cache_read_tokens=100_000)

    assert cost_nano_usd(find_model("claude-haiku-5-5"), usage) == 500 + 100_000 * 50


def test_an_unknown_model_has_no_price() -> None:
    """None, never a guess, and never an error."""
    model = find_model("claude-of-tomorrow")

    assert not model.is_known
    assert cost_nano_usd(model, Usage(input_tokens=1)) is None
    assert worst_cost_nano_usd(model, prompt="x", max_output_tokens=5) is None


def test_a_dated_id_is_the_same_model() -> None:
    """Replies and settings may name the snapshot."""
    assert find_model("claude-haiku-4-5") == find_model("claude-haiku-4-5-20251001")


PRICED = sorted(PRICES.keys() - {"claude-novel-1"})
"""All that the fake charges for, but the one that came after our catalogue."""


@given(st.sampled_from(PRICED), st.booleans(), st.tuples(TOKENS, TOKENS, TOKENS, TOKENS))
def test_every_cost_equals_an_independent_bill(
    model_id: str, is_batch: bool, tokens: tuple[int, int, int, int]
) -> None:
    """Our list in integers and the fake's own list in fractions agree to the nano-dollar."""
    fresh, out, write, read = tokens
    usage = Usage(
        input_tokens=fresh, output_tokens=out, cache_write_tokens=write, cache_read_tokens=read
    )
    counted = {
        "input_tokens": fresh,
        "output_tokens": out,
        "cache_creation_input_tokens": write,
        "cache_read_input_tokens": read,
    }

    cost = cost_nano_usd(find_model(model_id), usage, mode="batch" if is_batch else "live")

    assert price_nano_usd(model_id, counted, is_batch=is_batch) == cost


@given(st.text(max_size=2_000), st.integers(min_value=1, max_value=5_000))
def test_the_worst_case_covers_a_call_of_two_bytes_a_token(prompt: str, most: int) -> None:
    """A reservation is never below what such a call could cost."""
    model = find_model("claude-haiku-4-5")
    tokens = -(-len(prompt.encode()) // 2)
    dear = Usage(cache_write_tokens=tokens, output_tokens=most)

    worst = worst_cost_nano_usd(model, prompt=prompt, max_output_tokens=most)

    assert worst is not None
    assert worst >= (cost_nano_usd(model, dear) or 0)


def test_every_row_is_complete() -> None:
    """Each model has a date, prices and a discount; batches are half price."""
    for model in catalogue().values():
        assert model.is_known
        assert model.as_of is not None
        assert model.batch_discount_percent == 50
        assert Fraction(model.tokenizer_factor) > 0


def test_a_price_that_is_no_whole_nano_dollar_is_refused() -> None:
    """Nothing is rounded in silence."""
    band = {"input_usd": "0.0001", "output_usd": 1, "cache_write_usd": 1, "cache_read_usd": 1}

    with pytest.raises(ValidationError, match="no whole nano-dollar"):
        Model.model_validate({"id": "m", "band": [band]})


def test_bands_must_rise_and_end_open() -> None:
    """A prompt that fits no band would have no price."""
    band = {
        "up_to_prompt_tokens": 10,
        "input_usd": 1,
        "output_usd": 1,
        "cache_write_usd": 1,
        "cache_read_usd": 1,
    }

    with pytest.raises(ValidationError, match="end with an open one"):
        Model.model_validate({"id": "m", "band": [band]})


def test_estimates_follow_the_tokenizer() -> None:
    """Haiku 5.5 needs about 30 % more tokens for the same text."""
    text = "word " * 700

    small = estimated_tokens(find_model("claude-haiku-4-5"), text)

    assert estimated_tokens(find_model("claude-haiku-5-5"), text) == pytest.approx(
        small * 1.3, abs=1
    )
    assert most_tokens(find_model("claude-haiku-4-5"), text) > small
