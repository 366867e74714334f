"""A backfill as a person starts it: the form of the UI, in a real browser, watched to its end."""

from __future__ import annotations

import re
import shutil
from collections.abc import Generator
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect, sync_playwright
from servers.homes import move_in
from servers.prefect_house import House
from servers.processes import until

from runletters.edges.store import Store
from runletters.settings import Settings
from runletters.users import user_key

pytestmark = pytest.mark.system
PATIENCE_MS = 120_000


@pytest.fixture
def page() -> Generator[Page]:
    """A page of the Chromium of this machine."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium on this machine (looked for chromium and chromium-browser)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        page.set_default_timeout(PATIENCE_MS)
        yield page
        browser.close()


def submitted(page: Page, form: str, user: str) -> dict[str, Any] | None:
    """The flow run that the form made with only its one required field filled in.

    None where the server was busy, as a person sees it: they try again.
    """
    page.goto(form)
    page.locator("textarea").first.fill(user)

    def is_made(response: Response) -> bool:
        return response.url.endswith("/create_flow_run")

    with page.expect_response(is_made) as made:
        page.get_by_role("button", name="Submit").click()
    return made.value.json() if made.value.ok else None


def test_a_backfill_started_from_the_form_is_watched_to_its_end(
    served: House, settings: Settings, page: Page
) -> None:
    """Every other field stays as the form shows it; the run's page ends with Completed."""
    move_in(settings, "fay", runs=2)
    chosen = {"name": {"any_": ["backfill"]}}
    (deployment,) = served.ask("deployments/filter", deployments=chosen)
    form = f"{served.url}/deployments/deployment/{deployment['id']}/run"

    run = until(lambda: submitted(page, form, "fay"), within_s=120, what="a flow run of the form")
    page.goto(f"{served.url}/runs/flow-run/{run['id']}")

    expect(page.get_by_text("backfill-fay").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text(re.compile("^Completed$")).first).to_be_visible(timeout=PATIENCE_MS)
    ended = served.ended(run["id"])
    with Store.open(settings.store) as store:
        written = store.contents("fay")
    assert ("backfill-fay", "COMPLETED") == (ended["name"], ended["state_type"])
    assert {"letter": 2, "coaching": 2} == dict(written["kind"].value_counts().iter_rows())

    (summary,) = served.artifacts(f"backfill-summary-{user_key('fay')}")
    page.goto(f"{served.url}/artifacts/artifact/{summary['id']}")
    expect(page.get_by_text("texts written").first).to_be_visible(timeout=PATIENCE_MS)
