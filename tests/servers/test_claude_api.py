"""The fake is as strict as the API: what it rejects, what it charges, how it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anthropic
import pytest
from servers.claude_api import Behaviour, ClaudeApiServer

REPOSITORY = Path(__file__).resolve().parents[2]
PROMPT = "language code en\n<facts>\n- distance: 10.2 km\n- pace: 5:42 per km\n</facts>\n"


@pytest.fixture
def server() -> Iterator[ClaudeApiServer]:
    with ClaudeApiServer(Behaviour(hang_s=0.2)) as running:
        yield running


@pytest.fixture
def client(server: ClaudeApiServer) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="test-key", base_url=server.url, max_retries=0, timeout=5)


def body(**changes: Any) -> dict[str, Any]:
    return {
        "model": "claude-haiku-4-5",
        "max_tokens": 500,
        "messages": [{"role": "user", "content": PROMPT}],
    } | changes


def test_it_writes_a_grounded_letter_of_the_right_length(client: anthropic.Anthropic) -> None:
    """100 to 150 words, with the figures of the prompt and no others."""
    message = client.messages.create(**body())

    text = "".join(block.text for block in message.content if block.type == "text")
    assert 100 <= len(text.split()) <= 150
    assert "10.2 km" in text
    digits = {word.strip(".") for word in text.split() if any(c.isdigit() for c in word)}
    assert digits == {"10.2", "5:42"}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"temperature": 0}, 400),
        ({"top_p": 0.5}, 400),
        ({"made_up": 1}, 400),
        ({"model": "claude-of-tomorrow"}, 404),
        ({"max_tokens": 0}, 400),
        ({"max_tokens": 65_000}, 400),
        ({"messages": []}, 400),
        ({"messages": [{"role": "assistant", "content": "x"}]}, 400),
        ({"messages": [{"role": "user", "content": " "}]}, 400),
        ({"thinking": {"type": "adaptive"}}, 400),
        ({"thinking": {"type": "off"}}, 400),
        ({"thinking": {"type": "enabled"}}, 400),
        ({"thinking": {"type": "enabled", "budget_tokens": 1_024}}, 400),
        ({"output_config": {"effort": "most"}}, 400),
        ({"service_tier": "cheap"}, 400),
        ({"messages": [*body()["messages"], {"role": "assistant", "content": "Dear"}]}, 400),
        ({"system": [{"type": "text", "text": "x", "cache_control": {"type": "ever"}}]}, 400),
        ({"system": [{"type": "text", "text": "x",
                      "cache_control": {"type": "ephemeral", "ttl": "1d"}}]}, 400),
        ({"model": "claude-haiku-5-5", "thinking": {"type": "disabled"},
          "output_config": {"effort": "max"}}, 400),
        ({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}, 400),
        ({"output_config": {"format": {"type": "json_schema", "schema": {
            "type": "object", "additionalProperties": False,
            "properties": {"n": {"type": "integer", "minimum": 1}}}}}}, 400),
    ],
)  # fmt: skip
def test_what_the_api_rejects_is_rejected(
    server: ClaudeApiServer, client: anthropic.Anthropic, changes: dict[str, Any], status: int
) -> None:
    """With the API's status, and without a charge."""
    with pytest.raises(anthropic.APIStatusError) as caught:
        client.post("/v1/messages", body=body(**changes), cast_to=object)

    assert status == caught.value.status_code
    assert caught.value.request_id
    assert server.bill.lines == []


def test_the_key_travels_as_bearer(server: ClaudeApiServer) -> None:
    """Another key, or the version of another year, is refused."""
    wrong = anthropic.Anthropic(api_key="other", base_url=server.url, max_retries=0)
    with pytest.raises(anthropic.AuthenticationError):
        wrong.messages.create(**body())

    old = anthropic.Anthropic(
        api_key="test-key",
        base_url=server.url,
        max_retries=0,
        default_headers={"anthropic-version": "2023-06-01"},
    )
    with pytest.raises(anthropic.BadRequestError):
        old.messages.create(**body())


def test_a_thinking_model_spends_its_tokens_on_thoughts(client: anthropic.Anthropic) -> None:
    """200 tokens, thinking not disabled: it stops before any text."""
    message = client.messages.create(**body(model="claude-haiku-5-5", max_tokens=200))

    assert message.stop_reason == "max_tokens"
    assert ["thinking"] == [block.type for block in message.content]


def test_tokens_are_counted_without_a_charge(
    server: ClaudeApiServer, client: anthropic.Anthropic
) -> None:
    """The count equals what a call is charged for as input."""
    counted = client.messages.count_tokens(model="claude-haiku-4-5", messages=body()["messages"])
    charged = client.messages.create(**body()).usage.input_tokens

    assert charged == counted.input_tokens
    assert len(server.bill.lines) == 1


def test_what_a_count_does_not_take_is_rejected(client: anthropic.Anthropic) -> None:
    """`max_tokens` belongs to a call, not to a count."""
    with pytest.raises(anthropic.BadRequestError, match="max_tokens: Extra inputs"):
        client.post("/v1/messages/count_tokens", body=body(), cast_to=object)


def test_a_request_of_more_than_32_megabytes_is_too_large(
    server: ClaudeApiServer, client: anthropic.Anthropic
) -> None:
    """413, and nothing is charged."""
    with pytest.raises(anthropic.APIStatusError) as caught:
        client.messages.create(**body(messages=[{"role": "user", "content": "x" * 32_000_000}]))

    assert (413, "request_too_large") == (caught.value.status_code, caught.value.type)
    assert server.bill.lines == []


def test_counting_has_a_rate_limit_of_its_own() -> None:
    """A second count at once is 429 with retry-after; calls that cost are not held up."""
    with ClaudeApiServer(Behaviour(counts_per_minute=1, burst_s=1)) as server:
        client = anthropic.Anthropic(api_key="test-key", base_url=server.url, max_retries=0)
        counted = {"model": "claude-haiku-4-5", "messages": body()["messages"]}
        client.messages.count_tokens(**counted)
        with pytest.raises(anthropic.RateLimitError) as caught:
            client.messages.count_tokens(**counted)
        client.messages.create(**body())

    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 60
    assert len(server.bill.lines) == 1


def test_buckets_answer_429_with_the_real_headers() -> None:
    """retry-after in whole seconds, limits and remaining by bucket, resets in RFC 3339."""
    behaviour = Behaviour(requests_per_minute=60, burst_s=2, output_tokens_per_minute=400_000)
    with ClaudeApiServer(behaviour) as server:
        client = anthropic.Anthropic(api_key="test-key", base_url=server.url, max_retries=0)
        first = client.messages.with_raw_response.create(**body())
        client.messages.create(**body())
        with pytest.raises(anthropic.RateLimitError) as caught:
            client.messages.create(**body())

    assert int(caught.value.response.headers["retry-after"]) >= 1
    headers = first.headers
    assert headers["anthropic-ratelimit-requests-limit"] == "60"
    assert headers["anthropic-ratelimit-output-tokens-limit"] == "400000"
    assert int(headers["anthropic-ratelimit-output-tokens-remaining"]) % 1000 == 0
    assert headers["anthropic-ratelimit-tokens-reset"].endswith("Z")


def test_one_bad_custom_id_fails_the_whole_batch(
    server: ClaudeApiServer, client: anthropic.Anthropic
) -> None:
    """As the API does."""
    requests: Any = [
        {"custom_id": "fine", "params": body()},
        {"custom_id": "user:1", "params": body()},
    ]

    with pytest.raises(anthropic.BadRequestError, match="custom_id"):
        client.messages.batches.create(requests=requests)

    assert server.batches.all == {}


def test_counts_of_a_batch_stay_zero_until_it_ends(client: anthropic.Anthropic) -> None:
    """Then they are all there at once, and a bad body is a line of its own."""
    with ClaudeApiServer(Behaviour(batch_s=0.3)) as server:
        slow = client.with_options(base_url=server.url)
        requests: Any = [
            {"custom_id": "a", "params": body()},
            {"custom_id": "b", "params": body(temperature=1)},
        ]
        batch = slow.messages.batches.create(requests=requests)
        assert (batch.request_counts.processing, batch.request_counts.succeeded) == (2, 0)
        assert batch.results_url is None
        while slow.messages.batches.retrieve(batch.id).processing_status != "ended":
            pass

        results = {
            each.custom_id: each.result.type for each in slow.messages.batches.results(batch.id)
        }

    assert {"a": "succeeded", "b": "errored"} == results


def test_hundreds_of_calls_at_once_cost_little(server: ClaudeApiServer) -> None:
    """Sleeping calls wait side by side."""
    server.behaviour = Behaviour(letter_latency_s=(0.5, 0.6))
    client = anthropic.Anthropic(api_key="test-key", base_url=server.url, max_retries=0)

    with ThreadPoolExecutor(100) as threads:
        list(threads.map(lambda _: client.messages.create(**body()), range(100)))

    assert server.stats.most_in_flight >= 50
    assert len(server.bill.lines) == 100


def test_it_starts_alone_and_shows_its_bill() -> None:
    """For demos, chaos and benchmarks: a process of its own, scripted over HTTP."""
    command = [sys.executable, "-m", "servers.claude_api", "--port", "0"]
    environment = os.environ | {"PYTHONPATH": "tests"}
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            client = anthropic.Anthropic(api_key="test-key", base_url=url, max_retries=0)
            client.post("/fake/script", body=["529"], cast_to=object)
            with pytest.raises(anthropic.InternalServerError):
                client.messages.create(**body())
            client.messages.create(**body())
            bill = json.loads(client.get("/fake/bill", cast_to=str))
        finally:
            process.terminate()

    assert len(bill["lines"]) == 1
    assert bill["total_nano_usd"] == bill["lines"][0]["cost_nano_usd"] > 0
