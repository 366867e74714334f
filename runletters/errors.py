"""Everything that can go wrong, as one small tree.

RunlettersError
├── SettingsError         a setting is missing or cannot be used
├── ImpossibleOrder       what is asked for contradicts itself
├── HistoryError          a file, row or history we cannot accept
│   ├── UnknownSource     nobody here can read this path or file
│   ├── UnreadableFile    recognised, but broken beyond salvage
│   ├── UnsafeArchive     a bomb, or a path that leaves the archive
│   └── UnknownActivity   no such activity in this user's history
├── StoreError            the operational store said no
│   ├── UnknownUser       nobody of that name was ingested
│   │   └── Forgotten     erased while a run was at work for them
│   └── Busy              somebody else holds the lock or the lease
├── MailError             a mail could not be made or sent
├── EngagementError       an event of a reader that cannot be used
├── TierLimit             the free tier ends here
├── BudgetReached         the next call could cost more than is left
├── NotApproved           nobody said that a run of this price may start
└── WriterError           no acceptable text came back
    ├── WriterRefused     this item fails; asking again would not help
    ├── WriterUnavailable retry later
    │   └── WriterPaused  not for so long that no thread should wait for it
    ├── WriterStopped     the whole run stops: key, permission, billing, spend limit
    └── TextRejected      a text came back and was not true, safe or well formed

Each message names where, what was found, what was expected and what to do.
"""

from __future__ import annotations


class RunlettersError(Exception):
    """Root of the tree; `remedy` says what a person can do about it."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def __str__(self) -> str:
        message = str(self.args[0]) if self.args else type(self).__name__
        return f"{message} {self.remedy}".strip()


class SettingsError(RunlettersError):
    """A setting is missing or cannot be used."""


class ImpossibleOrder(RunlettersError):
    """What is asked for contradicts itself."""


class HistoryError(RunlettersError):
    """A file, row or history we cannot accept."""


class UnknownSource(HistoryError):
    """Nobody here can read this path or file."""


class UnreadableFile(HistoryError):
    """Recognised, but broken beyond salvage."""


class UnsafeArchive(HistoryError):
    """An archive that would unpack without bound or outside its folder."""


class UnknownActivity(HistoryError):
    """No such activity in this user's history."""


class StoreError(RunlettersError):
    """The operational store said no."""


class UnknownUser(StoreError):
    """Nobody of that name was ingested."""


class Forgotten(UnknownUser):
    """Erased while a run was at work for them."""


class Busy(StoreError):
    """Somebody else holds the lock or the lease."""


class MailError(RunlettersError):
    """A mail could not be made or sent."""


class EngagementError(RunlettersError):
    """An event of a reader that cannot be used."""


class TierLimit(RunlettersError):
    """The free tier ends here."""


class BudgetReached(RunlettersError):
    """The next call could cost more than is left."""


class NotApproved(RunlettersError):
    """Nobody said that a run of this price may start."""


class WriterError(RunlettersError):
    """No acceptable text came back."""


class WriterRefused(WriterError):
    """This item fails; asking again would not help."""


class WriterUnavailable(WriterError):
    """Try again later; `retry_after_s` is the API's own wish where it had one."""

    def __init__(
        self, message: str, *, remedy: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class WriterPaused(WriterUnavailable):
    """The service asked everybody to wait, for too long to hold a thread: the run pauses."""


class WriterStopped(WriterError):
    """The whole run stops: key, permission, billing or spend limit."""


class TextRejected(WriterError):
    """A text came back and was not true, safe or well formed."""
