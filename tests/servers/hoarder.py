"""A process that sets money aside and waits to be killed (store, limit, moment).

Three calls: one whose row of the ledger was never begun, one that is under way, one that
ended and was not settled; and one line for a batch that was never written down.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime

from servers.claude_items import fact_sheet, item_of

from runletters.budgeting import Limits
from runletters.edges.claude_given import intended, sent_parameters
from runletters.edges.claude_purse import StoredPurse
from runletters.edges.store import Store
from runletters.pricing import find_model
from runletters.settings import Settings

ENDED_NANO_USD = 1_234_567


def main(url: str, limit: str, moment: str) -> None:
    now = datetime.fromisoformat(moment)
    item = item_of(fact_sheet(), "letter", Settings(_env_file=None))
    parameters, model = sent_parameters(item), find_model("claude-haiku-4-5")
    with Store.open(url) as store:
        purse = StoredPurse(store, Limits(day_nano_usd=int(limit)), lambda: now)
        for name in ("never begun", "under way", "ended"):
            purse.reserve(item, "dead-run", model, parameters, attempt_id=name)
        purse.reserve(item, "dead-run", model, parameters, "batch", attempt_id="no batch")
        rows = [
            intended(item, "dead-run", now).model_copy(update={"attempt_id": name})
            for name in ("under way", "ended")
        ]
        store.begin_attempts(rows)
        done = {"outcome": "succeeded", "cost_nano_usd": ENDED_NANO_USD, "ended_at": now}
        store.end_attempts([rows[1].model_copy(update=done)])
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        time.sleep(600)


if __name__ == "__main__":
    main(*sys.argv[1:])
