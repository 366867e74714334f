"""Makes quotes: some prompts, counted by the API where there is a key, and the ledger's past."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from runletters.assignments import work_items
from runletters.backfilling import Pair, Plan
from runletters.content import Kind, WorkItem
from runletters.edges.claude import CallFailed, ClaudeApi
from runletters.edges.claude_given import sent_parameters
from runletters.edges.store import Store
from runletters.edges.writers import hands
from runletters.facts import FactSheet
from runletters.ledger import Mode
from runletters.pricing import Model, catalogue, find_model
from runletters.prompting import estimated_input_tokens
from runletters.quoting import InputFrom, Quote, Sampled, need, offers
from runletters.settings import Settings

SAMPLE = 8
"""Activities whose prompts are counted: spread over the plan, old and new ones alike."""


def sample(plan: Plan) -> list[Pair]:
    """Some pairs of the plan, both kinds of each activity."""
    ids = plan.activity_ids
    step = max(1, len(ids) // SAMPLE)
    chosen = frozenset(ids[::step][:SAMPLE])
    return [pair for pair in plan.pairs if pair[0] in chosen]


def quote(plan: Plan, sheets: Sequence[FactSheet], settings: Settings, language: str) -> Quote:
    """What the plan will cost and take.

    Args:
        plan: what is missing.
        sheets: the facts of the sampled pairs.
        settings: model, key, tier of the API, concurrency.
        language: of the runner.
    """
    model = find_model(settings.model)
    items = work_items(
        plan.order.user_id, sample(plan), sheets, hands("claude", settings, language)
    )
    texts = {kind: sum(pair[1] == kind for pair in plan.pairs) for kind in plan.order.kinds}
    with Store.open(settings.store) as store:
        seen = {each.kind: each for each in store.seen(model.id)}
    needs = tuple(
        need(each.kind, texts[each.kind], model, each, seen.get(each.kind))
        for each in _sampled(items, model, settings)
    )
    order, _ = plan.by_batch(settings.batch_from)
    mode: Mode = "batch" if order.mode == "batch" else "live"
    return Quote(
        user_id=plan.order.user_id,
        tier=settings.api_tier,
        needs=needs,
        offers=offers(
            needs,
            (model, mode),
            dict.fromkeys(catalogue().values()),
            tier=settings.api_tier,
            concurrency=settings.concurrency,
        )
        if needs
        else (),
    )


def _sampled(items: Sequence[WorkItem], model: Model, settings: Settings) -> list[Sampled]:
    by_kind: dict[Kind, list[WorkItem]] = {}
    for item in items:
        by_kind.setdefault(item.kind, []).append(item)
    return [_counted(kind, of_kind, model, settings) for kind, of_kind in by_kind.items()]


def _counted(kind: Kind, items: Sequence[WorkItem], model: Model, settings: Settings) -> Sampled:
    counts, source = _by_api(items, settings), _COUNTED
    if not counts:
        counts = [estimated_input_tokens(model, sent_parameters(item)) for item in items]
        source = _ESTIMATED
    return Sampled(kind=kind, n=len(counts), input_tokens=fmean(counts), source=source)


_COUNTED: InputFrom = "count_tokens"
_ESTIMATED: InputFrom = "estimate"


def _by_api(items: Sequence[WorkItem], settings: Settings) -> list[int]:
    """Counts by the API, which are free: as many as it gives; none without a key."""
    counts: list[int] = []
    if settings.anthropic_api_key is None:
        return counts
    api = ClaudeApi.open(settings)
    try:
        for item in items:
            counts.append(api.count_tokens(sent_parameters(item)))  # noqa: PERF401 - kept if the next one fails
    except CallFailed:
        return counts
    finally:
        api.close()
    return counts
