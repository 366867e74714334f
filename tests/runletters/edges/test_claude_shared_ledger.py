"""Many threads write into one ledger: few transactions, and nobody's row is lost."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runletters.content import Kind
from runletters.edges.claude_shared_ledger import SharedLedger
from runletters.edges.store import Store
from runletters.ledger import Attempt

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def _attempt(number: int) -> Attempt:
    return Attempt(
        attempt_id=f"a-{number}", user_id="ada", activity_id=f"r-{number}", kind="letter",
        fingerprint=f"f-{number}", flow_run_id="run", model="claude-haiku-4-5",
        prompt_sha256="p", started_at=NOW,
    )  # fmt: skip


class _SlowBooks:
    """Books whose first transaction waits, so that others have to queue behind it."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []
        self.is_first_in = threading.Event()
        self.may_go_on = threading.Event()

    def write_attempts(
        self, *, begun: Sequence[Attempt] = (), ended: Sequence[Attempt] = ()
    ) -> None:
        ids = [row.attempt_id for row in (*begun, *ended)]
        if not self.written:
            self.is_first_in.set()
            assert self.may_go_on.wait(60)
        self.written.append(ids)
        if "a-3" in ids:
            raise ValueError("row 3 is at fault")

    def paid_reply(self, user_id: str, kind: Kind, fingerprint: str) -> str | None:
        raise NotImplementedError


def test_what_waits_is_written_together_and_a_bad_row_fails_alone() -> None:
    """Those who queued share a transaction; if it fails, only the row at fault raises."""
    books = _SlowBooks()
    ledger = SharedLedger(books)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(ledger.begin_attempts, [_attempt(0)])
        assert books.is_first_in.wait(60)
        others = [pool.submit(ledger.begin_attempts, [_attempt(n)]) for n in (1, 2, 3, 4)]
        while ledger.waiting < len(others):
            threading.Event().wait(0.01)
        books.may_go_on.set()
        first.result(60)
        errors = [each.exception(60) for each in others]

    assert books.written[0] == ["a-0"]
    assert sorted(books.written[1]) == ["a-1", "a-2", "a-3", "a-4"]
    assert [type(error) for error in errors] == [type(None), type(None), ValueError, type(None)]


def test_every_row_is_kept_when_it_is_said_to_be(tmp_path: Path) -> None:
    """Forty threads and one file: a row can be read from elsewhere right after the call."""
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    with Store.open(url) as store, Store.open(url) as elsewhere:
        store.ensure_user("ada", now=NOW)
        ledger = SharedLedger(store)

        def call(number: int) -> bool:
            ledger.begin_attempts([_attempt(number)])
            seen = f"a-{number}" in elsewhere.attempts("ada")["attempt_id"].to_list()
            ended = _attempt(number).model_copy(
                update={"outcome": "succeeded", "reply": "{}", "ended_at": NOW}
            )
            ledger.end_attempts([ended])
            return seen and elsewhere.paid_reply("ada", "letter", f"f-{number}") == "{}"

        with ThreadPoolExecutor(40) as pool:
            kept = list(pool.map(call, range(80)))

    assert kept == [True] * 80


def test_nothing_to_write_is_no_transaction(tmp_path: Path) -> None:
    """An empty list is no error."""
    with Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        SharedLedger(store).begin_attempts([])

        assert store.attempts().is_empty()


def test_the_error_of_a_row_reaches_its_own_thread() -> None:
    """Alone in its transaction, a row's error is raised as it is."""
    books = _SlowBooks()
    books.may_go_on.set()

    with pytest.raises(ValueError, match="row 3"):
        SharedLedger(books).end_attempts([_attempt(3)])
