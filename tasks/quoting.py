"""Says what a run will cost before it pays, and asks where that is more than was agreed."""

from __future__ import annotations

from typing import Any, Literal, cast
from uuid import UUID, uuid4

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRunInput
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from prefect.settings import get_current_settings
from prefect.states import Running
from pydantic import Field

from runletters.backfilling import Plan
from runletters.budgeting import nano_usd
from runletters.edges.quote_desk import quote, sample
from runletters.edges.store import Store
from runletters.errors import NotApproved
from runletters.progress import Tally, stopped_tally
from runletters.quoting import Quote
from runletters.settings import Settings
from runletters.summaries import asking, quote_markdown
from runletters.users import user_key
from tasks.facts import read_fact_sheets

_LOOK_EVERY_S = 2
_LEAVE = "leave-"


class GoAhead(RunInput):
    """The form of the pause."""

    answer: Literal["continue", "decline"] = Field(
        default="continue", description="decline: nothing is claimed and nothing is paid."
    )


@task(name="make-quote", cache_policy=NO_CACHE, retries=1, retry_delay_seconds=2)
def make_quote(ahead: Plan, settings: Settings) -> Quote | None:
    """What the plan will cost and take; None where nothing is paid."""
    if ahead.order.writer != "claude" or not ahead.pairs:
        return None
    made = read_quote(ahead, settings)
    create_markdown_artifact(
        markdown=quote_markdown(made),
        key=f"backfill-quote-{user_key(ahead.order.user_id)}",
        description="What this run will cost and how long it will take",
    )
    return made


def read_quote(ahead: Plan, settings: Settings) -> Quote:
    """The quote of a plan, without Prefect."""
    with Store.open(settings.store) as store:
        user = store.known_user(ahead.order.user_id)
    sheets = read_fact_sheets(user, sample(ahead), settings)
    return quote(ahead, sheets, settings, user.preferences.language)


def ask_leave(offer: Quote | None, ask_above_usd: float | None, settings: Settings) -> Tally:
    """Wait for somebody's leave where the quote is above the threshold.

    Nothing was claimed and nothing was paid when this is called. A run that is started again
    asks again: leave counts once. Only an answer that no process heard, because it was gone
    when somebody gave it, counts for the one that is started instead.

    Returns:
        An empty tally to go on with, or one that says why the run ends here.
    """
    limit = nano_usd(settings.ask_above_usd) or 0
    limit = round(ask_above_usd * 1e9) if ask_above_usd else limit
    if offer is None or not offer.is_above(limit):
        return Tally()
    question = asking(offer, limit)
    if get_current_settings().api.url is None:
        return stopped_tally(NotApproved(question, remedy=_NOBODY_TO_ASK))
    answer = _asked(question, offer, settings)
    return Tally() if answer == "continue" else stopped_tally(_declined(question, answer))


_NOBODY_TO_ASK = "Give --yes, or raise RUNLETTERS_ASK_ABOVE_USD: there is no UI to ask in."


def _declined(question: str, answer: str) -> NotApproved:
    said = "Declined" if answer == "decline" else "Nobody answered"
    return NotApproved(f"{said}; nothing was written or paid. The question was: {question}")


def _asked(question: str, offer: Quote, settings: Settings) -> str:
    if unheard := _unheard_answer(offer):
        get_run_logger().warning("Answered while nobody listened: %s", unheard)
        return unheard
    get_run_logger().warning("Waiting for leave: %s", question)
    # The server lets a pause of one name happen once: a run that is tried again must ask again.
    key = f"{_LEAVE}{_worst(offer)}-{uuid4()}"
    description = f"{question}\n\n{quote_markdown(offer)}"
    form = GoAhead.with_initial_data(description=description, answer="continue")
    try:
        given: Any = pause_flow_run(
            wait_for_input=form,
            timeout=settings.ask_timeout_s,
            poll_interval=_LOOK_EVERY_S,
            key=key,
        )
    except FlowPauseTimeout:
        _end_the_pause()
        return "silence"
    with get_client(sync_client=True) as client:
        client.delete_flow_run_input(UUID(flow_run.id), f"paused-{key}-response")
    return cast("GoAhead", given).answer


def _unheard_answer(offer: Quote) -> str | None:
    """What somebody answered when the process that asked was gone; each answer counts once.

    A "continue" was said to a price: it holds for this quote if that is no higher.
    """
    run_id = UUID(flow_run.id)
    with get_client(sync_client=True) as client:
        said = client.filter_flow_run_input(
            run_id, key_prefix=f"paused-{_LEAVE}", limit=100, exclude_keys=set()
        )
        answers = [each for each in said if each.key.endswith("-response")]
        for each in answers:
            client.delete_flow_run_input(run_id, each.key)
    if any(_answer(each) == "decline" for each in answers):
        return "decline"
    agreed = [int(each.key.removeprefix(f"paused-{_LEAVE}").partition("-")[0]) for each in answers]
    return "continue" if max(agreed, default=-1) >= _worst(offer) else None


def _answer(said: FlowRunInput) -> str:
    return GoAhead.model_validate_json(said.value).answer


def _worst(offer: Quote) -> int:
    return (offer.chosen and offer.chosen.cost_p90_nano_usd) or 0


def _end_the_pause() -> None:
    """The server would turn the end of a run whose pause ran out into a failure."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run.id, Running(), force=True)
