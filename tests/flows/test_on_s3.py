"""History, results and the published file on a real S3 server, by settings alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import boto3
import duckdb
import pytest

from flows.backfill_history import backfill_history
from flows.publish_warehouse import publish_warehouse
from runletters.edges.results import forget_results
from runletters.edges.store import Store
from runletters.settings import Settings
from runletters.users import user_key

pytestmark = pytest.mark.server
Home = Callable[..., Settings]


@pytest.fixture
def on_s3(s3_endpoint: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A premium runner with two runs, everything but the store on S3."""
    monkeypatch.setenv("RUNLETTERS_S3_ENDPOINT_URL", s3_endpoint)
    monkeypatch.setenv("RUNLETTERS_HISTORY_URL", "s3://runs/history")
    monkeypatch.setenv("RUNLETTERS_RESULTS_URL", "s3://runs/results")
    monkeypatch.setenv("RUNLETTERS_PUBLISH_URL", "s3://runs/warehouse.duckdb")
    return home(runs=2)


def keys(endpoint: str, prefix: str) -> list[str]:
    bucket = boto3.resource("s3", endpoint_url=endpoint).Bucket("runs")
    return [each.key for each in bucket.objects.filter(Prefix=prefix)]


def test_paid_replies_lie_in_the_bucket_and_are_found_again(
    on_s3: Settings, s3_endpoint: str
) -> None:
    """One object for each text, below the user's key; a lost store is filled from them."""
    backfill_history(user="ada")
    with Store.open(on_s3.store) as store:
        first = store.contents("ada")
    kept = keys(s3_endpoint, f"results/{user_key('ada')}/")
    with Store.open(on_s3.store) as store:
        store.forget("ada", now=first["created_at"][0])
        store.ensure_user("ada", now=first["created_at"][0])
        store.set_user("ada", tier="premium", now=first["created_at"][0])

    again = backfill_history(user="ada")

    with Store.open(on_s3.store) as store:
        second = store.contents("ada")
    assert 4 == len(kept)
    assert sorted(kept) == sorted(keys(s3_endpoint, f"results/{user_key('ada')}/"))
    assert 4 == again["done"]
    assert sorted(first["text"]) == sorted(second["text"])
    assert 4 == forget_results(on_s3, "ada")
    assert [] == keys(s3_endpoint, f"results/{user_key('ada')}/")


def test_the_published_file_is_an_object(on_s3: Settings, s3_endpoint: str, tmp_path: Path) -> None:
    """It is read with plain DuckDB once it is fetched."""
    backfill_history(user="ada")

    publish_warehouse()

    target = tmp_path / "fetched.duckdb"
    bucket = boto3.resource("s3", endpoint_url=s3_endpoint).Bucket("runs")
    bucket.download_file("warehouse.duckdb", str(target))
    with duckdb.connect(str(target), read_only=True) as connection:
        written = connection.sql("SELECT count(*) FROM content").fetchone()
    assert (4,) == written
    assert on_s3.published == "s3://runs/warehouse.duckdb"
