"""The doctor: each finding, and what to do about it."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from servers.processes import free_port
from servers.smtp import Mailbox, mail_server

from runletters.edges.check import Check
from runletters.edges.checkup import checks
from runletters.edges.store import Store
from runletters.pausing import with_reason
from runletters.settings import Settings
from runletters.sources import Polled, Source, read_config

GB = 1_000_000_000
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def found(settings: Settings, *, free_bytes: int = 9 * GB) -> dict[str, Check]:
    return {check.name: check for check in checks(settings, free_bytes=free_bytes)}


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)


@pytest.fixture
def mailbox() -> Generator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, home=tmp_path)


def changed(settings: Settings, **values: Any) -> Settings:
    return Settings(_env_file=None, home=settings.home, **values)


def test_a_new_home_has_nothing_bad(settings: Settings) -> None:
    """What is optional is noted, with what to do to have it."""
    noted = {name: check for name, check in found(settings).items() if check.state != "ok"}

    assert [] == [check for check in noted.values() if check.is_bad]
    assert {"published file", "mail", "sources", "receiver", "prefect server"} == set(noted)
    assert all(check.remedy for check in noted.values())


@pytest.mark.parametrize(
    ("values", "name", "remedy"),
    [
        ({"writer": "claude"}, "writer", "ANTHROPIC_API_KEY"),
        ({"writer": "claude", "anthropic_api_key": ""}, "writer", "ANTHROPIC_API_KEY"),
        ({"smtp_url": "smtp://127.0.0.1:1"}, "mail", "RUNLETTERS_MAIL_FROM"),
        ({"smtp_url": "smtp://127.0.0.1:1", "mail_from": "a@b.c"}, "mail", "RUNLETTERS_SMTP_URL"),
        ({"smtp_url": "http://x", "mail_from": "a@b.c"}, "mail", "RUNLETTERS_SMTP_URL"),
        ({"store_url": "sqlite:////proc/no/store.sqlite"}, "store", ""),
        ({"history_url": "s3://b/p", "s3_endpoint_url": "http://127.0.0.1:1"}, "history", "AWS"),
    ],
)
def test_what_does_not_work_is_bad_and_says_what_to_do(
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
    values: dict[str, str], name: str, remedy: str,
) -> None:  # fmt: skip
    """A claude writer without a key, mail without sender or server, a store that is no file."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    bad = [c for c in checks(changed(settings, **values), free_bytes=9 * GB) if c.is_bad]

    assert name in [check.name for check in bad]
    assert any(remedy in check.remedy for check in bad)


def test_little_space_is_noted(settings: Settings) -> None:
    """Less than a gigabyte."""
    assert "note" == found(settings, free_bytes=GB // 2)["disk"].state


def test_a_mail_server_that_answers(settings: Settings, mailbox: Mailbox) -> None:
    """It is connected to; nothing is sent."""
    mail = found(changed(settings, smtp_url=mailbox.url, mail_from="a@b.c"))["mail"]

    assert ("ok", []) == (mail.state, mailbox.messages)


def test_a_failing_source_is_named(settings: Settings) -> None:
    """And where its reason stands."""
    config = read_config({"kind": "inbox", "path": "/nowhere"})
    with Store.open(settings.store) as store:
        store.ensure_user("ada", now=NOW)
        store.set_source(Source(user_id="ada", name="inbox", config=config), now=NOW)
        fine = found(settings)["sources"].state
        store.keep_poll(
            Polled(user_id="ada", source="inbox", state="failed", reason="gone"), now=NOW
        )

    bad = found(settings)["sources"]

    assert ("ok", "bad") == (fine, bad.state)
    assert "inbox of ada" in bad.found


def test_a_receiver_says_what_for(settings: Settings) -> None:
    """Where a secret is set."""
    assert "Stripe" in found(changed(settings, stripe_webhook_secret="whsec_x"))["receiver"].found


class Api:
    """What a Prefect server answers to the few questions of the doctor."""

    def __init__(self) -> None:
        schedule = {"slug": "week", "active": True}
        one = {
            "name": "digest", "tags": ["run-letters"], "paused": False, "status": "READY",
            "work_pool_name": "run-letters", "pull_steps": [{"enter_checkout": {}}],
        }  # fmt: skip
        self.answers: dict[str, Any] = {
            "/api/admin/version": "3.8.8",
            "/api/deployments/filter": [one | {"schedules": [schedule]}],
            "/api/work_pools/filter": [{"name": "run-letters", "status": "READY"}],
            "/api/work_pools/run-letters/queues/filter": [{"name": "backfill", "is_paused": False}],
            "/api/automations/filter": [{"name": "Run Letters: x", "enabled": True}],
        }


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Generator[Api]:
    made = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(made.answers[self.path]).encode()
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name of the base class

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{server.server_port}/api")
    yield made
    server.shutdown()
    server.server_close()


def test_a_server_with_all_it_needs(settings: Settings, api: Api) -> None:
    """Deployments, schedules, a worker and automations."""
    states = {name: check.state for name, check in found(settings).items()}

    assert api.answers
    assert {"ok"} == {
        states[name]
        for name in ("prefect server", "deployments", "schedules", "worker", "automations")
    }


def test_a_paused_queue_says_who_paused_it(settings: Settings, api: Api) -> None:
    """The budget of a day, which the next day lifts, or somebody's hand."""
    by_budget = with_reason(None, NOW.date())
    api.answers["/api/work_pools/run-letters/queues/filter"] = [
        {"name": "premium", "is_paused": True, "description": None},
        {"name": "backfill", "is_paused": True, "description": by_budget},
    ]

    check = found(settings)["worker"]

    assert (
        "queues are paused: backfill (the budget of 2026-11-23), premium (by hand)" == check.found
    )
    assert "runletters resume" in check.remedy


@pytest.mark.parametrize(
    ("path", "answer", "name", "state", "remedy"),
    [
        ("deployments", [], "deployments", "note", "make worker"),
        ("work_pools", [], "worker", "ok", ""),
        ("automations", [], "automations", "note", "runletters automations"),
        ("automations", [{"name": "Run Letters: x", "enabled": False}], "automations", "note", ""),
        ("work_pools/run-letters/queues", [{"name": "backfill", "is_paused": True}], "worker",
         "note", "resume"),
    ],
)  # fmt: skip
def test_what_a_server_lacks(  # noqa: PLR0917 - one case of a table
    settings: Settings, api: Api, path: str, answer: Any, name: str, state: str, remedy: str
) -> None:  # fmt: skip
    """Each is found by itself, with what to do."""
    api.answers[f"/api/{path}/filter"] = answer

    check = found(settings)[name]

    assert state == check.state
    assert remedy in check.remedy


def test_nobody_runs_the_flows(settings: Settings, api: Api) -> None:
    """Neither a worker nor a serving process."""
    api.answers["/api/work_pools/filter"] = []
    api.answers["/api/deployments/filter"][0]["status"] = "NOT_READY"

    assert ("bad", True) == (
        found(settings)["worker"].state, "make worker" in found(settings)["worker"].remedy
    )  # fmt: skip


def test_a_serving_process_is_not_held_by_paused_queues(settings: Settings, api: Api) -> None:
    """It asks for the runs of its deployments, not for those of a queue."""
    api.answers["/api/work_pools/filter"][0]["status"] = "NOT_READY"
    api.answers["/api/work_pools/run-letters/queues/filter"][0]["is_paused"] = True

    check = found(settings)["worker"]

    assert "note" == check.state
    assert "a process serves the deployments, whatever queues are paused: backfill" in check.found
    assert "pause it in the UI" in check.remedy


def test_a_worker_of_deployments_that_serve_took_over(settings: Settings, api: Api) -> None:
    """Both run them, and the worker without its settings: one has to go."""
    api.answers["/api/deployments/filter"][0]["pull_steps"] = None

    check = found(settings)["worker"]

    assert "bad" == check.state
    assert "runletters serve took over 1 of its deployments" in check.found
    assert "make worker" in check.remedy


def test_no_schedules_at_all(settings: Settings, api: Api) -> None:
    """Somebody cleared them: nothing starts by itself."""
    api.answers["/api/deployments/filter"][0]["schedules"] = []

    assert "bad" == found(settings)["schedules"].state


def test_a_schedule_that_is_off_is_named(settings: Settings, api: Api) -> None:
    """Perhaps on purpose."""
    api.answers["/api/deployments/filter"][0]["schedules"][0]["active"] = False

    assert "digest/week" in found(settings)["schedules"].found


def test_a_server_that_does_not_answer(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is set and not there."""
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")

    check = found(settings)["prefect server"]

    assert ("bad", True) == (check.state, "prefect server start" in check.remedy)
