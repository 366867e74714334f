"""Writes one chapter of a backfill: at most as many activities as one flow run can show."""

from __future__ import annotations

from prefect import flow, unmapped
from prefect.runtime import flow_run

from runletters.backfilling import Order
from runletters.edges.processes import owner_name
from runletters.progress import Tally
from runletters.settings import Settings
from tasks.claims import claim_window, keeping_claims, while_known
from tasks.coaching import write_coaching
from tasks.letters import write_letter
from tasks.outcomes import UnderWay, record_outcomes
from tasks.planning import plan
from tasks.promises import SIDE_BY_SIDE, kept_in, whole
from tasks.reports import watching


@flow(name="write-chapter", flow_run_name="chapter-{order.user_id}", task_runner=SIDE_BY_SIDE)
def write_chapter(order: Order) -> Tally:
    """Claim window after window, write letters and insights side by side, keep what came out."""
    settings = Settings()
    letter, coaching = kept_in(settings, write_letter, write_coaching)
    owner, tally = owner_name(str(flow_run.id)), Tally()
    ahead, same = plan(order, settings), unmapped(whole(settings))

    with keeping_claims(owner, settings), watching(order.user_id, len(ahead.pairs)) as watcher:
        under_way = UnderWay(watcher)
        for window in while_known(order.user_id, ahead.windows(settings.window), settings):
            todo = claim_window(window, order, owner, settings)
            for letters, insights in todo.side_by_side():
                futures = [
                    *letter.map(whole(letters), run_id=order.run_id, settings=same),
                    *coaching.map(whole(insights), run_id=order.run_id, settings=same),
                ]
                under_way.add(futures, [*letters, *insights])
            # The next window is claimed while this one is written: no thread waits for work.
            outcomes = under_way.take(leave=2 * settings.concurrency)
            tally += record_outcomes(outcomes, owner, settings)
            tally += Tally(unchanged=len(todo.unchanged))
            if tally.stopped:
                break
        return tally + record_outcomes(under_way.take(leave=0), owner, settings)
