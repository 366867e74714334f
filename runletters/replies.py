"""From the body of an answer to a text, or to a name for what was wrong with it.

Pure: no clock, no network, no database. Nothing a server can send raises here; paid
usage is read from whatever carries it, also where the text cannot be used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from pydantic import ValidationError

from runletters.content import Kind, Usage
from runletters.ledger import AttemptOutcome
from runletters.writing.insight import Insight

ReplyOutcome: TypeAlias = Literal[
    "ok",
    "empty",  # no text block, or nothing but blanks
    "truncated",  # max_tokens, or the end of the context
    "refused",
    "odd_stop",  # a stop reason that none of our calls can have
    "broken_text",  # half a character: it can neither be kept nor shown
    "not_json",  # an insight that is no JSON object
    "invalid_insight",  # JSON, and not an insight within its bounds
    "html",  # a page with status 200: somebody between us and the API
    "broken_json",  # a body that ends too early
    "not_a_message",  # JSON of another shape
]

FAULTY_BODIES = frozenset[ReplyOutcome]({"html", "broken_json", "not_a_message"})
_IN_LEDGER: Mapping[ReplyOutcome, AttemptOutcome] = {
    "ok": "succeeded",
    "empty": "empty",
    "truncated": "truncated",
    "refused": "refused",
}
_TRUNCATED = frozenset({"max_tokens", "model_context_window_exceeded"})
_COMPLETE = frozenset({"end_turn", "stop_sequence"})
_EXCERPT = 160
MOST_TOKENS = 10**9  # of one call; a larger count is no count, and would not fit the ledger
REPLACED = "\ufffd"
_SURROGATE = re.compile("[\ud800-\udfff]")
_HALF = "the answer holds half a character"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back of one call.

    `text` is what the model wrote, also where it cannot be used. `usage` is None where the
    body does not say what was used: then the bill is unknown.
    """

    outcome: ReplyOutcome
    text: str = ""
    insight: Insight | None = None
    detail: str = ""
    stop_reason: str | None = None
    usage: Usage | None = None
    message: Mapping[str, Any] | None = None

    @property
    def is_usable(self) -> bool:
        """Whether the text may go on to the truth gate."""
        return self.outcome == "ok"

    @property
    def in_ledger(self) -> AttemptOutcome:
        """The name the ledger has for it, before the truth gate has spoken."""
        if self.outcome in FAULTY_BODIES:
            return "bad_body"
        return _IN_LEDGER.get(self.outcome, "rejected")


def read_reply(body: str, kind: Kind) -> Reply:
    """Read the body of an answer with status 200.

    Args:
        body: as it came, undecoded JSON if all is well.
        kind: what was asked for.
    """
    if body.lstrip().startswith("<"):
        return Reply(outcome="html", detail=f"a page instead of a reply: {_excerpt(body)}")
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError) as error:
        return Reply(outcome="broken_json", detail=f"{error}: …{body[-60:]!r}")
    return read_message(decoded, kind)


def read_message(decoded: object, kind: Kind) -> Reply:
    """Read a decoded message, live or from a line of a batch."""
    if not isinstance(decoded, dict):
        found = _excerpt(json.dumps(decoded, default=str))
        return Reply(outcome="not_a_message", detail=f"not an object: {found}")
    message: dict[str, Any] = _sound(decoded)
    content: object = message.get("content")
    if message.get("type") != "message" or not isinstance(content, list):
        found = _excerpt(json.dumps(dict(message), default=str))
        return Reply(outcome="not_a_message", detail=f"no message: {found}")
    text = "".join(_text_blocks(cast("list[Any]", content)))
    outcome, detail, insight = _judge(message, text, kind)
    return Reply(
        outcome=outcome,
        text=text,
        insight=insight,
        detail=detail,
        stop_reason=_text_or_none(message.get("stop_reason")),
        usage=read_usage(message.get("usage")),
        message=message,
    )


def read_usage(usage: object) -> Usage | None:
    """Token counts of a message; None where it does not say."""
    if not isinstance(usage, dict):
        return None
    counts = cast("dict[str, Any]", usage)
    if not _is_count(counts.get("input_tokens")) or not _is_count(counts.get("output_tokens")):
        return None
    return Usage(
        input_tokens=counts["input_tokens"],
        output_tokens=counts["output_tokens"],
        cache_write_tokens=_count(counts.get("cache_creation_input_tokens")),
        cache_read_tokens=_count(counts.get("cache_read_input_tokens")),
    )


def kept_json(reply: Reply) -> str | None:
    """The reply as the ledger keeps it, so that it is never paid twice."""
    if reply.message is None:
        return None
    return json.dumps(dict(reply.message), ensure_ascii=False, separators=(",", ":"))


def plain_text(text: str) -> str:
    """A text without markdown: what people read. Words and figures stay as they are."""
    for pattern, kept in _MARKDOWN:
        text = pattern.sub(kept, text)
    lines = (" ".join(line.split()) for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _judge(
    message: Mapping[str, Any], text: str, kind: Kind
) -> tuple[ReplyOutcome, str, Insight | None]:
    stop = _text_or_none(message.get("stop_reason"))
    if stop == "refusal":
        return "refused", f"the model declined: {_refusal(message)}", None
    if stop in _TRUNCATED:
        return "truncated", f"the answer was cut off ({stop})", None
    if not text.strip():
        return "empty", "the answer holds no text", None
    if stop not in _COMPLETE:
        return "odd_stop", f"the answer stopped with {stop!r}", None
    if REPLACED in text:
        return "broken_text", _HALF, None
    return _read_insight(text) if kind == "coaching" else ("ok", "", None)


def _read_insight(text: str) -> tuple[ReplyOutcome, str, Insight | None]:
    try:
        decoded = json.loads(_unfenced(text))
    except (ValueError, RecursionError) as error:
        return "not_json", f"the answer is not JSON: {error}", None
    if _SURROGATE.search(json.dumps(decoded, ensure_ascii=False)):
        return "broken_text", _HALF, None
    try:
        insight = Insight.model_validate(_plain_values(decoded))
    except ValidationError as error:
        return "invalid_insight", _faults(error), None
    return "ok", "", insight


def _faults(error: ValidationError) -> str:
    faults = (
        f"{'.'.join(map(str, fault['loc'])) or 'the object'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    )
    return "; ".join(faults)


def _plain_values(value: Any) -> Any:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, list):
        return [_plain_values(each) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _plain_values(each) for key, each in cast("dict[str, Any]", value).items()}
    return value


def _sound(value: Any) -> Any:
    """The same value, half characters replaced: JSON can spell them, no store can keep them."""
    if isinstance(value, str):
        return _SURROGATE.sub(REPLACED, value)
    if isinstance(value, list):
        return [_sound(each) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {_sound(key): _sound(each) for key, each in cast("dict[str, Any]", value).items()}
    return value


def _unfenced(text: str) -> str:
    match = re.fullmatch(r"\s*```\w*\n(.*)\n```\s*", text, re.DOTALL)
    return match[1] if match else text


def _text_blocks(content: list[Any]) -> list[str]:
    blocks = [cast("dict[str, Any]", block) for block in content if isinstance(block, dict)]
    texts = [block.get("text") for block in blocks if block.get("type") == "text"]
    return [text for text in texts if isinstance(text, str)]


def _refusal(message: Mapping[str, Any]) -> str:
    details = message.get("stop_details")
    if not isinstance(details, dict):
        return "no reason given"
    said = cast("dict[str, Any]", details)
    return str(said.get("explanation") or said.get("category") or "no reason given")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS


def _count(value: object) -> int:
    return value if isinstance(value, int) and _is_count(value) else 0


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _excerpt(text: str) -> str:
    return " ".join(text.split())[:_EXCERPT]


_MARKDOWN = tuple(
    (re.compile(pattern, re.MULTILINE), kept)
    for pattern, kept in (
        (r"^\s*```.*$", ""),  # fences
        (r"^\s{0,3}#{1,6}\s+", ""),  # headings
        (r"^\s{0,3}>\s?", ""),  # quotes
        (r"^\s{0,3}[-*_]{3,}\s*$", ""),  # rules
        (r"^\s*[-*+]\s+", ""),  # bullets
        (r"!?\[([^\]\n]*)\]\([^)\n]*\)", r"\1"),  # links and images keep their words
        (r"`([^`\n]+)`", r"\1"),
        (r"(?<![\w*])(\*{1,3})(?=\S)([^*\n]+?)(?<=\S)\1(?![\w*])", r"\2"),
        (r"(?<!\w)(_{1,3})(?=\S)([^_\n]+?)(?<=\S)\1(?!\w)", r"\2"),
        (r"\*{2,}|_{2,}", ""),  # what is left of marks that span paragraphs
    )
)
