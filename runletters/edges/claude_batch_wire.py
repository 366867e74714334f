"""The four calls of message batches that we make, through the official SDK."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import anthropic
import httpx2
from anthropic.types.messages.batch_create_params import Request
from pydantic import BaseModel, Field

from runletters.api_failures import Failure
from runletters.batching import Listed
from runletters.edges.claude import CallFailed, ClaudeApi

LISTED_PAGE = 100
NOT_FOUND = 404
LISTED_MOST = 1_000
CREATE_TIMEOUT_S = 600.0
_LOG = logging.getLogger(__name__)


class _Batch(BaseModel):
    """A batch as the API shows it, as far as we read it."""

    id: str = Field(min_length=1)
    created_at: datetime
    processing_status: str
    request_counts: dict[str, int]
    results_url: str | None = None


class _Page(BaseModel):
    """One page of the list of batches."""

    data: list[_Batch]
    has_more: bool = False
    last_id: str | None = None


class BatchWire:
    """Speaks to the API; knows nothing of books."""

    def __init__(self, api: ClaudeApi) -> None:
        self._api = api

    def create(self, chunk: Sequence[Mapping[str, Any]]) -> str:
        """Create a batch, once.

        Returns:
            The API's id.

        Raises:
            CallFailed: it was refused, or nobody knows whether it was taken.
        """
        client = self._api.client.with_options(max_retries=0, timeout=CREATE_TIMEOUT_S)
        requests = [cast("Request", dict(line)) for line in chunk]
        create = client.messages.batches.with_raw_response.create
        return self._api.asked(lambda: create(requests=requests), _Batch).id

    def listed(self) -> list[Listed]:
        """The newest batches of the account.

        Raises:
            WriterError: they cannot be had.
        """
        found: list[Listed] = []
        page = self._page(None)
        while True:
            found += map(_listed, page.data)
            if not page.has_more or page.last_id is None or len(found) >= LISTED_MOST:
                return found
            page = self._page(page.last_id)

    def status(self, provider_id: str) -> str:
        """in_progress, canceling, ended, or gone: deleted, or its results kept no longer.

        Raises:
            WriterError: it cannot be had.
        """
        retrieve = self._api.client.messages.batches.with_raw_response.retrieve
        try:
            batch = self._api.asked(lambda: retrieve(provider_id), _Batch)
        except CallFailed as failed:
            if failed.failure.status == NOT_FOUND:
                return "gone"
            raise failed.as_error() from None
        is_gone = batch.processing_status == "ended" and batch.results_url is None
        return "gone" if is_gone else batch.processing_status

    def lines(self, provider_id: str) -> Iterator[dict[str, Any]]:
        """The results of an ended batch, in any order, as they come.

        Raises:
            WriterError: they cannot be had, or end in the middle of a line.
        """
        batches = self._api.client.messages.batches.with_streaming_response
        try:
            with batches.results(provider_id) as answer:
                for text in answer.iter_lines():
                    if text.strip() and (line := _line(json.loads(text))) is not None:
                        yield line
        except anthropic.AnthropicError as error:
            failed = self._api.failed(error)
        # While streaming, the SDK wraps nothing; a page instead of the batch is a text to it.
        except (httpx2.HTTPError, ValueError, AttributeError) as error:
            failed = CallFailed(Failure(error_type="broken_stream", message=type(error).__name__))
        else:
            return
        raise failed.as_error()

    def _page(self, after_id: str | None) -> _Page:
        client = self._api.client.messages.batches.with_raw_response
        after = anthropic.omit if after_id is None else after_id
        try:
            return self._api.asked(lambda: client.list(limit=LISTED_PAGE, after_id=after), _Page)
        except CallFailed as failed:
            raise failed.as_error() from None


def _listed(batch: _Batch) -> Listed:
    return Listed(
        provider_id=batch.id,
        created_at=batch.created_at,
        request_count=sum(batch.request_counts.values()),
        has_ended=batch.processing_status == "ended",
    )


def _line(found: object) -> dict[str, Any] | None:
    """A line that names its request and says something of it; None for any other."""
    line = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    if isinstance(line.get("custom_id"), str) and isinstance(line.get("result"), dict):
        return line
    _LOG.warning("A line in the results of a message batch is no result; it is left out.")
    return None
