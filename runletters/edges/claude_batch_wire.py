"""The four calls of message batches that we make, through the official SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import anthropic
import httpx2
from anthropic.types.messages.batch_create_params import Request

from runletters.api_failures import Failure
from runletters.batching import Listed
from runletters.edges.claude import CallFailed, ClaudeApi

LISTED_PAGE = 100
LISTED_MOST = 1_000
CREATE_TIMEOUT_S = 600.0


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
        try:
            return client.messages.batches.create(requests=requests).id
        except anthropic.AnthropicError as error:
            failed = self._api.failed(error)
        raise failed

    def listed(self) -> list[Listed]:
        """The newest batches of the account.

        Raises:
            WriterError: they cannot be had.
        """
        found: list[Listed] = []
        try:
            for batch in self._api.client.messages.batches.list(limit=LISTED_PAGE):
                counts = batch.request_counts
                total = counts.processing + counts.succeeded + counts.errored
                found.append(
                    Listed(
                        provider_id=batch.id,
                        created_at=batch.created_at,
                        request_count=total + counts.canceled + counts.expired,
                        has_ended=batch.processing_status == "ended",
                    )
                )
                if len(found) >= LISTED_MOST:
                    break
        except anthropic.AnthropicError as error:
            failed = self._api.failed(error)
        else:
            return found
        raise failed.as_error()

    def status(self, provider_id: str) -> str:
        """in_progress, canceling, ended, or gone: deleted, or its results kept no longer.

        Raises:
            WriterError: it cannot be had.
        """
        try:
            batch = self._api.client.messages.batches.retrieve(provider_id)
        except anthropic.NotFoundError:
            return "gone"
        except anthropic.AnthropicError as error:
            failed = self._api.failed(error)
        else:
            is_gone = batch.processing_status == "ended" and batch.results_url is None
            return "gone" if is_gone else batch.processing_status
        raise failed.as_error()

    def lines(self, provider_id: str) -> Iterator[dict[str, Any]]:
        """The results of an ended batch, in any order, as they come.

        Raises:
            WriterError: they cannot be had, or end in the middle of a line.
        """
        batches = self._api.client.messages.batches.with_streaming_response
        try:
            with batches.results(provider_id) as answer:
                for text in answer.iter_lines():
                    if text.strip():
                        yield cast("dict[str, Any]", json.loads(text))
        except anthropic.AnthropicError as error:
            failed = self._api.failed(error)
        except (httpx2.HTTPError, ValueError) as error:  # while streaming, the SDK wraps nothing
            failed = CallFailed(Failure(error_type="broken_stream", message=type(error).__name__))
        else:
            return
        raise failed.as_error()
