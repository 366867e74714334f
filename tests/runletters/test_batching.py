"""Batches: ids that are always safe, chunks within bounds, what each result asks for."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.fake_rules import CUSTOM_ID

from runletters.batching import Listed, candidates, chunked, custom_id, line_verdict


@given(st.uuids())
def test_every_attempt_makes_a_safe_custom_id(attempt_id: UUID) -> None:
    """One bad id would have the whole batch refused."""
    assert CUSTOM_ID.match(custom_id(str(attempt_id)))


@pytest.mark.parametrize("attempt_id", ["a:b", "a.b", "a|b", "x" * 70, "ü"])
def test_an_unsafe_id_is_refused_here(attempt_id: str) -> None:
    """Before anything is written or sent."""
    with pytest.raises(ValueError, match="no custom_id"):
        custom_id(attempt_id)


@given(st.lists(st.text(max_size=20), max_size=30), st.integers(1, 7), st.integers(60, 200))
def test_chunks_keep_every_line_in_order_within_bounds(
    words: list[str], most_requests: int, most_bytes: int
) -> None:
    """Nothing lost, nothing twice; a line larger than the bound stands alone."""
    lines = [{"custom_id": str(index), "params": word} for index, word in enumerate(words)]

    chunks = list(chunked(lines, most_requests=most_requests, most_bytes=most_bytes))

    assert lines == [line for chunk in chunks for line in chunk]
    for chunk in chunks:
        assert 1 <= len(chunk) <= most_requests
        size = sum(len(json.dumps(line).encode()) + 1 for line in chunk)
        assert len(chunk) == 1 or size <= most_bytes


def errored(error_type: str, message: str = "", code: str | None = None) -> dict[str, Any]:
    error = {"type": error_type, "message": message, "details": {"error_code": code}}
    return {"type": "errored", "error": {"type": "error", "error": error}}


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        ({"type": "succeeded"}, "read"),
        ({"type": "expired"}, "again"),
        ({"type": "canceled"}, "fail"),
        ({"type": "errored", "error": {"error": {"type": "api_error"}}}, "again"),
        ({"type": "errored", "error": {"error": {"type": "overloaded_error"}}}, "again"),
        ({"type": "errored", "error": {"error": {"type": "invalid_request_error"}}}, "fail"),
        (errored("request_too_large"), "fail"),
        (errored("not_found_error"), "fail"),
        (errored("rate_limit_error"), "again"),
        (errored("billing_error"), "stop"),
        (errored("authentication_error"), "stop"),
        (errored("permission_error"), "stop"),
        (errored("invalid_request_error", "Your credit balance is too low to …"), "stop"),
        (errored("rate_limit_error", code="enforced_spend_limit_reached"), "stop"),
        (errored("an_error_of_tomorrow"), "again"),
        ({"type": "errored"}, "again"),
        ({"type": "errored", "error": "odd"}, "again"),
        ({"type": "a_type_of_tomorrow"}, "again"),
        ({}, "again"),
    ],
)
def test_each_result_type_has_its_way(result: dict[str, Any], verdict: str) -> None:
    """Only what may pass by itself is asked again; what would stop a live run stops this one."""
    assert verdict == line_verdict(result)


def test_only_unknown_batches_of_that_size_and_time_are_candidates(now: datetime) -> None:
    """Another's batch, an older one or one of another size is not taken for ours."""

    def listed(name: str, count: int, age_s: int) -> Listed:
        at = now - timedelta(seconds=age_s)
        return Listed(provider_id=name, created_at=at, request_count=count, has_ended=True)

    all_of_them = [listed("a", 5, 0), listed("b", 4, 0), listed("c", 5, 900), listed("d", 5, 60)]

    found = candidates(all_of_them, request_count=5, created_at=now, known={"d"})

    assert ["a"] == [each.provider_id for each in found]
