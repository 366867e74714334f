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
# A spend limit somebody set for themselves, and credit that is used up, can arrive as a 400
# without a code.
SPEND_WORDINGS = ("reached your specified api usage limits", "credit balance is too low")
# What is wrong with the account and not with the request, though it arrives as a 400.
ACCOUNT_CODES = frozenset({"organization_on_hold", "cmek_key_disabled", "cmek_key_network_blocked"})
STATUS_BY_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The status that goes with an error type, for errors that come without one (in a batch)."""
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
_ACCOUNT_REMEDY = "The API does not serve this organisation now; look into the console."


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
        if self.is_spend_limit or self.status in STOPPING or self.error_code in ACCOUNT_CODES:
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
            self.status == 400 and any(words in self.message.lower() for words in SPEND_WORDINGS)
        )

    @property
    def _is_server_error(self) -> bool:
        return self.status is not None and self.status >= SERVER_ERRORS_FROM

    def as_error(self) -> WriterError:
        """The same, as one of our errors."""
        where = f"HTTP {self.status}" if self.status else "no answer"
        said = self.error_code or self.error_type
        message = f"Claude API: {where}, {said}: {self.message.rstrip('.') or 'no message'}."
        if self.request_id:
            message += f" (request {self.request_id})"
        if self.verdict == "stop":
            others = _REMEDIES.get(self.status or 0, _ACCOUNT_REMEDY)
            remedy = _SPEND_REMEDY if self.is_spend_limit else others
            return WriterStopped(message, remedy=remedy)
        if self.verdict == "give_up":
            return WriterRefused(message, remedy=_REMEDIES.get(self.status or 0, ""))
        return WriterUnavailable(message, retry_after_s=self.retry_after_s)
