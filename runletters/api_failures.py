"""What to do when the API says no: wait, stop the whole run, or give this item up.

Pure: no clock, no network, no database. Decides by status, error type and error code;
the wording of a message is read only where the API gives nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from runletters.errors import WriterError, WriterRefused, WriterStopped, WriterUnavailable

Verdict: TypeAlias = Literal["throttled", "overloaded", "wait", "stop", "give_up"]
Billing: TypeAlias = Literal["none", "unknown"]

SPEND_CODES = frozenset({"enforced_spend_limit_reached", "contract_spend_limit_reached"})
# A spend limit somebody set for themselves arrives as a 400 without a code.
SPEND_WORDING = "reached your specified api usage limits"
TRANSIENT = frozenset({408, 409, 500, 502, 503, 504, 529})
STOPPING = frozenset({401, 402, 403})
OVERLOADED = 529
THROTTLED = 429
SERVER_ERRORS_FROM = 500
AMBIGUOUS = frozenset({408, 502, 504})
"""Somebody between us and the model gave up waiting; the reply may have been written."""

_REMEDIES = {
    401: "Check ANTHROPIC_API_KEY.",
    402: "Check the billing of the organisation that owns the key.",
    403: "The key may not use this model or address; check its permissions.",
    404: "Does the model exist? Choose another with RUNLETTERS_MODEL.",
    413: "The request was too large; shorten the prompt.",
}
_SPEND_REMEDY = "Raise the spend limit in the console, or wait until it starts anew."


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One call that brought no reply.

    `status` is None when no answer came. `billing` is unknown where the API may have
    written (and charged) a reply that never arrived.
    """

    status: int | None = None
    error_type: str = "unknown_error"
    error_code: str | None = None
    message: str = ""
    request_id: str | None = None
    retry_after_s: float | None = None
    billing: Billing = "none"

    @property
    def verdict(self) -> Verdict:
        """What to do now."""
        if self.is_spend_limit or self.status in STOPPING:
            return "stop"
        if self.status == THROTTLED:
            return "throttled"  # also with a code nobody here knows: the type decides then
        if self.status == OVERLOADED:
            return "overloaded"
        is_transient = self.status is None or self.status in TRANSIENT
        return "wait" if is_transient or self._is_server_error else "give_up"

    @property
    def passes(self) -> bool:
        """Whether the same call may be answered a little later."""
        return self.verdict in {"throttled", "overloaded", "wait"}

    @property
    def is_spend_limit(self) -> bool:
        """Whether money, not pace, is what ran out."""
        return self.error_code in SPEND_CODES or (
            self.status == 400 and SPEND_WORDING in self.message.lower()
        )

    @property
    def _is_server_error(self) -> bool:
        return self.status is not None and self.status >= SERVER_ERRORS_FROM

    def as_error(self) -> WriterError:
        """The same, as one of our errors."""
        where = f"HTTP {self.status}" if self.status else "no answer"
        said = self.error_code or self.error_type
        message = f"Claude API: {where}, {said}: {self.message or 'no message'}."
        if self.request_id:
            message += f" (request {self.request_id})"
        if self.verdict == "stop":
            remedy = _SPEND_REMEDY if self.is_spend_limit else _REMEDIES.get(self.status or 0, "")
            return WriterStopped(message, remedy=remedy)
        if self.verdict == "give_up":
            return WriterRefused(message, remedy=_REMEDIES.get(self.status or 0, ""))
        return WriterUnavailable(message, retry_after_s=self.retry_after_s)
