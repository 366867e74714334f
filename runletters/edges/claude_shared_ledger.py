"""The ledger for many threads: what waits at the same moment is written in one transaction.

A call still returns only when its rows are on disk. Whoever gets the turn writes for all
who wait, so the busier it is the fewer transactions there are for each text.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from runletters.content import Kind
from runletters.ledger import Attempt


class Books(Protocol):
    """What is shared; `edges.store.Store` is one."""

    def write_attempts(
        self, *, begun: Sequence[Attempt] = (), ended: Sequence[Attempt] = ()
    ) -> None:
        """Begin and close calls, all in one transaction."""
        ...

    def paid_reply(self, user_id: str, kind: Kind, fingerprint: str) -> str | None:
        """The kept reply of an earlier call for the same text."""
        ...


@dataclass
class _Waiting:
    """What one thread wants written, and what came of it."""

    begun: Sequence[Attempt] = ()
    ended: Sequence[Attempt] = ()
    is_over: bool = False
    error: Exception | None = None


class SharedLedger:
    """Writes for the threads of one process."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._queue: list[_Waiting] = []
        self._queue_lock = threading.Lock()
        self._turn = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many threads wait for the next transaction."""
        with self._queue_lock:
            return len(self._queue)

    def begin_attempts(self, rows: Sequence[Attempt]) -> None:
        """Write down what is about to be called."""
        self._written(_Waiting(begun=rows))

    def end_attempts(self, rows: Sequence[Attempt]) -> None:
        """Close calls with what they used."""
        self._written(_Waiting(ended=rows))

    def paid_reply(self, user_id: str, kind: Kind, fingerprint: str) -> str | None:
        """The kept reply of an earlier call for the same text."""
        return self._books.paid_reply(user_id, kind, fingerprint)

    def _written(self, mine: _Waiting) -> None:
        with self._queue_lock:
            self._queue.append(mine)
        with self._turn:
            if not mine.is_over:
                self._write_all()
        if mine.error is not None:
            raise mine.error

    def _write_all(self) -> None:
        with self._queue_lock:
            together, self._queue = self._queue, []
        try:
            self._books.write_attempts(
                begun=[row for each in together for row in each.begun],
                ended=[row for each in together for row in each.ended],
            )
        except Exception:  # noqa: BLE001 - one row may be at fault: then each thread gets its own
            for each in together:
                self._write_alone(each)
        for each in together:
            each.is_over = True

    def _write_alone(self, one: _Waiting) -> None:
        try:
            self._books.write_attempts(begun=one.begun, ended=one.ended)
        except Exception as error:  # noqa: BLE001 - raised again in the thread it belongs to
            one.error = error
