"""Quotes: tokens, dollars and minutes before anything is paid."""

from __future__ import annotations

import pytest

from runletters.backfilling import Order, Plan
from runletters.ledger import Spent
from runletters.pricing import Model, find_model
from runletters.progress import Tally
from runletters.quoting import ApiTier, Need, Quote, Sampled, Seen, need, offers, published_limits
from runletters.summaries import quote_basis, quote_markdown, summary, summary_rows

HAIKU = find_model("claude-haiku-4-5")
NEWER = find_model("claude-haiku-5-5")
LETTER = Sampled(kind="letter", n=8, input_tokens=300, source="count_tokens")
SEEN = Seen(
    kind="letter", texts=50, output_p50=150, output_p90=200, seconds_p50=3, calls_per_text=1.0
)


def plain(texts: int, *, output: float = 150) -> Need:
    return need("letter", texts, HAIKU, LETTER, SEEN.model_copy(update={"output_p50": output}))


def quote_of(*needs: Need, tier: ApiTier = "start", concurrency: int = 512) -> Quote:
    made = offers(needs, (HAIKU, "live"), [HAIKU, NEWER], tier=tier, concurrency=concurrency)
    return Quote(user_id="ada", tier=tier, needs=needs, offers=made)


def test_dollars_are_tokens_times_prices() -> None:
    """300 in and 150 out at $1 and $5 per million: $0.00105 a letter, half of it in a batch."""
    live, batch, *_ = quote_of(plain(1000)).offers

    assert ("live", 1_050_000_000) == (live.mode, live.cost_p50_nano_usd)
    assert ("batch", 525_000_000) == (batch.mode, batch.cost_p50_nano_usd)
    assert (live.cost_p90_nano_usd or 0) > 1_300_000_000


def test_every_model_of_the_catalogue_is_offered_both_ways() -> None:
    """The chosen one first; the newer one needs more tokens and costs about an eighth."""
    made = quote_of(plain(1000)).offers

    assert [("claude-haiku-4-5", "live"), ("claude-haiku-4-5", "batch")] == [
        (offer.model, offer.mode) for offer in made[:2]
    ]
    assert [("claude-haiku-5-5", "live"), ("claude-haiku-5-5", "batch")] == [
        (offer.model, offer.mode) for offer in made[2:]
    ]
    assert 0.13 == pytest.approx(
        (made[2].cost_p50_nano_usd or 0) / (made[0].cost_p50_nano_usd or 1), abs=0.005
    )


@pytest.mark.parametrize(
    ("output", "concurrency", "minutes", "limit"),
    [
        (150, 512, 20.0, "requests per minute"),  # 20,000 calls at 1,000 a minute
        (600, 512, 30.0, "output tokens per minute"),  # 12 million at 400,000 a minute
        (150, 16, 62.5, "concurrency 16"),  # 20,000 calls of 3 s, 16 side by side
    ],
)
def test_minutes_are_those_of_the_limit_that_binds(
    output: float, concurrency: int, minutes: float, limit: str
) -> None:
    """And it is named."""
    chosen = quote_of(plain(20_000, output=output), concurrency=concurrency).chosen

    assert chosen is not None
    assert minutes == pytest.approx(chosen.minutes)
    assert limit == chosen.limit


def test_a_higher_tier_is_faster() -> None:
    """Limits come from a file of published figures."""
    assert published_limits("start")["requests"] < published_limits("build")["requests"]
    slow, fast = quote_of(plain(20_000)), quote_of(plain(20_000), tier="build")

    assert slow.chosen is not None
    assert fast.chosen is not None
    assert 5 == pytest.approx(slow.chosen.minutes / fast.chosen.minutes)


def test_little_experience_is_none() -> None:
    """Below eight texts the estimate counts, and the quote says which it was."""
    few = need("letter", 9, HAIKU, LETTER, SEEN.model_copy(update={"texts": 7}))

    assert ("estimate", "ledger") == (few.output_from, plain(9).output_from)
    assert "as seen in the ledger" in quote_basis(quote_of(plain(9)))[0]
    assert "counted by the API" in quote_markdown(quote_of(few))


def test_an_unknown_price_is_said_and_asks_for_nothing() -> None:
    """Nothing stops for it."""
    stranger = Model(id="claude-next")
    made = offers([plain(5)], (stranger, "live"), [], tier="start", concurrency=16)
    quote = Quote(user_id="ada", tier="start", needs=(plain(5),), offers=made)

    assert made[0].cost_p50_nano_usd is None
    assert not quote.is_above(0)
    assert "unknown" in quote_markdown(quote)


def test_the_summary_compares_quote_and_truth() -> None:
    """What was paid stands beside what was quoted for as many texts."""
    plan = Plan(
        order=Order(user_id="ada", writer="claude"),
        pairs=tuple((f"a{index}", "letter") for index in range(1000)),
    )
    spent = Spent(calls=500, cost_nano_usd=630_000_000)

    result = summary(plan, Tally(done=500), spent, seconds=60.0, quote=quote_of(plain(1000)))
    rows = dict(summary_rows(result))

    assert "120%" == rows["  paid, as a share of the quote for these texts"]
    assert "$1.0500 (p90 $1.5476)" == rows["  cost"]
    assert "1 min 00 s (requests per minute)" == rows["  time"]
