"""Every body a server can send becomes a text or a named outcome, and nothing raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runletters.content import Usage
from runletters.replies import (
    ReplyOutcome,
    kept_json,
    plain_text,
    read_message,
    read_reply,
    read_usage,
)

ADVICE = {"action": "Run easy", "amount": "30 minutes", "when": "tomorrow"}
INSIGHT = {
    "classification": "easy",
    "heart_rate_analysis": None,
    "pacing_analysis": "Even.",
    "implications": "Little.",
    "recommendations": [ADVICE],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def message(text: str | None = "Hello.", **changes: Any) -> dict[str, Any]:
    content = [] if text is None else [{"type": "text", "text": text}]
    usage = {"input_tokens": 12, "output_tokens": 7, "cache_read_input_tokens": 3}
    return {
        "type": "message",
        "content": content,
        "stop_reason": "end_turn",
        "usage": usage,
    } | changes


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (json.dumps(message()), "ok"),
        ("<!DOCTYPE html><html></html>", "html"),
        (json.dumps(message())[:-20], "broken_json"),
        ("", "broken_json"),
        ("[" * 100_000, "broken_json"),
        (json.dumps(message("Half an emoji: \ud83d")), "broken_text"),
        ("[]", "not_a_message"),
        ('{"type":"error"}', "not_a_message"),
        (json.dumps(message(None)), "empty"),
        (json.dumps(message("  \n")), "empty"),
        (json.dumps(message(stop_reason="max_tokens")), "truncated"),
        (json.dumps(message(stop_reason="model_context_window_exceeded")), "truncated"),
        (json.dumps(message(None, stop_reason="refusal")), "refused"),
        (json.dumps(message("partial", stop_reason="refusal")), "refused"),
        (json.dumps(message(stop_reason="tool_use")), "odd_stop"),
        (json.dumps(message(stop_reason=None)), "odd_stop"),
    ],
)
def test_each_body_has_its_name(body: str, outcome: ReplyOutcome) -> None:
    """Bad bodies are outcomes, never crashes."""
    assert outcome == read_reply(body, "letter").outcome


def test_text_is_picked_by_block_type() -> None:
    """Thoughts come first and are not for readers."""
    blocks = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hello."}]

    assert read_message(message(content=blocks), "letter").text == "Hello."


def test_paid_usage_is_read_from_unusable_replies() -> None:
    """A refusal or a truncation was paid all the same."""
    reply = read_message(message(None, stop_reason="refusal"), "letter")

    assert reply.usage == Usage(input_tokens=12, output_tokens=7, cache_read_tokens=3)


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": -1, "output_tokens": 0}, [], "x"])
def test_a_usage_that_does_not_say_is_unknown(usage: object) -> None:
    """Unknown is None; it is not zero."""
    assert read_usage(usage) is None


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (json.dumps(INSIGHT), "ok"),
        (f"```json\n{json.dumps(INSIGHT)}\n```", "ok"),
        ("A good run.", "not_json"),
        ("[]", "invalid_insight"),
        (json.dumps(INSIGHT | {"recommendations": []}), "invalid_insight"),
        (json.dumps(INSIGHT | {"recommendations": [ADVICE] * 4}), "invalid_insight"),
        (json.dumps(INSIGHT | {"mood": "great"}), "invalid_insight"),
    ],
)
def test_an_insight_is_read_within_its_bounds(text: str, outcome: ReplyOutcome) -> None:
    """The API does not enforce bounds; we do, and say which."""
    reply = read_message(message(text), "coaching")

    assert outcome == reply.outcome
    assert (reply.insight is not None) == (outcome == "ok")
    assert bool(reply.detail) == (outcome != "ok")


def test_marks_are_taken_off_inside_an_insight() -> None:
    """Its fields are read by people, too."""
    reply = read_message(
        message(json.dumps(INSIGHT | {"implications": "**Rest** now."})), "coaching"
    )

    assert reply.insight is not None
    assert reply.insight.implications == "Rest now."


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("# Title\n\nText", "Title\n\nText"),
        ("**bold** and *soft* and __this__", "bold and soft and this"),
        ("- one\n- two", "one\ntwo"),
        ("[here](https://x.y)", "here"),
        ("`code`", "code"),
        ("5*3 and a_b_c stay", "5*3 and a_b_c stay"),
        ("-3 s and 10.2 km", "-3 s and 10.2 km"),
        ("**two\n\nparagraphs**", "two\n\nparagraphs"),
        ("> said", "said"),
        ("  many   blanks ", "many blanks"),
    ],
)
def test_markdown_becomes_plain_text(marked: str, plain: str) -> None:
    """Marks go, words and figures stay."""
    assert plain == plain_text(marked)


@given(st.text(max_size=200))
def test_plain_text_is_plain_at_once(text: str) -> None:
    """No digit is lost or made."""
    assert [c for c in text if c.isdigit()] == [c for c in plain_text(text) if c.isdigit()] or (
        "](" in text or "```" in text
    )


@given(st.text(max_size=200))
def test_no_body_raises(body: str) -> None:
    """Whatever comes, it has a name."""
    assert read_reply(body, "coaching").outcome


@given(JSON, JSON, JSON)
def test_no_message_raises(content: Any, stop: Any, usage: Any) -> None:
    """Nor does any JSON in place of a field."""
    odd = {"type": "message", "content": content, "stop_reason": stop, "usage": usage}

    for kind in ("letter", "coaching"):
        assert read_reply(json.dumps(odd), kind).outcome


def test_a_kept_reply_reads_the_same_again() -> None:
    """What the ledger keeps is enough to never pay twice."""
    reply = read_message(message(json.dumps(INSIGHT)), "coaching")

    kept = kept_json(reply)

    assert kept is not None
    assert reply == read_message(json.loads(kept), "coaching")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("[" * 100_000, "not_json"),
        (json.dumps(INSIGHT | {"implications": "Half an emoji: \ud83d"}), "broken_text"),
        (json.dumps(INSIGHT | {"implications": "A whole one: \U0001f3c3"}), "ok"),
    ],
)
def test_an_insight_that_cannot_be_kept_has_a_name(text: str, outcome: ReplyOutcome) -> None:
    """Nested too deep, or with half a character that JSON can spell and no store can keep."""
    assert outcome == read_message(message(text), "coaching").outcome


def test_half_a_character_anywhere_is_kept_as_a_whole_one() -> None:
    """The ledger takes what was paid: texts, keys and reasons can be written down."""
    odd = message("\ud83d", stop_details={"explanation": "\udc00", "\ud800": 1})

    replies = [
        read_message(odd | {"stop_reason": why}, "letter") for why in ("end_turn", "refusal")
    ]

    kept = [f"{kept_json(reply)} {reply.detail} {reply.text}".encode() for reply in replies]
    assert [True, True] == ["\ufffd".encode() in text for text in kept]


def test_a_count_that_no_call_can_have_is_no_count() -> None:
    """The bill is unknown then, and the ledger can be written."""
    assert read_usage({"input_tokens": 10**30, "output_tokens": 1}) is None
