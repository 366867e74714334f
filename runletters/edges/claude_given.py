"""What the claude writer is given: the model's row, the parameters, the limits, the first row."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import cache
from typing import Any

from runletters.assignments import Hand
from runletters.budgeting import Limits, nano_usd
from runletters.content import Kind, WorkItem
from runletters.edges.claude import insight_schema
from runletters.edges.claude_calls import new_attempt_id
from runletters.facts import FactSheet
from runletters.ledger import Attempt
from runletters.pricing import Model, find_model
from runletters.prompting import fixed_parameters, prompt_sha256, request_parameters
from runletters.settings import Settings

_LOG = logging.getLogger(__name__)
_schema = cache(insight_schema)


def budget_limits(settings: Settings) -> Limits:
    """What the settings allow to be spent."""
    return Limits(
        run_nano_usd=nano_usd(settings.max_cost_usd_per_run),
        user_day_nano_usd=nano_usd(settings.max_cost_usd_per_user_day),
        day_nano_usd=nano_usd(settings.max_cost_usd_per_day),
    )


def hand(kind: Kind, settings: Settings) -> Hand:
    """Who writes a kind, as far as the fingerprint is concerned."""
    model = find_model(settings.model)
    return Hand(
        writer="claude",
        model=model.id,
        prompt_sha256=prompt_sha256(kind),
        parameters=fixed_parameters(kind, model, _schema()),
    )


def sent_parameters(item: WorkItem) -> dict[str, Any]:
    """Exactly what is sent for an item, live or in a batch."""
    sheet = FactSheet.model_validate_json(item.facts_json)
    return request_parameters(item.kind, sheet, find_model(item.model), _schema())


def say_if_unpriced(model: Model) -> None:
    """Say aloud that a model's price is not known; nothing stops for it."""
    if not model.is_known:
        _LOG.warning(
            "No price is known for model %s: its costs will be empty, and budgets cannot hold it. "
            "Add a row to runletters/models.toml.",
            model.id,
        )


def intended(item: WorkItem, flow_run_id: str, now: datetime) -> Attempt:
    """The row that is written before the call for an item."""
    return Attempt(
        attempt_id=new_attempt_id(),
        user_id=item.user_id,
        activity_id=item.activity_id,
        kind=item.kind,
        fingerprint=item.fingerprint,
        flow_run_id=flow_run_id,
        model=item.model,
        prompt_sha256=prompt_sha256(item.kind),
        started_at=now,
    )
