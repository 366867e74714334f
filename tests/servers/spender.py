"""A process that pays until a budget is reached (store, limit, moment) and prints the sum."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from servers.claude_items import fact_sheet, item_of

from runletters.budgeting import Limits
from runletters.edges.claude_purse import StoredPurse
from runletters.edges.claude_writer import sent_parameters
from runletters.edges.store import Store
from runletters.errors import BudgetReached
from runletters.pricing import find_model
from runletters.settings import Settings


def main(url: str, limit: str, moment: str) -> int:
    """What this process spent, in nano-dollars."""
    now = datetime.fromisoformat(moment)
    item = item_of(fact_sheet(), "letter", Settings(_env_file=None))
    parameters, model = sent_parameters(item), find_model("claude-haiku-4-5")
    with Store.open(url) as store:
        purse = StoredPurse(store, Limits(day_nano_usd=int(limit)), lambda: now)

        def pay(_: int) -> int:
            try:
                reservation = purse.reserve(item, "r", model, parameters)
            except BudgetReached:
                return 0
            cost = reservation.worst_nano_usd // 3
            time.sleep(0.01)
            purse.settle(reservation, cost)
            return cost

        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        with ThreadPoolExecutor(8) as threads:
            return sum(threads.map(pay, range(200)))


if __name__ == "__main__":
    sys.stdout.write(f"{main(*sys.argv[1:])}\n")
