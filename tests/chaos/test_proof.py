"""The proof of a chaos run sees each broken promise; a proof that never fails proves nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chaos.proof import Books, by_fault, verdict

A, B = ("a", "letter"), ("b", "coaching")


def call(item: tuple[str, str], request: str | None, cost: int | None, **more: Any) -> Any:
    row = {
        "activity_id": item[0], "kind": item[1], "fingerprint": f"f-{item[0]}", "mode": "live",
        "request_id": request, "cost_nano_usd": cost, "outcome": "succeeded",
    }  # fmt: skip
    return row | more


def charge(request: str, cost: int, **more: Any) -> Any:
    line = {
        "request_id": request, "cost_nano_usd": cost, "is_delivered": True, "mode": "live",
        "body_sha256": f"sha-{request}",
    }  # fmt: skip
    return line | more


SOUND = Books(
    items=[A, B],
    status={A: ("completed", None), B: ("failed", "it could not be had")},
    current_texts={A: 1},
    ledger=[call(A, "r1", 10), call(B, None, None, outcome="timeout")],
    bill=[charge("r1", 10), charge("r2", 7, is_delivered=False)],
    met=[("accepted_timeout", "sha-r2"), ("429", "sha-r1")],
)


def test_sound_books_break_nothing() -> None:
    """An answer that never arrived is told apart, not forgotten."""
    found = verdict(SOUND, in_flight_bound=0)

    assert () == found.broken
    assert (1, 1) == (found.completed, found.failed)
    assert (10, 17, 7) == (found.ledger_nano_usd, found.bill_nano_usd, found.unknown_nano_usd)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": {A: ("completed", None)}}, "1 items are neither"),
        ({"status": {A: ("generating", None), B: ("failed", "x")}}, "1 items are neither"),
        ({"status": {A: ("completed", None), B: ("failed", None)}}, "1 items are neither"),
        ({"current_texts": {}}, "1 items are neither"),
        ({"current_texts": {A: 2}}, "two current texts"),
        ({"bill": [charge("r1", 11)]}, "1 calls cost something else"),
        ({"bill": [charge("r1", 10), charge("r9", 5)]}, "1 charged calls without an end"),
        ({"bill": [charge("r1", 10), charge("b", 5, mode="batch")]}, "batches: ledger 0, bill 5"),
        ({"ledger": [call(A, "r1", 10), call(A, "r3", 10)],
          "bill": [charge("r1", 10), charge("r3", 10)]}, "1 items were paid twice"),
        ({"ledger": [call(A, "r1", 10), call(B, None, None, outcome="sent")]}, "1 open calls"),
        ({"ledger": [call(A, "r1", 10), call(B, "r8", 3)]}, "differ by more than"),
    ],
)  # fmt: skip
def test_each_broken_promise_is_named(changes: dict[str, Any], said: str) -> None:
    """One thing wrong, and it is among what is said."""
    found = verdict(replace(SOUND, **changes), in_flight_bound=0)

    assert [each for each in found.broken if said in each]


def test_calls_in_flight_at_a_kill_are_listed_up_to_their_bound() -> None:
    """Charged, and our process was gone: no surprise as long as they are few."""
    books = replace(SOUND, bill=[charge("r1", 10), charge("r9", 5)])

    assert () == verdict(books, in_flight_bound=1).broken
    assert ["r9"] == [line["request_id"] for line in verdict(books, in_flight_bound=1).in_flight]


def test_a_line_per_fault_counts_what_became_of_its_items() -> None:
    """The fault befell a body; the ledger knows whose that was."""
    books = replace(SOUND, status={A: ("pending", None), B: ("failed", "x")})
    found = verdict(books, in_flight_bound=0)

    lines = {line.fault: line for line in by_fault(books, found, in_flight_bound=0, seconds=2.0)}

    assert (1, 1) == (lines["429"].trials, lines["429"].lost)
    assert (1, 0) == (lines["accepted_timeout"].trials, lines["accepted_timeout"].lost)
