"""The ledger: one row per call to a model, written before the call and closed after it.

Pure: no clock, no network, no database. Money is in nano-dollars, so that a token at
$0.10 per million and the half price of batches are whole numbers.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict

from runletters.content import Kind

Mode: TypeAlias = Literal["live", "batch"]
AttemptOutcome: TypeAlias = Literal[
    "sent",  # intent: the call is under way, or the process died before its end
    "succeeded",  # a reply that can be used; the only one that is ever used again
    "rejected",  # paid, and the text was not true, safe or well formed
    "refused",  # the model declined
    "truncated",  # stopped by max_tokens
    "empty",  # a reply without text
    "bad_body",  # HTML, broken JSON: something that is not a reply
    "failed",  # an error answer of the API
    "timeout",  # no answer in time: whether it was billed is unknown
    "connection",  # the connection broke: whether it was billed is unknown
    "canceled",  # a batch line that was called off
    "expired",  # a batch line that was not reached in time
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Attempt(_Frozen):
    """One call that was made or is about to be made.

    `attempt_id` is opaque and unique (a UUID, not made of user or activity: it outlives
    them). The identity fields are None once the user was forgotten. `input_tokens` does not
    contain the two cache buckets. `cost_nano_usd` None means: the price is not known.
    """

    attempt_id: str
    user_id: str | None
    activity_id: str | None
    kind: Kind
    fingerprint: str | None
    flow_run_id: str | None = None
    mode: Mode = "live"
    writer: str = "claude"
    model: str
    prompt_sha256: str = ""
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    latency_ms: int | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cache_write_tokens: int = 0
    cache_read_tokens: int = 0
    cost_nano_usd: int | None = None
    price_as_of: str | None = None  # ISO date of the price list that was used
    outcome: AttemptOutcome = "sent"
    stop_reason: str | None = None
    error_type: str | None = None
    error: str | None = None
    request_id: str | None = None
    reply: str | None = None  # JSON of the reply as it came, so it is never paid twice
    findings: tuple[dict[str, Any], ...] = ()  # of the truth gate; kept in rows of their own


class Spend(_Frozen):
    """What the ledger says was spent, in nano-dollars, and what it cannot say."""

    run_nano_usd: int  # of the flow run asked about
    user_today_nano_usd: int  # of the user asked about, on the UTC day of `now`
    today_nano_usd: int  # of everybody, on that day
    unpriced_attempts: int  # of that day, closed without a known price


class Spent(_Frozen):
    """What the calls of one flow run, or of one user, used and cost, failures included."""

    calls: int = 0
    input_tokens: int = 0  # cache buckets included
    output_tokens: int = 0
    cost_nano_usd: int = 0
    unpriced: int = 0  # calls whose tokens are known and whose price is not
    unknown_billing: int = 0  # calls that ended in silence: perhaps billed, perhaps not
    open: int = 0  # calls without an end: under way, or their process died
