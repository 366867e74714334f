"""Named locks with a lease: one owner at a time, freed when the owner is gone.

Both the message batches and the digests of a period are held by one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from runletters.edges.store_base import insert_or_ignore
from runletters.edges.store_schema import locks


def take_lock(
    connection: sa.Connection,
    name: str,
    owner: str,
    *,
    until: datetime,
    is_gone: Callable[[str], bool],
    now: datetime,
) -> bool:
    """Take a lock, or take it over; whether the owner holds it now.

    Args:
        connection: in a writing transaction.
        name: what is held.
        owner: who takes it; whoever holds it may take it again.
        until: when others may take it over, unless it is renewed. Aware UTC.
        is_gone: whether an owner is known to have died: its hold does not count.
        now: aware UTC.
    """
    mine = {"name": name, "owner": owner, "lease_until": until}
    named = locks.c.name == name
    held = connection.execute(sa.select(locks).where(named).with_for_update()).one_or_none()
    if held is None:
        insert_or_ignore(connection, locks, [mine])
    elif held.owner == owner or held.lease_until < now or is_gone(held.owner):
        connection.execute(sa.update(locks).where(named).values(mine))
    return connection.scalar(sa.select(locks.c.owner).where(named)) == owner
