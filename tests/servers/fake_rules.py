"""What the real API accepts and rejects, as far as our requests touch it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from servers.fake_http import Request, Response, json_response

VERSION = "2026-10-21"
KNOWN_MODELS = {
    "claude-haiku-4-5", "claude-haiku-4-5-20251001", "claude-haiku-5-5", "claude-novel-1",
}  # fmt: skip
THINKS_BY_DEFAULT = {"claude-haiku-5-5"}
MAX_OUTPUT = {"claude-haiku-5-5": 128_000}
CUSTOM_ID = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
FIELDS = {
    "model", "max_tokens", "system", "messages", "output_config", "thinking", "tools",
    "tool_choice", "metadata", "service_tier", "stop_sequences", "stream", "inference_geo",
}  # fmt: skip
COUNTED = FIELDS - {"max_tokens", "metadata", "service_tier", "stop_sequences", "stream"}
MOST_BYTES = 32_000_000  # of one request; a batch has a bound of its own
EFFORTS = ("low", "medium", "high", "xhigh", "max")
LEAST_THOUGHTS = 1_024
SAMPLING = {"temperature", "top_p", "top_k"}
# Keywords a strict output schema may not hold: transform_schema moves them into words.
UNSUPPORTED = {"minimum", "maximum", "minLength", "maxLength", "maxItems", "multipleOf", "pattern"}
ERROR_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error",
    403: "permission_error", 404: "not_found_error", 408: "timeout_error", 409: "conflict_error",
    413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 502: "api_error",
    503: "api_error", 504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip


class Rejected(Exception):
    """A request the API does not accept."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


def error_response(
    status: int,
    message: str,
    request_id: str,
    *,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    error: dict[str, Any] = {"type": ERROR_TYPES.get(status, "api_error"), "message": message}
    if code:
        error["details"] = {"error_code": code}
    body = {"type": "error", "error": error, "request_id": request_id}
    return json_response(body, status, {"request-id": request_id, **(headers or {})})


def check_caller(request: Request, key: str) -> None:
    """Bearer auth and version header."""
    if request.headers.get("authorization") != f"Bearer {key}":
        sent = request.headers.get("authorization", "nothing")
        raise Rejected(401, f"invalid bearer token: {sent}")  # echoes it, on purpose
    if request.headers.get("anthropic-version") != VERSION:
        found = request.headers.get("anthropic-version")
        raise Rejected(400, f"anthropic-version: {found!r} is not a valid version")


def decoded(request: Request, *, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    if len(request.body) > most_bytes:
        raise Rejected(413, "Request exceeds the maximum size")
    try:
        body = request.json()
    except ValueError as error:
        raise Rejected(400, f"The request body is not valid JSON: {error}") from None
    if not isinstance(body, dict):
        raise Rejected(400, "The request body must be an object")
    return body


def check_message(body: Mapping[str, Any], *, counting: bool = False) -> None:
    """One body of POST /v1/messages, or of a line of a batch."""
    if sampling := SAMPLING & body.keys():
        raise Rejected(400, f"{min(sampling)}: this parameter is no longer supported")
    if unknown := body.keys() - (COUNTED if counting else FIELDS):
        raise Rejected(400, f"{min(unknown)}: Extra inputs are not permitted")
    _check_model(body, counting=counting)
    _check_turns(body.get("messages"))
    _check_system(body.get("system"))
    _check_thinking(body)
    _check_output_config(body.get("output_config"))
    if body.get("service_tier", "auto") not in {"auto", "standard_only"}:
        raise Rejected(400, "service_tier: Input should be 'auto' or 'standard_only'")


def _check_model(body: Mapping[str, Any], *, counting: bool) -> None:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Rejected(400, "model: Field required")
    if model not in KNOWN_MODELS:
        raise Rejected(404, f"model: {model}")
    if counting:
        return
    most = body.get("max_tokens")
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        raise Rejected(400, "max_tokens: Input should be an integer of at least 1")
    if most > MAX_OUTPUT.get(model, 64_000):
        raise Rejected(400, f"max_tokens: {most} > {MAX_OUTPUT.get(model, 64_000)}")


def _check_turns(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise Rejected(400, "messages: at least one message is required")
    for index, turn in enumerate(messages):
        if not isinstance(turn, dict) or turn.get("role") not in {"user", "assistant"}:
            raise Rejected(400, f"messages.{index}.role: Input should be 'user' or 'assistant'")
        if not text_of(turn.get("content")).strip():
            raise Rejected(400, f"messages.{index}: text content blocks must be non-empty")
    if messages[0]["role"] != "user":
        raise Rejected(400, "messages: first message must use the user role")
    last = messages[-1]
    if last["role"] == "assistant":
        raise Rejected(400, "messages: prefilling the assistant turn is not supported")


def _check_system(system: Any) -> None:
    if system is None or (isinstance(system, str) and system.strip()):
        return
    if not isinstance(system, list) or not text_of(system).strip():
        raise Rejected(400, "system: text content blocks must be non-empty")
    for block in system:
        control = block.get("cache_control")
        if control is not None and control.get("type") != "ephemeral":
            raise Rejected(400, "system.0.cache_control.type: Input should be 'ephemeral'")
        if control is not None and control.get("ttl", "5m") not in {"5m", "1h"}:
            raise Rejected(400, "system.0.cache_control.ttl: Input should be '5m' or '1h'")


def _check_thinking(body: Mapping[str, Any]) -> None:
    thinking = body.get("thinking")
    kinds = {"adaptive", "disabled", "enabled"}
    if thinking is None:
        return
    if not isinstance(thinking, dict) or thinking.get("type") not in kinds:
        raise Rejected(400, f"thinking.type: Input should be one of {sorted(kinds)}")
    if thinking["type"] == "adaptive" and body["model"] not in THINKS_BY_DEFAULT:
        raise Rejected(400, "thinking: adaptive thinking is not supported by this model")
    if thinking["type"] == "enabled":
        _check_thoughts(thinking.get("budget_tokens"), body)
    effort = (body.get("output_config") or {}).get("effort", "medium")
    if thinking["type"] == "disabled" and effort in {"xhigh", "max"}:
        raise Rejected(400, f"thinking: cannot be disabled at effort {effort}")


def _check_thoughts(budget: Any, body: Mapping[str, Any]) -> None:
    if not isinstance(budget, int) or budget < LEAST_THOUGHTS:
        raise Rejected(400, f"thinking.budget_tokens: at least {LEAST_THOUGHTS} are required")
    if budget >= body.get("max_tokens", math.inf):
        raise Rejected(400, "max_tokens: must be greater than thinking.budget_tokens")


def _check_output_config(config: Any) -> None:
    if config is None:
        return
    if not isinstance(config, dict) or config.keys() - {"effort", "format"}:
        raise Rejected(400, "output_config: Extra inputs are not permitted")
    if config.get("effort", "medium") not in EFFORTS:
        raise Rejected(400, f"output_config.effort: Input should be one of {list(EFFORTS)}")
    if (wanted := config.get("format")) is None:
        return
    if wanted.get("type") != "json_schema" or not isinstance(wanted.get("schema"), dict):
        raise Rejected(400, "output_config.format: a json_schema with a schema is required")
    _check_schema(wanted["schema"], "output_config.format.schema")


def _check_schema(schema: Any, where: str) -> None:
    if isinstance(schema, list):
        for each in schema:
            _check_schema(each, where)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise Rejected(400, f"{where}: For 'object' type, 'additionalProperties' must be false")
    for name, value in schema.items():
        if name in UNSUPPORTED and not isinstance(value, dict):
            raise Rejected(400, f"{where}: property '{name}' is not supported")
        _check_schema(value, f"{where}.{name}")


def text_of(content: Any) -> str:
    """The words of a content field: a string, or text blocks."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(block.get("text", "")) for block in content if isinstance(block, dict))
    return ""


def prompt_text(body: Mapping[str, Any]) -> str:
    """Everything the model would read."""
    turns = [text_of(turn.get("content")) for turn in body["messages"]]
    schema = json.dumps(body["output_config"]) if body.get("output_config") else ""
    return "\n".join([text_of(body.get("system")), *turns, schema])


def is_for_json(body: Mapping[str, Any]) -> bool:
    return bool((body.get("output_config") or {}).get("format"))
