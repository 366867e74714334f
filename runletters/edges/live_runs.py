"""Who calls at this moment, and what part of the API's limits each may use.

A table of the store that all workers share: whoever waits for a turn says so first, and
reads who else does. A run that says nothing for a while, dead or done, makes room.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from runletters.edges.processes import owner_name
from runletters.edges.store_base import StoreBase, upsert
from runletters.edges.store_schema import live_runs
from runletters.limiting import fair_share

SEEN_S = 30.0
"""How long a word holds; it is renewed with every look."""
_KEPT = timedelta(hours=1)


class LiveRuns:
    """The live flow runs of every process on this store."""

    def __init__(self, store: StoreBase, now: Callable[[], datetime]) -> None:
        self._engine = store.engine
        self._now = now

    def share(self, model_id: str, mine: Collection[str]) -> float:
        """Say that these flow runs call a model; their part of its limits, up to 1."""
        now = self._now()
        rows = [
            {
                "flow_run_id": run,
                "model": model_id,
                "process": owner_name(run),
                "seen_until": now + timedelta(seconds=SEEN_S),
            }
            for run in sorted(mine)
        ]
        with self._engine.begin() as connection:
            said = upsert(connection, live_runs)
            new = {name: said.excluded[name] for name in ("process", "seen_until")}
            connection.execute(
                said.on_conflict_do_update(index_elements=["flow_run_id", "model"], set_=new), rows
            )
        with self._engine.begin() as connection:
            connection.execute(sa.delete(live_runs).where(live_runs.c.seen_until < now - _KEPT))
        return fair_share(len(rows), self._alive(model_id, now))

    def _alive(self, model_id: str, now: datetime) -> int:
        query = (
            sa.select(sa.func.count())
            .select_from(live_runs)
            .where(live_runs.c.model == model_id, live_runs.c.seen_until > now)
        )
        with self._engine.connect() as connection:
            return int(connection.scalar(query) or 0)
