"""The published file is swapped again and again while a backfill writes and an analyst reads."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.backfill_history import backfill_history
from runletters.edges.publishing import publish_house
from runletters.settings import Settings

pytestmark = pytest.mark.server
Home = Callable[..., Settings]

READ = """
import json, sys
import duckdb
path, is_over, counts = sys.argv[1], False, []
while not is_over:
    is_over = not sys.stdin.readline().startswith("again")
    with duckdb.connect(path, read_only=True) as connection:
        for status in ("generating", "failed"):
            connection.execute(
                "SELECT * FROM generation_status "
                f"WHERE letter_status = '{status}' OR coaching_status = '{status}'"
            ).fetchall()
        counts.append(connection.execute("SELECT count(*) FROM content").fetchone()[0])
print(json.dumps(counts))
"""


def test_a_plain_reader_always_finds_one_whole_file(home: Home) -> None:
    """Another process opens it before, during and after swaps: it counts up and meets no error."""
    settings = home(runs=3)
    publish_house(settings, now=datetime.now(UTC))
    reader = subprocess.Popen(
        [sys.executable, "-c", READ, settings.published],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip

    with publishing(settings, reader):
        result = backfill_history(user="ada")
    publish_house(settings, now=datetime.now(UTC))
    said, complaints = reader.communicate(timeout=120)

    counts = json.loads(said or "[]")
    assert (0, "") == (reader.returncode, complaints)
    assert (6, 0, 6) == (result["done"], counts[0], counts[-1])
    assert sorted(counts) == counts
    assert [Path(settings.published)] == [*settings.home.glob("*.duckdb*")]


@contextmanager
def publishing(settings: Settings, reader: subprocess.Popen[str]) -> Iterator[None]:
    """Publish without a pause while the block runs; the reader reads beside each publish."""
    is_over = threading.Event()

    def publish() -> None:
        while not is_over.is_set():
            assert reader.stdin is not None
            reader.stdin.write("again\n")
            reader.stdin.flush()
            publish_house(settings, now=datetime.now(UTC))

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        yield
    finally:
        is_over.set()
        publisher.join()
