"""Writes one chapter of a backfill: at most as many activities as one flow run can show."""

from __future__ import annotations

from prefect import flow, unmapped
from prefect.runtime import flow_run

from runletters.backfilling import Order
from runletters.edges.processes import owner_name
from runletters.progress import Tally
from runletters.settings import Settings
from tasks.claims import claim_window, keeping_claims
from tasks.coaching import write_coaching
from tasks.letters import write_letter
from tasks.outcomes import gather, record_outcomes
from tasks.planning import plan
from tasks.promises import SIDE_BY_SIDE, kept_in
from tasks.reports import watching


@flow(name="write-chapter", flow_run_name="chapter-{order.user_id}", task_runner=SIDE_BY_SIDE)
def write_chapter(order: Order) -> Tally:
    """Claim window after window, write letters and insights side by side, keep what came out."""
    settings = Settings()
    letter, coaching = kept_in(settings, write_letter, write_coaching)
    owner, tally = owner_name(str(flow_run.id)), Tally()
    ahead = plan(order, settings)

    with keeping_claims(owner, settings), watching(order.user_id, len(ahead.pairs)) as watcher:
        for window in ahead.windows(settings.window):
            todo = claim_window(window, order, owner, settings)
            letters, insights = todo.of("letter"), todo.of("coaching")
            futures = [
                *letter.map(letters, run_id=order.run_id, settings=unmapped(settings)),
                *coaching.map(insights, run_id=order.run_id, settings=unmapped(settings)),
            ]
            outcomes = gather(futures, [*letters, *insights], watcher)
            tally += record_outcomes(outcomes, todo, owner, settings)
            if tally.stopped:
                break
    return tally
