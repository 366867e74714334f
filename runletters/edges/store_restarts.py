"""How often flow runs that died were started again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from runletters.edges.store_base import StoreBase
from runletters.edges.store_sources_schema import restarts


class StoreRestarts(StoreBase):
    """The part of the store that keeps restarts within their bound."""

    def begin_restart(
        self, flow_run_id: str, reason: str, *, most: int, now: datetime
    ) -> int | None:
        """Count one more restart of a flow run; its number, or None where the bound is reached.

        Raises:
            sqlalchemy.exc.IntegrityError: somebody else restarts it at this moment.
        """
        mine = restarts.c.flow_run_id == flow_run_id
        with self._write() as connection:
            count = connection.scalar(sa.select(sa.func.count()).where(mine)) or 0
            if count >= most:
                return None
            row = {"flow_run_id": flow_run_id, "restart": count + 1}
            row |= {"reason": reason, "decided_at": now}
            connection.execute(sa.insert(restarts).values(row))
        return count + 1
