"""A strict fake of intervals.icu: it speaks the documented part of its API and nothing else.

Basic auth with the user API_KEY; `oldest` and `newest` are local days; activities of Strava
are stubs, and their files answer 422. Anything it does not know is an error of the caller.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Account:
    """One athlete, and how the service behaves."""

    key: str = "right-key"
    url: str = ""
    activities: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: list[str] = field(default_factory=list[str])
    busy: int = 0  # so many requests are answered 429 first
    breaks_at: str | None = None  # the path that answers 500

    def answer(self, path: str, authorization: str) -> tuple[int, bytes]:
        self.asked.append(path)
        expected = "Basic " + base64.b64encode(f"API_KEY:{self.key}".encode()).decode()
        if authorization != expected:
            return 403, b'{"status": 403, "error": "Access denied"}'
        if self.busy:
            self.busy -= 1
            return 429, b'{"status": 429, "error": "Too many requests"}'
        parts = urlsplit(path)
        if self.breaks_at and self.breaks_at in parts.path:
            return 500, b'{"status": 500, "error": "Internal Server Error"}'
        if parts.path == "/api/v1/athlete/0/activities":
            return self._list(parse_qs(parts.query, strict_parsing=True))
        match parts.path.removeprefix("/api/v1/activity/").split("/"):
            case [activity, "file"]:
                return self._file(activity)
            case _:
                return 404, b'{"status": 404, "error": "Not Found"}'

    def _list(self, query: dict[str, list[str]]) -> tuple[int, bytes]:
        if set(query) != {"oldest", "newest"}:
            return 422, b'{"status": 422, "error": "oldest and newest, nothing else"}'
        first, last = (date.fromisoformat(query[name][0]) for name in ("oldest", "newest"))
        within = [
            each
            for each in self.activities
            if first <= date.fromisoformat(str(each["start_date_local"])[:10]) <= last
        ]
        newest_first = sorted(within, key=lambda each: each["start_date_local"], reverse=True)
        return 200, json.dumps(newest_first).encode()

    def _file(self, activity: str) -> tuple[int, bytes]:
        known = {each["id"]: each for each in self.activities}
        if known.get(activity, {}).get("source") == "STRAVA":
            return 422, b'{"status": 422, "error": "Cannot read Strava activities via the API"}'
        content = self.files.get(activity)
        return (200, content) if content is not None else (404, b"")


def activity(number: int, day: str, *, hour: int = 7, **changes: Any) -> dict[str, Any]:
    """A run as the API lists it."""
    return {
        "id": f"i{number}",
        "start_date_local": f"{day}T{hour + 1:02}:00:00",
        "start_date": f"{day}T{hour:02}:00:00Z",
        "type": "Run",
        "name": f"Run {number}",
        "distance": 8000.0 + number,
        "moving_time": 2700,
        "elapsed_time": 2800,
        "average_heartrate": 148,
        "source": "GARMIN_CONNECT",
        "icu_training_load": 55,
    } | changes


def stub(number: int, day: str) -> dict[str, Any]:
    """What the API lists of an activity that came from Strava."""
    return {
        "id": f"{number}",
        "start_date_local": f"{day}T08:00:00",
        "source": "STRAVA",
        "_note": "STRAVA activities are not available via the API",
    }


@contextmanager
def intervals_icu() -> Generator[Account]:
    """The service on a free port of loopback; it ends with the block."""
    account = Account()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = account.answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    account.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield account
    finally:
        server.shutdown()
        server.server_close()
