"""What a paid call needs around it: books, turns and a purse, each replaceable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from runletters.api_failures import Failure
from runletters.budgeting import Reservation
from runletters.content import Kind, Usage, WorkItem
from runletters.ledger import Attempt, Mode
from runletters.limiting import Ticket
from runletters.pricing import Model


class Ledger(Protocol):
    """Where calls are written down; `edges.store.Store` is one."""

    def begin_attempts(self, rows: Sequence[Attempt]) -> None:
        """Write down what is about to be called."""
        ...

    def end_attempts(self, rows: Sequence[Attempt]) -> None:
        """Close calls with what they used."""
        ...

    def paid_reply(self, user_id: str, kind: Kind, fingerprint: str) -> str | None:
        """The kept reply of an earlier call for the same text."""
        ...


class Turns(Protocol):
    """Who may call when; `edges.claude_turns.Turnstile` is one."""

    def wait(self, model: Model, parameters: Mapping[str, Any], flow_run_id: str) -> Ticket:
        """Return when it is this call's turn.

        Raises:
            WriterPaused: the turn is too far away to hold a thread for it.
        """
        ...

    def answered(
        self, model: Model, ticket: Ticket, headers: Mapping[str, str], usage: Usage | None
    ) -> None:
        """Learn from an answer."""
        ...

    def failed(
        self, model: Model, ticket: Ticket, headers: Mapping[str, str], failure: Failure
    ) -> None:
        """Learn from a call that failed."""
        ...

    def pause_left_s(self, model: Model) -> float:
        """Seconds for which no call to that model may start."""
        ...


class Purse(Protocol):
    """What may still be spent; `edges.claude_purse.StoredPurse` is one."""

    def begin(self, flow_run_id: str, limit_nano_usd: int | None) -> None:
        """Give a run a limit of its own; None: none."""
        ...

    def reserve(
        self,
        item: WorkItem,
        flow_run_id: str,
        model: Model,
        parameters: Mapping[str, Any],
        mode: Mode = "live",
        *,
        attempt_id: str = "",
    ) -> Reservation:
        """Set the worst case of the call with that id aside.

        Raises:
            BudgetReached: the call could cost more than is left.
        """
        ...

    def settle(self, reservation: Reservation, cost_nano_usd: int | None) -> None:
        """Turn a reservation into what was spent; None: unknown, the worst case stays spent."""
        ...
