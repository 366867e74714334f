"""Tells people by mail how a flow run ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from runletters.digests.sending import Sent
from runletters.edges import completion_desk
from runletters.edges.store import Store
from runletters.settings import Settings


# A mail that does not leave must not fail a backfill that did: errors become a result.
@task(name="tell-by-mail", cache_policy=NO_CACHE)
def tell_by_mail(result: Mapping[str, Any], settings: Settings | None = None) -> Sent:
    """Mail the summary of this flow run to its user, if there is an address and a mail server.

    Args:
        result: the summary of the run; `user` at least, and `error` where it failed.
        settings: those of the flow; read anew if None.

    Returns:
        What became of it, never an exception.
    """
    run_id = str(flow_run.id or uuid4())
    try:
        known = settings or Settings()
        with Store.open(known.store) as store:
            return completion_desk.tell(
                store,
                known,
                result,
                run_id=run_id,
                clock=lambda: datetime.now(UTC),
                link=flow_run.ui_url,
            )
    except Exception as error:  # noqa: BLE001 - whatever it is, the backfill itself is done
        user_id = str(result.get("user") or "")
        return Sent(user_id=user_id, item=run_id, state="unsent", note=f"{error}"[:500])
