"""Tells people by mail how a flow run ended."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from prefect import Flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State
from prefect.runtime import flow_run as this_run
from prefect.utilities.urls import url_for

from runletters.digests.sending import Sent
from runletters.edges import completion_desk
from runletters.edges.completion_desk import FailedRun
from runletters.edges.store import Store
from runletters.settings import Settings

_LOG = logging.getLogger(__name__)


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
    run_id = str(this_run.id or uuid4())
    try:
        known = settings or Settings()
        with Store.open(known.store) as store:
            return completion_desk.tell(
                store,
                known,
                result,
                run_id=run_id,
                clock=lambda: datetime.now(UTC),
                link=this_run.ui_url,
            )
    except Exception as error:  # noqa: BLE001 - whatever it is, the backfill itself is done
        user_id = str(result.get("user") or "")
        return Sent(user_id=user_id, item=run_id, state="unsent", note=f"{error}"[:500])


def tell_of_failure(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """A hook of flows that raise: keep the reason, and mail it to the user.

    A run that crashed is started again by an automation, and is no news yet.
    Whatever goes wrong here is logged: the run has failed already, for another reason.
    """
    now = datetime.now(UTC)
    failed = FailedRun(
        run_id=str(flow_run.id),
        flow=flow.name,
        user_id=str(flow_run.parameters.get("user") or ""),
        error=(state.message or state.name or "failed")[:500],
        started_at=flow_run.start_time or now,
    )
    try:
        settings = Settings()
        with Store.open(settings.store) as store:
            completion_desk.close_failed(
                store, settings, failed, clock=lambda: datetime.now(UTC), link=url_for(flow_run)
            )
    except Exception:  # noqa: BLE001 - the run failed already, for another reason
        _LOG.exception("Nobody could be told that flow run %s failed", flow_run.id)
