"""Publishes what analysts read: one DuckDB file, written beside the old one and swapped in.

No extension and no pyarrow: rows travel as Parquet, SQL and comments are files under
`sql/warehouse`. Readers who have the old file open keep it until they open again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from runletters.edges.store import Store
from runletters.edges.warehouse_frames import HistoryReader, write_frames
from runletters.edges.warehouse_place import building_site, put_in_place

STORAGE_VERSION = "v1.5.0"
"""The newest storage format that DuckDB 1.5 and 2.x both open."""


def publish(
    store: Store,
    history: HistoryReader,
    url: str,
    *,
    now: datetime,
    extra: Mapping[str, pl.DataFrame] | None = None,
    s3_endpoint_url: str | None = None,
) -> dict[str, Any]:
    """Write the published file and swap it in.

    Never in it: coordinates, routes, notes, replies of a model, e-mail addresses, keys.

    Args:
        store: the operational store; read in one snapshot.
        history: users, activities and laps.
        url: a path, or s3://bucket/key (then one PUT).
        now: aware UTC; readers see it as `published.published_at`.
        extra: more tables by name, computed elsewhere (`splits`, `run_metrics` …).
        s3_endpoint_url: an S3-compatible server other than AWS.

    Returns:
        `published` (the url), `bytes` of the file and `tables`: rows by table.
    """
    with building_site(url, now=now) as site:
        folders = write_frames(store, history, extra or {}, site / "rows", now=now)
        file = site / "warehouse.duckdb"
        tables = _build(file, folders)
        size = file.stat().st_size
        put_in_place(file, url, s3_endpoint_url=s3_endpoint_url)
    return {"published": url, "bytes": size, "tables": tables}


def statements(folder: str) -> dict[str, str]:
    """The SQL files of that folder under `sql/warehouse`, by the name of what they make."""
    files = (_sql() / folder).iterdir()
    return {
        file.name.removesuffix(".sql"): file.read_text("utf-8")
        for file in sorted(files, key=lambda file: file.name)
        if file.name.endswith(".sql")
    }


def comment_of(comments: Mapping[str, Mapping[str, str]], table: str, column: str) -> str:
    """What a column means: said for this table, or once for every table that has it."""
    return comments.get(table, {}).get(column) or comments["columns"].get(column, "")


def read_comments() -> dict[str, dict[str, str]]:
    """Comments by table (`_` is the table's own), and `columns`: those that tables share."""
    return tomllib.loads((_sql() / "comments.toml").read_text("utf-8"))


def _sql() -> Traversable:
    return resources.files("runletters") / "sql" / "warehouse"


def _build(file: Path, folders: Mapping[str, Path]) -> dict[str, int]:
    with duckdb.connect() as connection:
        connection.execute(
            f"ATTACH '{_quoted(file)}' AS made (STORAGE_VERSION '{STORAGE_VERSION}')"
        )
    # Opened by itself: views that were made in an attached file would remember its alias.
    with duckdb.connect(str(file)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        _make_tables(connection, folders)
        for name, statement in sorted(statements("views").items(), key=_stands_on_others):
            connection.execute(f"CREATE VIEW {name} AS {statement}")
        _comment(connection)
        connection.execute("CHECKPOINT")
        return {name: _count(connection, name) for name in sorted(folders)}


def _stands_on_others(view: tuple[str, str]) -> bool:
    return view[0] != "items"  # the one view that others read


def _make_tables(connection: duckdb.DuckDBPyConnection, folders: Mapping[str, Path]) -> None:
    chosen = statements("tables")
    for name, folder in folders.items():
        rows = f"read_parquet('{_quoted(folder)}/*.parquet')"
        connection.execute(f"CREATE TEMP VIEW raw_{name} AS SELECT * FROM {rows}")
        connection.execute(
            f'CREATE TABLE "{name}" AS {chosen.get(name, f"SELECT * FROM raw_{name}")}'
        )
        connection.execute(f"DROP VIEW raw_{name}")


def _comment(connection: duckdb.DuckDBPyConnection) -> None:
    comments = read_comments()
    for name, kind in _relations(connection):
        text = comments.get(name, {}).get("_", "")
        connection.execute(f"COMMENT ON {kind} \"{name}\" IS '{_quoted(text)}'")
    for name, column in _columns(connection):
        text = comment_of(comments, name, column)
        connection.execute(f'COMMENT ON COLUMN "{name}"."{column}" IS \'{_quoted(text)}\'')


def _relations(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    found = connection.execute(
        "SELECT table_name, 'TABLE' FROM duckdb_tables() UNION ALL "
        "SELECT view_name, 'VIEW' FROM duckdb_views() WHERE NOT internal ORDER BY ALL"
    )
    return [(str(name), str(kind)) for name, kind in found.fetchall()]


def _columns(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    found = connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    )
    return [(str(table), str(column)) for table, column in found.fetchall()]


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    (rows,) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()
    return int(rows[0])


def _quoted(text: str | Path) -> str:
    return str(text).replace("'", "''")
