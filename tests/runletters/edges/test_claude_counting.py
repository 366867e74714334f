"""Counting tokens for a quote: free, with a rate limit of its own, never waited for for long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from servers.claude_api import Behaviour, ClaudeApiServer
from servers.claude_items import fact_sheet, item_of
from servers.fake_bill import Bucket

from runletters.edges.claude import CallFailed, ClaudeApi
from runletters.edges.claude_given import sent_parameters
from runletters.edges.quote_desk import _by_api
from runletters.settings import Settings

MODEL = "claude-haiku-4-5"


@pytest.fixture
def server() -> Iterator[ClaudeApiServer]:
    with ClaudeApiServer(Behaviour()) as running:
        yield running


def limited(server: ClaudeApiServer, *, at_once: int, next_in_s: float) -> None:
    """So many counts, and the next one later; no time passes there."""
    per_minute = 60 / next_in_s
    bucket = Bucket(per_minute, burst_s=at_once * next_in_s, clock=lambda: 0.0)
    server._counting[MODEL] = bucket


def test_what_was_counted_before_the_limit_is_used(
    server: ClaudeApiServer, settings: Settings
) -> None:
    """The third count is refused for twelve seconds: the quote rests on the first two."""
    limited(server, at_once=2, next_in_s=12)
    items = [item_of(fact_sheet(f"a{n}"), "letter", settings) for n in range(8)]

    counts = _by_api(items, settings)

    assert [True, True] == [count > 0 for count in counts]
    assert {200: 2, 429: 1} == server.stats.by_status


def test_a_short_pause_is_waited_out_and_a_long_one_is_not(
    server: ClaudeApiServer, settings: Settings
) -> None:
    """Seconds are slept, in whole as the API says them; an hour would be no way to quote."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        limited(server, at_once=1, next_in_s=3_600)

    api = ClaudeApi(SecretStr("test-key"), base_url=server.url, timeout_s=60, sleep=sleep)
    parameters = sent_parameters(item_of(fact_sheet(), "letter", settings))
    limited(server, at_once=1, next_in_s=3)

    counts = [api.count_tokens(parameters) for _ in range(2)]
    with pytest.raises(CallFailed) as caught:
        api.count_tokens(parameters)
    api.close()

    assert 1 == len(set(counts))
    assert [3] == slept
    assert (429, 3_600) == (caught.value.failure.status, caught.value.failure.retry_after_s)


@pytest.mark.parametrize("page", ["html", "broken", "list", "null", "other"])
def test_an_answer_that_cannot_be_read_ends_in_an_estimate(
    server: ClaudeApiServer, settings: Settings, page: str
) -> None:
    """A page, half a body or another shape with status 200: asked again, then no count."""
    server.bad_pages.extend([page] * 4)
    api = ClaudeApi(SecretStr("test-key"), base_url=server.url, timeout_s=60, sleep=lambda _: None)
    item = item_of(fact_sheet(), "letter", settings)

    with pytest.raises(CallFailed, match="cannot be read") as caught:
        api.count_tokens(sent_parameters(item))
    counted = api.count_tokens(sent_parameters(item))
    api.close()

    assert "bad_body" == caught.value.failure.error_type
    assert counted > 0
