"""A process that pays until a budget is reached (store, limit, moment) and prints the sum."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from servers.claude_items import fact_sheet, item_of  # noqa: E402

from runletters.budgeting import Limits  # noqa: E402
from runletters.edges.claude_purse import StoredPurse  # noqa: E402
from runletters.edges.claude_writer import sent_parameters  # noqa: E402
from runletters.edges.store import Store  # noqa: E402
from runletters.errors import BudgetReached  # noqa: E402
from runletters.pricing import find_model  # noqa: E402
from runletters.settings import Settings  # noqa: E402


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
