"""The summary of a backfill says what happened, and shows nobody's markup."""

from __future__ import annotations

from runletters.backfilling import Order, Plan, Skipped
from runletters.ledger import Spent
from runletters.progress import Tally
from runletters.summaries import nothing_to_do, summary, summary_markdown, summary_rows

PLAN = Plan(
    order=Order(user_id="<b>ada</b>", writer="claude"),
    pairs=(("a", "letter"), ("a", "coaching")),
    skipped=Skipped(already_written=4, beyond_tier=2),
    activities_in_scope=4,
    tier_message="Upgrade to premium for full history: …",
)


def test_money_and_tokens_come_from_the_ledger() -> None:
    """Dollars are exact decimals of nano-dollars; the price per activity is beside them."""
    spent = Spent(calls=3, input_tokens=800, output_tokens=550, cost_nano_usd=3_550_000)

    result = summary(PLAN, Tally(done=2, activities=1), spent, seconds=2.0)

    assert "0.003550" == result["cost_usd"]
    assert "0.003550" == result["cost_usd_per_activity"]
    assert 6 == result["skipped"]


def test_texts_of_another_runs_batch_count_once() -> None:
    """They are neither skipped nor do they hide what a budget left to do."""
    waiting = PLAN.model_copy(update={"skipped": Skipped(being_written=5)})
    adopted = Tally(done=3, failed=1).inherited(1)
    stop = Tally(stopped="The budget is reached.", stopped_by="BudgetReached")

    result = summary(waiting, adopted + stop, Spent(), seconds=1.0)

    assert (7, 3, 1) == (result["planned"], result["done"], result["failed"])
    assert (0, 3) == (result["skipped"], result["left"])


def test_reasons_of_skips_and_failures_are_listed() -> None:
    """People see why texts were left or failed, with counts."""
    tally = Tally(done=1, failed=1, activities=1, reasons={"WriterRefused: no": 1})

    result = summary(PLAN, tally, Spent(), seconds=65.0)
    rows = dict(summary_rows(result))

    assert "4" == rows["  already written"]
    assert "1 min 05 s" == rows["time"]
    assert "WriterRefused:** no" in summary_markdown(result)


def test_failures_fit_a_phone() -> None:
    """A list in place of columns, and no word that is wider than the screen."""
    reason = f"WriterUnavailable: see https://api.example.com/{'x' * 200} later"
    result = summary(PLAN, Tally(failed=3, reasons={reason: 3}), Spent(), seconds=1.0)

    _, failures = summary_markdown(result).split("### Failures")

    assert "- **3 × WriterUnavailable:**" in failures
    assert "*What to do:* Passing trouble of the model service" in failures
    assert "later" in failures
    assert "|" not in failures
    assert max(len(word) for word in failures.split()) < 41


def test_strangers_markup_does_not_take_effect() -> None:
    """User ids and error texts are escaped for Markdown and HTML."""
    tally = Tally(failed=1, reasons={"X: [click](http://x) <script>|": 1})

    page = summary_markdown(summary(PLAN, tally, Spent(), seconds=1.0))

    assert "<b>" not in page
    assert "<script>" not in page
    assert "[click](" not in page


def test_a_run_with_nothing_to_do_says_so() -> None:
    """The summary of a plan without pairs carries the sentence and counts nothing."""
    empty = PLAN.model_copy(update={"pairs": ()})

    result = nothing_to_do(empty, is_dry_run=False)

    assert "Nothing to do: everything in reach is written." == result["note"]
    assert (0, 0) == (result["done"], result["failed"])


def test_what_nobody_knows_the_price_of_is_said_aloud() -> None:
    """Calls without a price and calls that ended in silence are two things, and neither is $0."""
    spent = Spent(calls=5, cost_nano_usd=0, unpriced=2, unknown_billing=1)

    rows = dict(summary_rows(summary(PLAN, Tally(done=2), spent, seconds=1.0, model="claude-next")))

    assert "an unknown amount: no price is known for claude-next" == rows["cost"]
    assert "2" == rows["  calls at a price nobody knows"]
    assert "1" == rows["  calls that may have been billed unseen"]
    assert "-" == rows["cost per activity"]
