"""Wait, stop or give up: the table of the API's errors, row by row."""

from __future__ import annotations

import pytest

from runletters.api_failures import Failure, Verdict
from runletters.errors import WriterRefused, WriterStopped, WriterUnavailable

LIMIT = "You have reached your specified API usage limits. You will regain access on …"


@pytest.mark.parametrize(
    ("failure", "verdict"),
    [
        (Failure(status=429, error_type="rate_limit_error", retry_after_s=3), "throttled"),
        (Failure(status=429, error_type="rate_limit_error"), "throttled"),
        (Failure(status=429, error_code="ramp_limit_exceeded"), "throttled"),
        (Failure(status=429, error_code="a_code_of_tomorrow"), "throttled"),
        (Failure(status=429, error_code="enforced_spend_limit_reached"), "stop"),
        (Failure(status=429, error_code="contract_spend_limit_reached"), "stop"),
        (Failure(status=400, error_type="invalid_request_error", message=LIMIT), "stop"),
        (Failure(status=400, error_type="invalid_request_error", message="max_tokens"), "give_up"),
        (Failure(status=400, message="Your credit balance is too low to access …"), "stop"),
        (Failure(status=400, error_code="organization_on_hold"), "stop"),
        (Failure(status=400, error_code="cmek_key_disabled"), "stop"),
        (Failure(status=401), "stop"),
        (Failure(status=402), "stop"),
        (Failure(status=403), "stop"),
        (Failure(status=404), "give_up"),
        (Failure(status=408), "wait"),
        (Failure(status=409), "wait"),
        (Failure(status=413), "give_up"),
        (Failure(status=422), "give_up"),
        (Failure(status=500), "wait"),
        (Failure(status=503), "wait"),
        (Failure(status=504), "wait"),
        (Failure(status=529), "overloaded"),
        (Failure(status=599), "wait"),
        (Failure(error_type="timeout", billing="unknown"), "wait"),
        (Failure(error_type="connection", billing="unknown"), "wait"),
    ],
)
def test_what_to_do(failure: Failure, verdict: Verdict) -> None:
    """By status, type and code; by wording only where there is nothing else."""
    assert verdict == failure.verdict


def test_each_verdict_is_an_error_of_ours() -> None:
    """Tasks decide by the type of the error."""
    assert isinstance(Failure(status=401).as_error(), WriterStopped)
    assert isinstance(Failure(status=404).as_error(), WriterRefused)
    unavailable = Failure(status=429, retry_after_s=3600.0).as_error()
    assert isinstance(unavailable, WriterUnavailable)
    assert unavailable.retry_after_s == 3600.0


def test_a_message_says_what_and_what_to_do() -> None:
    """Status, code, the API's words, the request, the remedy."""
    failure = Failure(
        status=429,
        error_code="enforced_spend_limit_reached",
        message="limit",
        request_id="req_1",
    )

    said = str(failure.as_error())

    for words in ("429", "enforced_spend_limit_reached", "limit", "req_1", "Raise the spend limit"):
        assert words in said
