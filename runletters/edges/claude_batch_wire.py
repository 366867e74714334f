"""The four calls of message batches that we make, through the official SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import anthropic
from anthropic.types.messages.batch_create_params import Request

from runletters.batching import Listed
from runletters.edges.claude import ClaudeApi

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
        """in_progress, canceling or ended.

        Raises:
            WriterError: it cannot be had.
        """
        try:
            batch = self._api.client.messages.batches.retrieve(provider_id)
        except anthropic.AnthropicError as error:
            failed = self._api.failed(error)
        else:
            return batch.processing_status
        raise failed.as_error()

    def lines(self, provider_id: str) -> Iterator[dict[str, Any]]:
        """The results of an ended batch, in any order, as they come.

        Raises:
            WriterError: they cannot be had.
        """
        batches = self._api.client.messages.batches.with_streaming_response
        try:
            with batches.results(provider_id) as answer:
                for text in answer.iter_lines():
                    if text.strip():
                        yield cast("dict[str, Any]", json.loads(text))
        except anthropic.AnthropicError as error:
            failed = self._api.failed(error)
        else:
            return
        raise failed.as_error()
