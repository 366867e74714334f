"""The API of the workflow server, as far as people ask whether it is well; httpx."""

from __future__ import annotations

from typing import Any, cast

import httpx

Unreachable = (httpx.HTTPError, httpx.InvalidURL, ValueError)
"""What the calls below raise where no such server answers."""


def is_well(url: str) -> bool:
    """Whether a server answers there that it is well."""
    try:
        return httpx.get(f"{url}/health", timeout=3).is_success
    except Unreachable:
        return False


def version_of(url: str) -> str:
    """Its version.

    Raises:
        Unreachable: no such server answers there.
    """
    return cast("str", httpx.get(f"{url}/admin/version", timeout=5).raise_for_status().json())


def listed(url: str, path: str) -> list[dict[str, Any]]:
    """Everything that a filter without conditions finds.

    Raises:
        Unreachable: no such server answers there.
    """
    answer = httpx.post(f"{url}/{path}", json={}, timeout=10).raise_for_status()
    return cast("list[dict[str, Any]]", answer.json())
