"""What lies open when somebody asks for numbers or a plan: user, history, figures, routes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from runletters.assignments import work_item
from runletters.content import Outcome, WorkItem, WriterName
from runletters.edges.derived_files import Derived
from runletters.edges.history_files import History
from runletters.edges.store import Store
from runletters.edges.writers import plan_hand
from runletters.errors import WriterError
from runletters.metrics.plan import Plan, Race
from runletters.metrics.route_masks import Routes
from runletters.plans import plan_sheet, suggested
from runletters.settings import Settings
from runletters.training import Training, plan_state
from runletters.users import User


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything kept about one runner."""

    user: User
    activities: pl.DataFrame
    training: Training
    routes: Routes

    @property
    def tomorrow(self) -> date:
        """The day after the newest run."""
        last = self.training.last_day or datetime.now(UTC).date()
        return last + timedelta(days=1)


def open_desk(user_id: str, settings: Settings, *, rights: frozenset[str] | None = None) -> Desk:
    """Everything kept about a runner; figures of new runs are computed first.

    Args:
        user_id: whose.
        settings: where things lie.
        rights: only activities with one of these rights; None: all.

    Raises:
        StoreError: nobody of that name was ingested.
    """
    with Store.open(settings.store) as store:
        user = store.known_user(user_id)
    history = History.open(settings.history, endpoint=settings.s3_endpoint_url)
    derived = Derived.open(settings.history, settings.s3_endpoint_url)
    derived.refresh(user_id, history)
    activities = history.activities(user_id)
    if rights is not None:
        activities = activities.filter(pl.col("rights").is_in(sorted(rights)))
    return Desk(
        user=user,
        activities=activities,
        training=derived.training(user, activities),
        routes=derived.routes(user_id),
    )


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlanOrder(_Frozen):
    """What somebody asked for."""

    user_id: str
    weeks: int = Field(default=4, ge=1, le=4)
    start: date | None = None  # None: the day after the newest run
    race: Race | None = None
    writer: WriterName = "offline"


class DrawnPlan(_Frozen):
    """A plan that was made and checked, and the work of putting it into words."""

    plan: Plan
    item: WorkItem
    kept: dict[str, Any] | None = None  # the same plan, where it was told before


def draw(order: PlanOrder, settings: Settings) -> DrawnPlan:
    """Make the plan, check its limits, and look whether it was told before.

    What may not be written about plays no part, and a model sees nothing of what may not
    be sent.

    Raises:
        StoreError: nobody of that name was ingested.
    """
    rights = frozenset({"full"} if order.writer == "claude" else {"full", "local_only"})
    desk = open_desk(order.user_id, settings, rights=rights)
    start = order.start or desk.tomorrow
    state = plan_state(desk.training, start)
    made = suggested(state, start=start, weeks=order.weeks, race=order.race)
    sheet = plan_sheet(made, state, desk.user.preferences)
    hand = plan_hand(order.writer, settings, desk.user.preferences.language)
    item = work_item(order.user_id, sheet, "plan", hand)
    with Store.open(settings.store) as store:
        return DrawnPlan(plan=made, item=item, kept=store.plan(order.user_id, item.fingerprint))


def keep(
    drawn: DrawnPlan, outcome: Outcome, settings: Settings, *, now: datetime
) -> dict[str, Any]:
    """Keep a plan with its words; what is kept of it.

    Raises:
        WriterError: no words came out.
    """
    if outcome.text is None:
        raise WriterError(outcome.error or "The plan was not put into words.")
    key = (drawn.item.user_id, drawn.item.fingerprint)
    with Store.open(settings.store) as store:
        store.keep_plan(*key, outcome.text, drawn.plan.model_dump(mode="json"), now=now)
        return store.plan(*key) or {}
