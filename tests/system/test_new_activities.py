"""A file in an inbox becomes a letter, and nobody starts anything but the look itself."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from servers.prefect_house import House
from servers.processes import until

from runletters.edges.store import Store
from runletters.settings import Settings
from runletters.sources import Source, read_config

pytestmark = pytest.mark.system
GPX = """<gpx version="1.1" creator="watch" xmlns="http://www.topografix.com/GPX/1/1"><trk>
<type>running</type><trkseg>{points}</trkseg></trk></gpx>"""


def put_run(folder: Path) -> None:
    points = "".join(
        f'<trkpt lat="{52 + minute * 0.0016:.5f}" lon="13.4">'
        f"<time>2026-11-20T06:{minute:02}:00Z</time></trkpt>"
        for minute in range(31)
    )
    folder.mkdir()
    path = folder / "run.gpx"
    path.write_text(GPX.format(points=points))
    os.utime(path, (1_795_000_000, 1_795_000_000))


def test_a_new_run_is_noticed_and_written_about(
    served: House, settings: Settings, tmp_path: Path
) -> None:
    """Inbox, look, event, order, backfill: the letter is there; a second look tells nothing."""
    put_run(tmp_path / "inbox")
    now = datetime.now(UTC)
    config = read_config({"kind": "inbox", "path": str(tmp_path / "inbox")})
    with Store.open(settings.store) as store:
        store.ensure_user("nia", now=now)
        store.set_source(Source(user_id="nia", name="inbox", config=config), now=now)

    look = served.ended(served.start("new-activities", user="nia"))

    def written() -> dict[str, Any] | None:
        with Store.open(settings.store) as store:
            kinds = dict(store.contents("nia")["kind"].value_counts().iter_rows())
        return kinds if len(kinds) == 2 else None

    assert "COMPLETED" == look["state_type"], look["state"]["message"]
    kinds = until(written, within_s=180, what="a letter and an insight of the new run")
    served.ended(served.start("new-activities", user="nia"))
    orders = served.ask("flow_runs/filter", flow_runs={"name": {"any_": ["order-nia"]}})
    assert {"letter": 1, "coaching": 1} == kinds
    assert [("2026-11-20", "2026-11-20")] == [
        (run["parameters"]["since"], run["parameters"]["until"]) for run in orders
    ]
