"""Draws a plan, has it put into words, and keeps it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from runletters.content import Outcome, WorkItem
from runletters.edges import training_desk
from runletters.edges.training_desk import DrawnPlan, PlanOrder
from runletters.edges.writers import open_writer
from runletters.plans import plan_markdown
from runletters.settings import Settings
from runletters.users import user_key
from tasks.promises import PAID


@task(name="draw-plan", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def draw_plan(order: PlanOrder, settings: Settings) -> DrawnPlan:
    """Make the plan by rule and check its limits; pays nothing."""
    return training_desk.draw(order, settings)


@task(name="write-plan", task_run_name="plan-{item.activity_id}", **PAID)
def write_plan(item: WorkItem, run_id: str, settings: Settings) -> dict[str, Any]:
    """Ask the writer for the words. The reply is durable the moment this returns."""
    return open_writer(item.writer, settings).write(item, run_id).model_dump(mode="json")


@task(name="keep-plan", cache_policy=NO_CACHE, retries=2, retry_delay_seconds=2)
def keep_plan(drawn: DrawnPlan, result: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Keep the plan with its words."""
    outcome = Outcome.model_validate(result)
    return training_desk.keep(drawn, outcome, settings, now=datetime.now(UTC))


def show_plan(user: str, kept: dict[str, Any]) -> dict[str, Any]:
    """The plan as the flow returns it; in the UI it is an artifact of the run."""
    create_markdown_artifact(
        markdown=plan_markdown(kept), key=f"plan-{user_key(user)}", description="The plan"
    )
    return {"user": user, "text": kept["body"], "plan": kept["plan"], "writer": kept["writer"],
            "is_fallback": kept["is_fallback"], "fingerprint": kept["fingerprint"]}  # fmt: skip
