"""What a chaos run must be able to prove, from the ledger, the store and the fake's own bill.

Pure: rows in, verdicts out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Row = Mapping[str, Any]
Item = tuple[str, str]
"""Activity and kind."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One line of build/chaos.json."""

    fault: str
    trials: int
    lost: int
    paid_twice: int
    in_flight_bound: int
    seconds: float

    def as_row(self) -> dict[str, Any]:
        """The line as JSON has it."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Books:
    """Everything that is left when the dust has settled."""

    items: Sequence[Item]
    status: Mapping[Item, tuple[str, str | None]]  # (status, error)
    current_texts: Mapping[Item, int]
    ledger: Sequence[Row]
    bill: Sequence[Row]
    met: Sequence[tuple[str, str]]  # fault and the SHA-256 of the body it befell


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found; `broken` names each promise that does not hold."""

    completed: int
    failed: int
    lost: frozenset[Item]
    paid_twice: frozenset[Item]
    in_flight: Sequence[Row]  # calls in the bill without an end in the ledger
    open_calls: int  # rows of the ledger without an end
    ledger_nano_usd: int
    bill_nano_usd: int
    unknown_nano_usd: int  # charged, and the answer never arrived
    broken: tuple[str, ...] = field(default=())


def verdict(books: Books, *, in_flight_bound: int) -> Verdict:
    """Compare the books.

    Args:
        books: what is left.
        in_flight_bound: the most calls that can have been under way at all kills together.
    """
    lost = frozenset(item for item in books.items if not _is_settled(item, books))
    twice = frozenset(paid_twice(books.ledger))
    answered = {row["request_id"]: row for row in books.ledger if row["request_id"]}
    live = [line for line in books.bill if line["mode"] == "live" and line["is_delivered"]]
    in_flight = [line for line in live if line["request_id"] not in answered]
    open_calls = [row for row in books.ledger if row["outcome"] == "sent"]
    wrong = [
        line
        for line in live
        if line["request_id"] in answered
        and answered[line["request_id"]]["cost_nano_usd"] != line["cost_nano_usd"]
    ]
    batch_ledger = _sum(row for row in books.ledger if row["mode"] == "batch")
    batch_bill = _sum(line for line in books.bill if line["mode"] == "batch")
    statuses = Counter(books.status[item][0] for item in books.items if item in books.status)
    ledger, bill = _sum(books.ledger), _sum(books.bill)
    unknown = _sum(line for line in books.bill if not line["is_delivered"])
    broken = {
        f"{len(lost)} items are neither written nor failed with a reason": bool(lost),
        f"{len(twice)} items were paid twice": bool(twice),
        "an item has two current texts": any(n > 1 for n in books.current_texts.values()),
        f"{len(wrong)} calls cost something else in the ledger than in the bill": bool(wrong),
        f"batches: ledger {batch_ledger}, bill {batch_bill}": batch_ledger != batch_bill,
        f"{len(in_flight)} charged calls without an end in the ledger, "
        f"bound {in_flight_bound}": len(in_flight) > in_flight_bound,
        f"{len(open_calls)} open calls, bound {in_flight_bound}": len(open_calls) > in_flight_bound,
        "the ledger and the bill differ by more than the calls in flight": ledger
        != bill - unknown - _sum(in_flight),
    }
    return Verdict(
        completed=statuses["completed"],
        failed=statuses["failed"],
        lost=lost,
        paid_twice=twice,
        in_flight=in_flight,
        open_calls=len(open_calls),
        ledger_nano_usd=ledger,
        bill_nano_usd=bill,
        unknown_nano_usd=unknown,
        broken=tuple(promise for promise, is_broken in broken.items() if is_broken),
    )


def paid_twice(ledger: Iterable[Row]) -> list[Item]:
    """Items with two replies that both could be used: the second was money for nothing."""
    good = Counter(
        (row["activity_id"], row["kind"], row["fingerprint"])
        for row in ledger
        if row["outcome"] == "succeeded"
    )
    return [(activity, kind) for (activity, kind, _), times in good.items() if times > 1]


def by_fault(books: Books, found: Verdict, *, in_flight_bound: int, seconds: float) -> list[Trial]:
    """One line per fault: how often it came, and what became of the items it befell."""
    items_of = _items_by_body(books)
    befallen: dict[str, set[Item]] = defaultdict(set)
    for fault, body in books.met:
        befallen[fault] |= items_of.get(body, set())
    return [
        Trial(
            fault=fault,
            trials=trials,
            lost=len(befallen[fault] & found.lost),
            paid_twice=len(befallen[fault] & found.paid_twice),
            in_flight_bound=in_flight_bound,
            seconds=round(seconds, 1),
        )
        for fault, trials in sorted(Counter(fault for fault, _ in books.met).items())
    ]


def _items_by_body(books: Books) -> dict[str, set[Item]]:
    bodies = {line["request_id"]: line["body_sha256"] for line in books.bill}
    found: dict[str, set[Item]] = defaultdict(set)
    for row in books.ledger:
        if row["request_id"] in bodies:
            found[bodies[row["request_id"]]].add((row["activity_id"], row["kind"]))
    return found


def _is_settled(item: Item, books: Books) -> bool:
    status, error = books.status.get(item, ("missing", None))
    if status == "completed":
        return books.current_texts.get(item, 0) == 1
    return status == "failed" and bool(error)


def _sum(rows: Iterable[Row]) -> int:
    return sum(row["cost_nano_usd"] or 0 for row in rows)
