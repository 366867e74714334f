"""The Claude API through the official SDK: one call, its headers, and what went wrong.

The SDK never retries here (`max_retries=0`): a retry is a decision about money and is
taken where the ledger is. The key leaves this module only on the wire.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any, Self, TypeVar, cast

import anthropic
import httpx2
from anthropic import transform_schema
from pydantic import BaseModel, Field, SecretStr, ValidationError

from runletters.api_failures import AMBIGUOUS, Failure
from runletters.errors import SettingsError, WriterError
from runletters.limiting import number
from runletters.settings import Settings
from runletters.writing.insight import Insight

OFFICIAL_URL = "https://api.anthropic.com"
HIDDEN = "[key]"
_MESSAGE_CHARACTERS = 400
_POOLS = 32
COUNT_PATIENCE = 3
COUNT_BREATH_S = 0.5
COUNT_WAIT_S = 5.0
_BILLED_UNSEEN = (anthropic.APIConnectionError,)
_Shape = TypeVar("_Shape", bound=BaseModel)


class _Counted(BaseModel):
    """What count_tokens answers."""

    input_tokens: int = Field(ge=0)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back with status 200, unread, with its headers in lower case."""

    body: str
    headers: Mapping[str, str]
    request_id: str | None


class CallFailed(Exception):
    """A call without an answer that could be read; `headers` where there were any."""

    def __init__(self, failure: Failure, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.headers: Mapping[str, str] = headers or {}

    def as_error(self) -> WriterError:
        """The same, as one of our errors."""
        return self.failure.as_error()


class _Clients:
    """One client for every few threads.

    A pool of connections looks at each of its connections, one lock held, whenever a request
    begins or ends: of 400 threads at one pool up to 250 stood before that lock.
    """

    def __init__(self, make: Callable[[], anthropic.Anthropic]) -> None:
        self._make = make
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._all: list[anthropic.Anthropic] = []
        self._seats = count()

    def mine(self) -> anthropic.Anthropic:
        """Always the same one for a thread."""
        client: anthropic.Anthropic | None = getattr(self._mine, "client", None)
        if client is None:
            client = self._mine.client = self._next()
        return client

    def close(self) -> None:
        """Give all connections back."""
        with self._lock:
            for client in self._all:
                client.close()

    def _next(self) -> anthropic.Anthropic:
        with self._lock:
            seat = next(self._seats) % _POOLS
            if seat == len(self._all):
                self._all.append(self._make())
            return self._all[seat]


class ClaudeApi:
    """One client for the threads of a process."""

    def __init__(
        self,
        key: SecretStr,
        *,
        base_url: str | None,
        timeout_s: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # The SDK's debug log would hold prompts, and with them a runner's own words.
        logging.getLogger("anthropic").setLevel(logging.WARNING)
        self._key = key
        self._sleep = sleep
        trust = httpx2.create_ssl_context()
        self._clients = _Clients(
            lambda: anthropic.Anthropic(
                api_key=key.get_secret_value(),
                base_url=base_url or OFFICIAL_URL,  # explicit: no profile on disk may redirect us
                timeout=anthropic.Timeout(timeout_s, connect=min(5.0, timeout_s)),
                max_retries=0,
                http_client=anthropic.DefaultHttpxClient(verify=trust),
            )
        )

    @property
    def client(self) -> anthropic.Anthropic:
        """The client of this thread."""
        return self._clients.mine()

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """A client as the settings name it.

        Raises:
            SettingsError: there is no key, or it cannot be one.
        """
        return cls(
            require_key(settings),
            base_url=settings.anthropic_base_url,
            timeout_s=settings.call_timeout_s,
        )

    def __repr__(self) -> str:
        return f"ClaudeApi({self.client.base_url})"

    def close(self) -> None:
        """Give the connections back."""
        self._clients.close()

    def create(self, parameters: Mapping[str, Any]) -> Answer:
        """Ask for one message.

        Args:
            parameters: the body of POST /v1/messages.

        Raises:
            CallFailed: no answer, or an error answer.
        """
        try:
            # The body is read by us: the SDK gives up on one that is not JSON without its usage.
            # The cast narrows eight overloads, none of which takes a mapping, to what we use.
            create = cast(
                "Callable[..., anthropic.APIResponse[Any]]",
                self.client.messages.with_raw_response.create,
            )
            raw = create(**parameters)
            return Answer(
                body=raw.text(), headers=plain_headers(raw.headers), request_id=raw.request_id
            )
        except anthropic.AnthropicError as error:
            failed = self.failed(error)
        # Outside, so that no context remains: it holds the request, and that holds the key.
        raise failed

    def count_tokens(self, parameters: Mapping[str, Any]) -> int:
        """How many input tokens a call would have; free, with a rate limit of its own.

        A pause of a few seconds is waited out; a longer one is not worth an exact quote, and
        the SDK would sleep through it, be it an hour.

        Raises:
            CallFailed: no answer, or an error answer.
        """
        counted = ("model", "system", "messages", "thinking", "output_config")
        sent = {name: parameters[name] for name in counted if name in parameters}
        ask = self.client.messages.with_raw_response.count_tokens
        for patience in reversed(range(COUNT_PATIENCE)):  # free, so it may be asked again
            try:
                return self.asked(lambda: ask(**sent), _Counted).input_tokens
            except CallFailed as failed:
                wait_s = failed.failure.retry_after_s or COUNT_BREATH_S
                if not patience or not failed.failure.passes or wait_s > COUNT_WAIT_S:
                    raise
            self._sleep(wait_s)
        raise AssertionError("patience is at least one try")

    def asked(self, ask: Callable[[], anthropic.APIResponse[Any]], shape: type[_Shape]) -> _Shape:
        """Ask, and read the answer's body as one of that shape.

        The SDK hands out a page with status 200 as a text, and fails at half a body with an
        error that is not its own.

        Raises:
            CallFailed: no answer, an error answer, or a body of another shape: `bad_body`.
        """
        body = ""
        try:
            body = ask().text()
            return shape.model_validate_json(body)
        except anthropic.AnthropicError as error:
            failed = self.failed(error)
        except ValidationError:
            found = self._shown(f"an answer that cannot be read: {body}")
            failed = CallFailed(Failure(error_type="bad_body", message=found, billing="unknown"))
        raise failed

    def failed(self, error: anthropic.AnthropicError) -> CallFailed:
        """What the SDK raised, as a value without the request, the key and the body."""
        if isinstance(error, anthropic.APIStatusError):
            return CallFailed(self._of_status(error), plain_headers(error.response.headers))
        kind = "timeout" if isinstance(error, anthropic.APITimeoutError) else "connection"
        is_unseen = isinstance(error, _BILLED_UNSEEN)
        return CallFailed(
            Failure(
                error_type=kind if is_unseen else type(error).__name__,
                message=self._shown(str(error.__cause__ or error)),
                billing="unknown" if is_unseen else "none",
            )
        )

    def _of_status(self, error: anthropic.APIStatusError) -> Failure:
        headers = plain_headers(error.response.headers)
        return Failure(
            status=error.status_code,
            error_type=error.type or "unknown_error",
            error_code=error.error_code,
            message=self._shown(error.api_message or str(error)),
            request_id=error.request_id,
            retry_after_s=retry_after_s(headers, datetime.now(UTC)),
            billing="unknown" if error.status_code in AMBIGUOUS else "none",
        )

    def _shown(self, message: str) -> str:
        """A server's words, short and without the key, should it echo it."""
        hidden = message.replace(self._key.get_secret_value(), HIDDEN)
        return " ".join(hidden.split())[:_MESSAGE_CHARACTERS]


def require_key(settings: Settings) -> SecretStr:
    """The key, if there is one that could be sent.

    Raises:
        SettingsError: there is none, or it holds blanks or odd characters.
    """
    key = settings.anthropic_api_key
    if key is None or not key.get_secret_value().strip():
        raise SettingsError(
            "The claude writer needs a key: ANTHROPIC_API_KEY is not set.",
            remedy="Put ANTHROPIC_API_KEY=… into the environment or into .env (keys are made at "
            "platform.claude.com), or write without one: RUNLETTERS_WRITER=offline.",
        )
    text = key.get_secret_value()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise SettingsError(
            "ANTHROPIC_API_KEY holds blanks, line breaks or characters that no key has.",
            remedy="Copy the key again, without quotes and without a line break.",
        )
    return key


def insight_schema() -> dict[str, Any]:
    """The schema of an insight in the form the API takes: bounds become words there."""
    return transform_schema(Insight)


def plain_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by lower-case name."""
    return {name.lower(): value for name, value in headers.items()}


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the API asks us to wait; None where it does not say."""
    if (milliseconds := number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = number(text)
    return seconds if seconds is not None or text is None else _seconds_until(text, now)


def _seconds_until(date_text: str, now: datetime) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(date_text) - now).total_seconds())
    except (ValueError, TypeError):
        return None
