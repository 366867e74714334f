"""Looks at the budgets all the while: spent and reserved together never exceed the limit."""

from __future__ import annotations

import threading
from typing import Self

import httpx
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from benchmarks.stage import Fake
from runletters.edges.store_schema import budgets

NANO = 1_000_000_000
LOOK_S = 0.2
BILL_EVERY = 10


class BudgetWatch:
    """A thread that looks until the block ends; what it saw that must not be is in `broken`."""

    def __init__(self, store_url: str, fake: Fake, limit_usd: float) -> None:
        self.limit_nano_usd = round(limit_usd * NANO)
        self.looks, self.most_nano_usd = 0, 0
        self.broken: list[str] = []
        self._fake = fake
        self._engine = sa.create_engine(store_url)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()
        self._look(also_bill=True)
        self._engine.dispose()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_S):
            self._look(also_bill=self.looks % BILL_EVERY == 0)

    def _look(self, *, also_bill: bool) -> None:
        # The bill first: what is charged afterwards may be reserved afterwards.
        charged = self._charged() if also_bill else 0
        query = sa.select(
            budgets.c.scope, budgets.c.spent_nano_usd + budgets.c.reserved_nano_usd
        ).where(budgets.c.scope.startswith("day "))
        try:
            with self._engine.connect() as connection:
                held = {str(scope): int(nano) for scope, nano in connection.execute(query)}
        except OperationalError:  # nobody has made the store yet
            return
        self.looks += 1
        self.most_nano_usd = max(self.most_nano_usd, *held.values(), 0)
        for scope, nano in held.items():
            if nano > self.limit_nano_usd:
                self.broken.append(f"{scope}: {nano} nano-dollars of {self.limit_nano_usd}")
        if charged > sum(held.values()):
            self.broken.append(
                f"the bill holds {charged} nano-dollars, the budget only {sum(held.values())}"
            )

    def _charged(self) -> int:
        answer = httpx.get(f"{self._fake.url}/fake/total", timeout=60)
        return int(answer.json())
