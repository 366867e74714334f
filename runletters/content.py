"""What is written, for whom, and what came of it.

Pure: no clock, no network, no database. Values here cross task borders, so
each is frozen and made of plain types only.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

RunKind: TypeAlias = Literal["letter", "coaching"]
KINDS: tuple[RunKind, ...] = ("letter", "coaching")
"""What is written about each run."""
Kind: TypeAlias = Literal["letter", "coaching", "plan", "digest"]
"""Everything that is written: a plan is about the weeks ahead, a digest about those behind."""
WriterName: TypeAlias = Literal["offline", "claude"]
Status: TypeAlias = Literal["pending", "generating", "completed", "failed"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkItem(_Frozen):
    """One text to be written. Facts travel as JSON text, so Prefect does not walk them."""

    user_id: str
    activity_id: str
    kind: Kind
    writer: WriterName
    model: str
    fingerprint: str
    facts_json: str  # a FactSheet, canonical
    label: str = ""  # what a person recognises: "2026-11-21 07:12 running"

    def failed(self, error: object) -> Outcome:
        """The outcome of this item when `error` came instead of a text."""
        return Outcome(
            user_id=self.user_id,
            activity_id=self.activity_id,
            kind=self.kind,
            fingerprint=self.fingerprint,
            error_type=type(error).__name__,
            error=" ".join(str(error).split())[:500] or type(error).__name__,
        )


class Usage(_Frozen):
    """Tokens of one call. `input_tokens` does not contain the cache buckets."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_write_tokens: int = 0
    cache_read_tokens: int = 0


class Text(_Frozen):
    """A text that passed, ready to be kept."""

    body: str  # plain text, what people read
    structured: dict[str, Any] | None = None  # the insight's fields; None for a letter
    writer: WriterName
    model: str
    prompt_sha256: str = ""
    is_fallback: bool = False  # the offline text in place of a rejected one
    findings: tuple[dict[str, Any], ...] = ()  # what the truth gate said on the way


class Outcome(_Frozen):
    """What became of one work item: a text or a reason, never neither."""

    user_id: str
    activity_id: str
    kind: Kind
    fingerprint: str
    text: Text | None = None
    error_type: str | None = None
    error: str | None = None
    usage: Usage = Usage()
    cost_nano_usd: int | None = 0  # None: the price is not known
    seconds: float = 0.0

    @property
    def is_done(self) -> bool:
        """Whether a text came out."""
        return self.text is not None


def canonical_json(value: Any) -> str:
    """The one spelling of a JSON value: sorted keys, no blanks, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def fingerprint(
    *, kind: Kind, model: str, parameters: dict[str, Any], prompt_sha256: str, facts_json: str
) -> str:
    """The identity of a text: same fingerprint, nothing to do. Tagged with its algorithm."""
    parts = [kind, model, canonical_json(parameters), prompt_sha256, facts_json]
    return "s256-" + hashlib.sha256(canonical_json(parts).encode()).hexdigest()
